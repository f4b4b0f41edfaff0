import type { ErrorTable } from "../definition.ts";
import { rows } from "../error-rows.ts";

const tokenPage = "https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/getStableAccessToken.html";
const codeList = "https://developers.weixin.qq.com/doc/offiaccount/Getting_Started/Global_Return_Code.html";
const quotas = "https://developers.weixin.qq.com/doc/offiaccount/Message_Management/API_Call_Limits.html";

/** What an official account's API answers to asking for tokens, files and addresses. */
export const appErrors: ErrorTable = {
  "-1": {
    kind: "unavailable",
    meaning: "The platform is busy",
    advice: "微信系统繁忙，稍后自动重试",
    source: codeList,
  },
  ...rows("40001 40014 42001", {
    kind: "unauthorized",
    meaning: "The secret is wrong, or the access token is wrong, expired or not the newest",
    advice: "访问凭证无效或 AppSecret 错误：请核对公众号的 AppSecret",
    source: tokenPage,
  }),
  ...rows("40013 40125 40243 41002 41004 50004 50007", {
    kind: "unauthorized",
    meaning: "The AppID or the AppSecret is wrong, or the account is frozen",
    advice: "AppID 或 AppSecret 错误，或账号已冻结：请核对公众号凭证",
    source: tokenPage,
  }),
  ...rows("40164 89503 89506 89507", {
    kind: "unauthorized",
    meaning: "The caller's IP is not on the account's list",
    advice: "本机出口 IP 不在公众号的 IP 白名单中：请在公众平台添加",
    source: tokenPage,
  }),
  ...rows("48001 61007", {
    kind: "unauthorized",
    meaning: "The account has no permission for this interface",
    advice: "公众号没有该接口的权限",
    source: codeList,
  }),
  ...rows("45009", {
    kind: "rate-limited",
    meaning: "The day's quota is used up, or too many tokens were forced",
    advice: "接口调用已达当日上限，稍后自动重试",
    retryAfterMs: 3_600_000,
    source: quotas,
  }),
  ...rows("45011", {
    kind: "rate-limited",
    meaning: "The interface was called too often in this minute",
    advice: "接口调用过于频繁，稍后自动重试",
    retryAfterMs: 60_000,
    source: quotas,
  }),
  ...rows("40004 40007", {
    kind: "rejected",
    meaning: "The file does not exist, or its three days are over",
    advice: "素材不存在或已过期",
    source: codeList,
  }),
};

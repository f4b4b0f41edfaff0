import type { ErrorRow, ErrorTable } from "../definition.ts";
import { rows } from "../error-rows.ts";

const robotGuide = "https://open.dingtalk.com/document/development/custom-robots-send-group-messages";
const securityGuide = "https://open.dingtalk.com/document/dingstart/customize-robot-security-settings";
const frequency = "https://open.dingtalk.com/document/development/call-frequency-limit";
const codeList = "https://open.dingtalk.com/document/development/server-api-error-codes-1";

/** A robot over its limit stays blocked for this long. */
const robotBlockMs = 600_000;

/**
 * What a group robot answers. 130101, 300001 and 460101 are not in the current list; the endpoint answers them for a
 * robot over its limit, an unknown token, and a body over 20,000 bytes.
 */
const robot: ErrorTable = {
  "-1": {
    kind: "unavailable",
    meaning: "The platform is busy",
    advice: "钉钉系统繁忙，稍后自动重试",
    source: robotGuide,
  },
  1111: {
    kind: "rate-limited",
    meaning: "The sender's IP made over 10,000 calls in 20 seconds and is banned for some minutes",
    advice: "本机出口 IP 调用过多被临时封禁，解封后自动重发",
    retryAfterMs: 300_000,
    source: frequency,
  },
  40035: {
    kind: "rejected",
    meaning: "The JSON body is missing or malformed",
    advice: "请求格式错误：请检查消息内容",
    source: robotGuide,
  },
  43004: {
    kind: "rejected",
    meaning: "The Content-Type is not application/json",
    advice: "请求类型错误：请检查中间代理是否改写了 Content-Type",
    source: robotGuide,
  },
  130101: {
    kind: "rate-limited",
    meaning: "Over 20 messages a minute; the robot is blocked for 10 minutes",
    advice: "发送过快（每分钟 20 条），机器人被限流约 10 分钟，之后自动重发",
    retryAfterMs: robotBlockMs,
    source: robotGuide,
  },
  300001: {
    kind: "rejected",
    meaning: "The access_token in the URL does not exist",
    advice: "机器人地址无效：请重新复制 Webhook 地址",
    source: robotGuide,
  },
  310000: {
    kind: "unauthorized",
    meaning: "A security setting of the robot was not met: keyword, signature, clock or IP",
    advice: "未通过机器人安全设置：请核对关键词、加签密钥、本机时间与 IP 白名单",
    source: securityGuide,
  },
  400013: {
    kind: "rejected",
    meaning: "The group was dissolved",
    advice: "群已解散：请更换机器人",
    source: robotGuide,
  },
  400101: {
    kind: "rejected",
    meaning: "The access_token is unknown",
    advice: "机器人地址无效：请重新复制 Webhook 地址",
    source: robotGuide,
  },
  400102: {
    kind: "rejected",
    meaning: "The robot was stopped",
    advice: "机器人已停用：请在群设置中启用",
    source: robotGuide,
  },
  400105: {
    kind: "rejected",
    meaning: "The message type is not supported",
    advice: "消息类型不受支持：请检查消息内容",
    source: robotGuide,
  },
  400106: {
    kind: "rejected",
    meaning: "The robot is not in the group",
    advice: "机器人已不在群中：请重新添加",
    source: robotGuide,
  },
  410100: {
    kind: "rate-limited",
    meaning: "Sending too fast; the robot is blocked for 10 minutes",
    advice: "发送过快（每分钟 20 条），机器人被限流约 10 分钟，之后自动重发",
    retryAfterMs: robotBlockMs,
    source: robotGuide,
  },
  ...rows("430101 430102 430103 430104", {
    kind: "rejected",
    meaning: "A link, the text, a picture or the content was judged unsafe",
    advice: "内容被判定为不安全：请修改链接、文字或图片",
    source: robotGuide,
  }),
  460101: {
    kind: "rejected",
    meaning: "The message is over 20,000 bytes",
    advice: "消息超过 20000 字节：请缩短内容",
    source: robotGuide,
  },
};

/** Codes of the other interfaces: numbers of the old ones, words of the new. */
const general: ErrorTable = {
  ...rows("34015 400001 1430003 system.error system.busy systemBusy systemError.busy server.error", {
    kind: "unavailable",
    meaning: "The platform is busy or has an internal error",
    advice: "钉钉系统繁忙，稍后自动重试",
    source: codeList,
  }),
  ...rows(
    "90001..90011 45009 88 41045..41048 143103..143105 143203..143205 send.too.fast send.byToken.tooFast too.many.group too.many.people request.too.fast request.too.frequent invokeFrequency Forbidden.AccessDenied.QpsLimitForApi Forbidden.AccessDenied.QpsLimitForAppkeyAndApi Forbidden.AccessDenied.QpmLimitForAppkeyAndApi Forbidden.AccessDenied.QpsLimitForSuitekeyAndOrgAndApi",
    {
      kind: "rate-limited",
      meaning: "The interface was called too often",
      advice: "接口调用过于频繁，稍后自动重发",
      retryAfterMs: 60_000,
      source: frequency,
    },
  ),
  ...rows("40001 40014 42001 41001 43007 InvalidAuthentication invalidAccessToken accesstoken.expired", {
    kind: "unauthorized",
    meaning: "The access token is missing, wrong or expired",
    advice: "访问凭证无效或已过期：请检查应用凭证",
    source: codeList,
  }),
  ...rows(
    "40089 60011 60020 33001 40056 48002 50002..50005 invalidClientIdOrSecret invalid.client unauthorized.client unauthorized auth.error Forbidden.AccessDenied.AccessTokenPermissionDenied Forbidden.AccessDenied.IpNotInWhiteList ip.not.match keywords.not.match sign.not.match send.forbidden bot.forbidden.sendMessage chatbotId.notAllow.sendOTO only.groupAdmin.canAtAll not.allowed.robotCode",
    {
      kind: "unauthorized",
      meaning: "Credentials, permissions or the IP list do not allow it",
      advice: "凭证、权限或 IP 白名单不满足：请检查应用设置",
      source: codeList,
    },
  ),
  ...rows("40000 400002 43001..43003 43005 43006 43008 43009 41005 34001..34012 34014 34016 45002..45008", {
    kind: "rejected",
    meaning: "The request is malformed",
    advice: "请求参数错误：请检查消息内容",
    source: codeList,
  }),
  ...rows(
    "33012 40003 40031 60111 60121 60124 34013 group.disbanded staffId.notExisted invalid.openConversationId conversation.org.dismatch illegal.receivers robot.oto.notExist session.notExisted session.expired",
    {
      kind: "rejected",
      meaning: "The person or group does not exist or cannot be reached",
      advice: "目标用户或群不存在或不可达：请检查接收者",
      source: codeList,
    },
  ),
  ...rows(
    "41049 60022 40048 contain.unsafe.url contain.notAllowed.text contain.notAllowed.picture contain.notAllowed.content",
    {
      kind: "rejected",
      meaning: "The content was refused",
      advice: "内容被平台拒绝：请修改内容",
      source: codeList,
    },
  ),
};

/** DingTalk's published codes. A robot meets the second part; the first is met by apps. */
export const errors: ErrorTable = { ...general, ...robot };

/** What 310000 says of its cause, at the beginning of its message. */
export function securityCause(message: string): Pick<ErrorRow, "kind" | "advice"> | undefined {
  return securityCauses.find(({ words }) => words.test(message))?.row;
}

const securityCauses: readonly { readonly words: RegExp; readonly row: Pick<ErrorRow, "kind" | "advice"> }[] = [
  {
    words: /keywords not in content/i,
    row: { kind: "rejected", advice: "消息不含机器人要求的关键词：请在标题或正文中加入关键词，或修改机器人安全设置" },
  },
  {
    words: /invalid timestamp/i,
    row: { kind: "unauthorized", advice: "本机时钟偏差超过 1 小时：请校准本机时间" },
  },
  { words: /sign not match/i, row: { kind: "unauthorized", advice: "签名不匹配：请核对机器人的加签密钥" } },
  {
    words: /not in whitelist/i,
    row: { kind: "unauthorized", advice: "本机出口 IP 不在机器人的 IP 白名单中：请在机器人安全设置中添加" },
  },
];

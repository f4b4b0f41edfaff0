import type { ErrorTable } from "../definition.ts";
import { rows } from "../error-rows.ts";

const robotGuide = "https://developer.work.weixin.qq.com/document/path/99110";
const codeList = "https://developer.work.weixin.qq.com/document/path/90313";
const frequency = "https://developer.work.weixin.qq.com/document/path/90312";

/** What a group robot answers. Which of 40058 and 45002 a too long text gives is not published. */
const robot: ErrorTable = {
  "-1": {
    kind: "unavailable",
    meaning: "The platform is busy",
    advice: "企业微信系统繁忙，稍后自动重试",
    source: codeList,
  },
  40008: {
    kind: "rejected",
    meaning: "The message type is not supported",
    advice: "消息类型不受支持：请检查消息内容",
    source: codeList,
  },
  40058: {
    kind: "rejected",
    meaning: "A parameter is wrong, the text too long or the JSON malformed",
    advice: "请求参数错误或内容过长：请检查消息内容",
    source: codeList,
  },
  44004: {
    kind: "rejected",
    meaning: "The content is empty",
    advice: "消息内容为空：请填写标题或正文",
    source: codeList,
  },
  45002: {
    kind: "rejected",
    meaning: "The content is too long",
    advice: "消息内容过长：请缩短内容",
    source: codeList,
  },
  45009: {
    kind: "rate-limited",
    meaning: "Over 20 messages a minute for this robot; blocked for as long as the window that was hit",
    advice: "发送过快（每分钟 20 条），等待一分钟后自动重发",
    retryAfterMs: 60_000,
    source: frequency,
  },
  45033: {
    kind: "rate-limited",
    meaning: "Too many calls at the same time",
    advice: "并发调用过多，稍后自动重发",
    retryAfterMs: 10_000,
    source: codeList,
  },
  93000: {
    kind: "rejected",
    meaning: "The key in the URL is wrong, or the robot was removed",
    advice: "机器人地址无效或机器人已被移除：请在群设置中重新复制 Webhook 地址",
    source: robotGuide,
  },
  93004: {
    kind: "rejected",
    meaning: "The robot is disabled",
    advice: "机器人已停用：请在群设置中启用",
    source: robotGuide,
  },
  93005: {
    kind: "rejected",
    meaning: "The robot may not do this in the chat",
    advice: "机器人无权在该会话中发送：请检查机器人设置",
    source: robotGuide,
  },
  93008: {
    kind: "rejected",
    meaning: "The robot is no longer in the group",
    advice: "机器人已不在群中：请重新添加",
    source: robotGuide,
  },
};

/** Codes of the other interfaces. */
const general: ErrorTable = {
  ...rows("6000", {
    kind: "unavailable",
    meaning: "Somebody else changed the same data meanwhile",
    advice: "数据版本冲突，稍后自动重试",
    source: codeList,
  }),
  ...rows("40014 41001 42001 42009", {
    kind: "unauthorized",
    meaning: "The access token is missing, wrong or expired",
    advice: "访问凭证无效或已过期：请检查应用凭证",
    source: codeList,
  }),
  ...rows("40001 40013 40091 41002 41004 45031 50003", {
    kind: "unauthorized",
    meaning: "The corporation's id or the app's secret is wrong, or the app is disabled",
    advice: "企业 ID 或应用密钥错误，或应用已停用：请核对凭证与应用状态",
    source: codeList,
  }),
  ...rows("43009 48001 48002 48004..48006 50001 50002 60011 60206 60207 84014 84015 301002", {
    kind: "unauthorized",
    meaning: "The app has no permission for it",
    advice: "应用缺少权限：请在管理后台检查应用权限与可见范围",
    source: codeList,
  }),
  ...rows("60020 301042", {
    kind: "unauthorized",
    meaning: "The caller's IP is not trusted by the app",
    advice: "本机出口 IP 不在应用的可信 IP 中：请在管理后台添加，或为账号设置 proxy，从可信的地址访问",
    source: codeList,
  }),
  ...rows("40003 40031 40032 40066 40068 40070 41009 46004 60021 60111 60123 81012 81013 82001..82003 701008", {
    kind: "rejected",
    meaning: "The recipients do not exist, are outside the app's range, or too many",
    advice: "接收者不存在或不在应用可见范围内：请检查接收者",
    source: codeList,
  }),
  ...rows("40004..40007 40009 41006 43004 44001 45001 45007", {
    kind: "rejected",
    meaning: "The file is missing, expired or too big",
    advice: "素材无效、过期或过大：请重新上传",
    source: codeList,
  }),
  ...rows("40033 40035 40039 40056 40063 41011 45008 45029 45034 90200..90203", {
    kind: "rejected",
    meaning: "A parameter is missing or malformed",
    advice: "请求参数错误：请检查消息内容",
    source: codeList,
  }),
  ...rows("82004 85002", {
    kind: "rejected",
    meaning: "The content contains forbidden words",
    advice: "内容含有禁用词：请修改内容",
    source: codeList,
  }),
  ...rows("42014..42020 42027..42051 43012 60140", {
    kind: "rejected",
    meaning: "A field of the card is wrong, or its response code was used",
    advice: "卡片不符合规范或已失效：请检查卡片内容",
    source: codeList,
  }),
  ...rows("40050 86001..86008 86101 86201..86217 86220", {
    kind: "rejected",
    meaning: "The group chat does not exist or belongs to another app",
    advice: "群聊不存在或不属于该应用：请检查群聊 ID",
    source: codeList,
  }),
};

/** WeCom's published codes. A robot meets the first part; the rest is met by apps. */
export const errors: ErrorTable = { ...general, ...robot };

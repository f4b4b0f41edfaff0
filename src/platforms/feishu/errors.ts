import type { ErrorTable } from "../definition.ts";
import { rows } from "../error-rows.ts";

const robotGuide = "https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot";
const codeList = "https://open.feishu.cn/document/ukTMukTMukTM/ugjM14COyUjL4ITN";
const gateway = "https://open.feishu.cn/document/ukTMukTMukTM/uUzN04SN3QjL1cDN";
const messages = "https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/reference/im-v1/message/create";
const tenantToken =
  "https://open.feishu.cn/document/ukTMukTMukTM/ukDNz4SO0MjL5QzM/auth-v3/auth/tenant_access_token_internal";
const uploads = "https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/reference/im-v1/image/create";

/** What a group robot answers. 19001 is not in the guide; the endpoint answers it for hooks that do not exist. */
const robot: ErrorTable = {
  9499: {
    kind: "rejected",
    meaning: "The body is malformed or larger than 20 KB",
    advice: "请求格式错误或超过 20 KB：请检查消息内容",
    source: robotGuide,
  },
  11232: {
    kind: "rate-limited",
    meaning: "Too many messages: over 100 a minute or 5 a second, or the platform is busy at a full or half hour",
    advice: "发送过快（每分钟 100 条、每秒 5 条），稍后自动重发；请避开整点与半点",
    retryAfterMs: 60_000,
    source: codeList,
  },
  19001: {
    kind: "rejected",
    meaning: "The hook in the URL does not exist or was deleted",
    advice: "机器人地址无效或机器人已被移除：请在群设置中重新复制 Webhook 地址",
    source: robotGuide,
  },
  19002: {
    kind: "rejected",
    meaning: "msg_type is missing or does not fit the content",
    advice: "消息类型缺失或格式不符：请检查消息内容",
    source: codeList,
  },
  19021: {
    kind: "unauthorized",
    meaning: "The signature is wrong, or the clock is off by more than an hour",
    advice: "签名不匹配或服务器时钟偏差超过 1 小时：请核对机器人密钥与本机时间",
    source: robotGuide,
  },
  19022: {
    kind: "unauthorized",
    meaning: "The sender's IP is not on the robot's list",
    advice: "本机出口 IP 不在机器人的 IP 白名单中：请在机器人安全设置中添加",
    source: robotGuide,
  },
  19024: {
    kind: "rejected",
    meaning: "None of the robot's keywords occurs in the message",
    advice: "消息不含机器人要求的关键词：请在标题或正文中加入关键词，或修改机器人安全设置",
    source: robotGuide,
  },
  19036: {
    kind: "rejected",
    meaning: "The message is over the size limit",
    advice: "消息超过平台大小限制：请缩短内容",
    source: codeList,
  },
  99991400: {
    kind: "rate-limited",
    meaning: "Throttled at the gateway; the header x-ogw-ratelimit-reset tells for how many seconds",
    advice: "接口调用过于频繁，稍后自动重发",
    retryAfterMs: 60_000,
    source: gateway,
  },
};

/** Codes of the message interfaces that one meaning holds for wherever they occur. */
const general: ErrorTable = {
  ...rows("1500 2200 5000 10101 10500 232096 20050 20072", {
    kind: "unavailable",
    meaning: "The platform has an internal error",
    advice: "飞书内部错误，稍后自动重试",
    source: messages,
  }),
  ...rows("18121 230049", {
    kind: "unavailable",
    meaning: "The same request is still being worked on",
    advice: "相同请求正在处理，稍后自动重试",
    source: messages,
  }),
  ...rows("11233 11247 230020", {
    kind: "rate-limited",
    meaning: "Too many messages in this chat or of this kind",
    advice: "发送过快，稍后自动重发",
    retryAfterMs: 60_000,
    source: messages,
  }),
  ...rows("99991661 99991663..99991665 99991668 99991669 99991671 99991677", {
    kind: "unauthorized",
    meaning: "The access token is missing, malformed, expired or of the wrong type",
    advice: "访问凭证无效或已过期：请检查应用凭证",
    source: codeList,
  }),
  ...rows("10003 10005 10012..10015 99991662 99991673", {
    kind: "unauthorized",
    meaning: "The app's credentials are wrong, or the app is stopped or not installed",
    advice: "应用凭证错误或应用未启用：请核对 App ID、App Secret 与应用状态",
    source: tenantToken,
  }),
  ...rows("99991672 99991679 230027", {
    kind: "unauthorized",
    meaning: "A permission is missing",
    advice: "缺少权限：请在开发者后台为应用申请并发布所需权限",
    source: codeList,
  }),
  ...rows("99991401", {
    kind: "unauthorized",
    meaning: "The caller's IP is not on the app's list",
    advice: "本机出口 IP 不在应用的 IP 白名单中",
    source: codeList,
  }),
  ...rows("99991403", {
    kind: "rejected",
    meaning: "The tenant's calls of this month are used up",
    advice: "本月接口调用额度已用完：请升级套餐或等到下月",
    source: codeList,
  }),
  ...rows("230001 230054 230055 99991201 99991301", {
    kind: "rejected",
    meaning: "A parameter, the message type or the path is wrong",
    advice: "请求参数错误：请检查消息内容",
    source: messages,
  }),
  ...rows("230022 230028", {
    kind: "rejected",
    meaning: "The content was refused by an audit",
    advice: "内容未通过平台审核：请修改内容",
    source: messages,
  }),
  ...rows("230025 230099", {
    kind: "rejected",
    meaning: "The content is too long, or the card was refused",
    advice: "内容过长或卡片不符合规范：请修改内容",
    source: messages,
  }),
  ...rows("230002 230006 230013 230015 230017..230019 230029 230034 230035 230038 230053 232009 234007", {
    kind: "rejected",
    meaning: "The chat or user cannot be reached by this bot",
    advice: "目标会话或用户不可达：请检查机器人是否在群内、用户是否在应用可用范围内",
    source: messages,
  }),
  ...rows(
    "230009 230011 230012 230023 230024 230026 230031 230033 230050 230052 230071 230072 230075 230098 230110 230111",
    {
      kind: "rejected",
      meaning: "This message cannot be changed, recalled, replied to or looked at in this way any more",
      advice: "该消息当前不允许此操作",
      source: messages,
    },
  ),
  ...rows("234001 234006 234010 234011 234039", {
    kind: "rejected",
    meaning: "The uploaded file was refused",
    advice: "文件不符合要求：请检查大小、格式与分辨率",
    source: uploads,
  }),
};

/** Feishu's published codes. A robot meets the first part; the rest is met by apps. */
export const errors: ErrorTable = { ...general, ...robot };

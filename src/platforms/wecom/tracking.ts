import type { Tracking } from "../tracking.ts";

const never = "not reported by this platform";

/**
 * WeCom answers whether it took a message, and to an app whether it took it back; nothing says that it arrived or was
 * read. https://developer.work.weixin.qq.com/document/path/90236 (apps), …/94867 (recall), …/99110 (robots)
 */
export const tracking = {
  robot: { accepted: "reported", sent: never, delivered: never, read: never, failed: "reported", recalled: never },
  app: { accepted: "reported", sent: never, delivered: never, read: never, failed: "reported", recalled: "reported" },
  // A message to a chat that an app made has no id: https://developer.work.weixin.qq.com/document/path/90248
  appchat: { accepted: "reported", sent: never, delivered: never, read: never, failed: "reported", recalled: never },
  bot: { accepted: "reported", sent: never, delivered: never, read: never, failed: "reported", recalled: never },
} as const satisfies Tracking;

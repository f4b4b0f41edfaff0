import type { Tracking } from "../tracking.ts";

const never = "not reported by this platform";

/**
 * What Feishu can tell of a message's fate: sent by a group robot, by an app to a person, by an app to a group.
 *
 * A group robot answers that it took a message, or why not, without an id to ask by
 * (https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot). An app gets an id; reading is told by an event
 * in conversations with one person and has to be asked for in groups, for 7 days
 * (https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/reference/im-v1/message/events/message_read, …/message/read_users);
 * recalls are told by an event (…/message/events/recalled). Whether a message reached a device is told by neither.
 */
export const tracking: Tracking = {
  robot: {
    accepted: "reported",
    sent: "reported",
    delivered: never,
    read: never,
    failed: "reported",
    recalled: never,
  },
  app: app("reported"),
  "app-group": app("asked"),
};

function app(read: "reported" | "asked"): Tracking[string] {
  return { accepted: "reported", sent: "reported", delivered: never, read, failed: "reported", recalled: "reported" };
}

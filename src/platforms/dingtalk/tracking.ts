import type { Tracking } from "../tracking.ts";

const never = "not reported by this platform";

/**
 * What DingTalk can tell of a message's fate.
 *
 * A group's own robot answers that it took a message, or why not, without an id to ask by
 * (https://open.dingtalk.com/document/development/custom-robots-send-group-messages). An app's robot gets a
 * processQueryKey; reading and recalling are told by events
 * (https://open.dingtalk.com/document/development/bot-message-read-event, …/bot-message-withdrawal-event) and can be
 * asked for within 24 hours (…/chatbot-batch-query-the-read-status-of-messages). A work notification is always taken,
 * and what became of it has to be asked for within 24 hours
 * (…/gets-the-result-of-sending-messages-asynchronously-to-the-enterprise). Whether a message reached a device is told
 * by none.
 */
export const tracking: Tracking = {
  robot: { accepted: "reported", sent: "reported", delivered: never, read: never, failed: "reported", recalled: never },
  app: {
    accepted: "reported",
    sent: "reported",
    delivered: never,
    read: "reported",
    failed: "reported",
    recalled: "reported",
  },
  "work-notification": {
    accepted: "reported",
    sent: "asked",
    delivered: never,
    read: "asked",
    failed: "asked",
    recalled: never,
  },
};

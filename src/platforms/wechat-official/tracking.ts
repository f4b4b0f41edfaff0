import type { Tracking } from "../tracking.ts";

const never = "not reported by this platform";

/**
 * Template messages and subscribe notices have an event for each message; a mass send has one for the whole batch, and
 * can be deleted again; a customer-service message has nothing but its answer. Nothing tells reading.
 * https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Template_Message_Interface.html,
 * …/Subscription_Messages/api.html, …/Message_Management/Batch_Sends_and_Originality_Checks.html,
 * …/Message_Management/Service_Center_messages.html
 */
export const tracking = {
  template: {
    accepted: "reported",
    sent: never,
    delivered: "reported",
    read: never,
    failed: "reported",
    recalled: never,
  },
  subscribe: {
    accepted: "reported",
    sent: never,
    delivered: "reported",
    read: never,
    failed: "reported",
    recalled: never,
  },
  mass: {
    accepted: "reported",
    sent: "asked",
    delivered: "reported",
    read: never,
    failed: "reported",
    recalled: "reported",
  },
  customer_service: {
    accepted: "reported",
    sent: never,
    delivered: never,
    read: never,
    failed: "reported",
    recalled: never,
  },
} as const satisfies Tracking;

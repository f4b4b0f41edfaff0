import type { MessageStatus } from "../../model/event-data.ts";
import type { JsonObject } from "../json-fields.ts";
import type { ParsedEvent } from "../receiving.ts";
import { wordsIn } from "../tencent-body.ts";
import {
  type AppEventType,
  appHappening,
  commonAppEvents,
  eventKeyOf,
  messageFrom,
  messageIdOf,
  receivedFrom,
  type TencentMessage,
} from "../tencent-message.ts";
import { massStatus, noticeStatuses, templateStatus } from "./statuses.ts";

/**
 * What an official account is told:
 * https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Receiving_standard_messages.html,
 * https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Receiving_event_pushes.html
 */
export function officialEvents(body: JsonObject, signedAtMs: number): ParsedEvent[] {
  const message = messageFrom(body, signedAtMs);
  const { at, event } = message;
  if (wordsIn(message.fields, "msgtype") !== "event" && event === "") {
    const id = messageIdOf(message);
    const key = id === undefined ? eventKeyOf(message) : `message:${id}`;
    return [{ ...receivedFrom(message, id ?? key), at, key }];
  }
  const key = eventKeyOf(message);
  const statuses = statusesIn(message);
  if (statuses.length === 0) return [{ ...appHappening(message, appEventTypes), at, key }];
  return statuses.map((data, index) => {
    const subject = data.person?.id;
    return { type: "yizhan.message.status", subject, data, at, key: statuses.length === 1 ? key : `${key}:${index}` };
  });
}

/** Empty for what is no status, and for one that does not say of which message. */
function statusesIn(message: TencentMessage): readonly MessageStatus[] {
  switch (message.event) {
    case "templatesendjobfinish":
      return templateStatus(message);
    case "subscribemsgsentevent":
      return noticeStatuses(message);
    case "masssendjobfinish":
      return massStatus(message);
    default:
      return [];
  }
}

const appEventTypes: Readonly<Record<string, AppEventType>> = {
  ...commonAppEvents,
  scan: "yizhan.app.scanned",
  publishjobfinish: "yizhan.app.job",
};

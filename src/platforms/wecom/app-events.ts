import type { Person } from "../../model/event-data.ts";
import type { JsonObject } from "../json-fields.ts";
import type { ParsedEvent } from "../receiving.ts";
import { fieldsIn, textsIn, wordsIn } from "../tencent-body.ts";
import {
  type AppEventType,
  appHappening,
  commonAppEvents,
  eventKeyOf,
  type Happening,
  messageFrom,
  messageIdOf,
  receivedFrom,
  type TencentMessage,
} from "../tencent-message.ts";
import { cardClick } from "./card-click.ts";

/**
 * What an app is told: https://developer.work.weixin.qq.com/document/path/90239 (messages),
 * https://developer.work.weixin.qq.com/document/path/90240 (events)
 */
export function appEvents(body: JsonObject, signedAtMs: number): ParsedEvent[] {
  const message = messageFrom(body, signedAtMs);
  const { fields, at } = message;
  if (wordsIn(fields, "msgtype") === "event" || message.event !== "") {
    return [{ ...happeningOf(message), at, key: eventKeyOf(message) }];
  }
  const id = messageIdOf(message);
  const key = id === undefined ? eventKeyOf(message) : `message:${id}`;
  return [{ ...receivedFrom(message, id ?? key), at, key }];
}

function happeningOf(message: TencentMessage): Happening {
  switch (message.event) {
    case "templatecardevent":
    case "taskcardclick":
      return click(message, "click");
    case "templatecardmenuevent":
      return click(message, "menu");
    case "changeexternalchat":
      return chatChange(message);
    default:
      return appHappening(message, appEventTypes);
  }
}

const appEventTypes: Readonly<Record<string, AppEventType>> = {
  ...commonAppEvents,
  enteragent: "yizhan.app.entered",
  changecontact: "yizhan.app.contacts",
  batchjobresult: "yizhan.app.job",
};

function click({ fields, from = "" }: TencentMessage, kind: "click" | "menu"): Happening {
  const person: Person = { id: from, kind: "user" };
  const chat = { id: from, kind: "direct" } as const;
  return {
    type: "yizhan.message.interaction",
    subject: from || undefined,
    data: { ...cardClick(fields, kind), person, chat },
  };
}

/** A customers' group: https://developer.work.weixin.qq.com/document/path/92130 */
function chatChange({ fields, from, details }: TencentMessage): Happening {
  const chat = { id: wordsIn(fields, "chatid"), kind: "group" } as const;
  const subject = chat.id || undefined;
  const operator: Person | undefined = from === undefined ? undefined : { id: from, kind: "user" };
  const change = wordsIn(fields, "updatedetail");
  if (change === "add_member" || change === "del_member") {
    const people = textsIn(fieldsIn(fields, "memchangelist"), "item").map((id): Person => ({ id }));
    const type = change === "add_member" ? "yizhan.member.joined" : "yizhan.member.left";
    return { type, subject, data: { chat, people, operator } };
  }
  const isOver = wordsIn(fields, "changetype") === "dismiss";
  const changed = isOver
    ? "disbanded"
    : change === "change_owner"
      ? "owner"
      : change === "change_name"
        ? "renamed"
        : "other";
  return { type: "yizhan.chat.changed", subject, data: { chat, change: changed, operator, details } };
}

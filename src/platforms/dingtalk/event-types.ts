import { hash } from "node:crypto";
import type { Chat, Person } from "../../model/event-data.ts";
import { instantOf } from "../instant.ts";
import { idOf, type JsonObject, textOf, textsOf } from "../json-fields.ts";
import type { ParsedEvent } from "../receiving.ts";

/**
 * What an event means, by its name. Nothing is dropped: what has no meaning here, or lacks what its page promises, is
 * told as it came. The names and fields are those of
 * https://open.dingtalk.com/document/orgapp/group-session-change-group-name-stream and the pages beside it.
 *
 * @param raw The event's text: what repeats have in common, should the event have no id.
 * @param signedAt Epoch milliseconds.
 */
export function eventIn(event: JsonObject, raw: string, signedAt: number): ParsedEvent {
  const type = textOf(field(event, "eventType"))?.slice(0, longestType) ?? "unknown";
  const key = idOf(field(event, "eventId")) ?? `body:${hash("sha256", raw, "hex")}`;
  const moment = instantOf(field(event, "timeStamp")) ?? instantOf(field(event, "operatTime"));
  const at = moment ?? instantOf(field(event, "eventTime")) ?? signedAt;
  const named = { type, event, key, at };
  return readers.get(type)?.(named) ?? other(named);
}

/** Characters; the longest published name has about 40. */
const longestType = 200;

interface Named {
  readonly type: string;
  readonly event: JsonObject;
  readonly key: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

const readers: ReadonlyMap<string, (named: Named) => ParsedEvent | undefined> = new Map([
  ["chat_add_member", (named: Named) => membership(named, "yizhan.member.joined", peopleIn(named.event))],
  ["chat_remove_member", (named: Named) => membership(named, "yizhan.member.left", peopleIn(named.event))],
  ["chat_quit", (named: Named) => membership(named, "yizhan.member.left", operatorsOf(named.event))],
  ["chat_disband", (named: Named) => chatChange(named, "disbanded")],
  ["chat_update_owner", (named: Named) => chatChange(named, "owner")],
  ["chat_update_title", (named: Named) => chatChange(named, "renamed")],
  // https://open.dingtalk.com/document/development/bot-message-read-event, …/bot-message-withdrawal-event
  ["robot_msg_read", (named: Named) => status(named, "read")],
  ["robot_msg_recall", (named: Named) => status(named, "recalled")],
]);

function membership(
  { event, key, at }: Named,
  type: "yizhan.member.joined" | "yizhan.member.left",
  people: readonly Person[],
): ParsedEvent | undefined {
  const chat = chatIn(event);
  if (chat === undefined || people.length === 0) return undefined;
  return { type, subject: chat.id, at, key, data: { chat, people, ...operatorIn(event) } };
}

function chatChange({ event, key, at }: Named, change: "disbanded" | "owner" | "renamed"): ParsedEvent | undefined {
  const chat = chatIn(event);
  if (chat === undefined) return undefined;
  const data = { chat, change, ...operatorIn(event), details: event };
  return { type: "yizhan.chat.changed", subject: chat.id, at, key, data };
}

function status({ event, key, at }: Named, state: "read" | "recalled"): ParsedEvent | undefined {
  const messageId = idOf(field(event, "processQueryKey"));
  if (messageId === undefined) return undefined;
  const [id, chatId] = [idOf(field(event, "userId")), idOf(field(event, "openConversationId"))];
  const data = { messageId, state, ...(id === undefined ? {} : { person: { id, kind: "user" } satisfies Person }) };
  return { type: "yizhan.message.status", subject: chatId ?? id, at, key, data };
}

function other({ type, event, key, at }: Named): ParsedEvent {
  const about = /^(user|org|label)_/.test(type) ? "yizhan.app.contacts" : "yizhan.app.other";
  return { type: about, subject: chatIn(event)?.id, at, key, data: { event: type, details: event } };
}

/** These events are told of groups only. */
function chatIn(event: JsonObject): Chat | undefined {
  const id = idOf(field(event, "openConversationId"));
  const name = textOf(field(event, "title"));
  return id === undefined ? undefined : { id, kind: "group", ...(name === undefined ? {} : { name }) };
}

function peopleIn(event: JsonObject): Person[] {
  return textsOf(field(event, "userId")).map((id) => ({ id, kind: "user" }));
}

function operatorsOf(event: JsonObject): Person[] {
  const { operator } = operatorIn(event);
  return operator ? [operator] : [];
}

/** The userId, or the unionId of somebody who has none in this organisation. */
function operatorIn(event: JsonObject): { operator?: Person } {
  const id = idOf(field(event, "operator")) ?? idOf(field(event, "operatorUnionId"));
  return id === undefined ? {} : { operator: { id, kind: "user" } };
}

/** The platform writes the same names with a small or a capital first letter, by event and by way. */
function field(event: JsonObject, name: string): unknown {
  return event[name] ?? event[`${name.charAt(0).toUpperCase()}${name.slice(1)}`];
}

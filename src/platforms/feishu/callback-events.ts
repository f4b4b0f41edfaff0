import type { Chat, Person } from "../../model/event-data.ts";
import { instantOf } from "../instant.ts";
import { idOf, type JsonObject, objectOf, objectsOf, textOf, textsOf } from "../json-fields.ts";
import type { ParsedEvent } from "../receiving.ts";
import { clickIn } from "./callback-card.ts";
import type { Envelope } from "./callback-envelope.ts";
import { inNewerWords } from "./callback-older.ts";
import { kindOf, operatorOf, personOf } from "./callback-people.ts";
import { contentOf } from "./received-content.ts";

/**
 * What an event means, by its name. Nothing is dropped: what has no meaning here, or lacks what its page promises,
 * is told as it came.
 *
 * @param appId The account's, for events that do not name the app.
 */
export function eventsOf(envelope: Envelope, appId: string): readonly ParsedEvent[] {
  const named = inNewerWords({ ...envelope, appId: envelope.appId ?? appId });
  const events = readers.get(named.type)?.(named) ?? [];
  return events.length > 0 ? events : [other(envelope)];
}

type Named = Envelope & { readonly appId: string };

const readers: ReadonlyMap<string, (envelope: Named) => readonly ParsedEvent[]> = new Map([
  ["im.message.receive_v1", message],
  ["im.message.message_read_v1", reading],
  ["im.message.recalled_v1", recall],
  ["im.message.reaction.created_v1", (envelope: Named) => reaction(envelope, "reaction")],
  ["im.message.reaction.deleted_v1", (envelope: Named) => reaction(envelope, "reaction-removed")],
  ["im.chat.member.user.added_v1", (envelope: Named) => members(envelope, "yizhan.member.joined")],
  ["im.chat.member.user.deleted_v1", (envelope: Named) => members(envelope, "yizhan.member.left")],
  ["im.chat.member.user.withdrawn_v1", (envelope: Named) => members(envelope, "yizhan.member.left")],
  ["im.chat.member.bot.added_v1", (envelope: Named) => itself(envelope, "yizhan.member.joined")],
  ["im.chat.member.bot.deleted_v1", (envelope: Named) => itself(envelope, "yizhan.member.left")],
  ["im.chat.updated_v1", chatUpdate],
  ["im.chat.disbanded_v1", (envelope: Named) => chatChange(envelope, "disbanded")],
  ["im.chat.access_event.bot_p2p_chat_entered_v1", (envelope: Named) => entering(envelope, envelope.event.operator_id)],
  // The oldest of the events: the first time that somebody opens the app's chat.
  ["p2p_chat_create", (envelope: Named) => entering(envelope, envelope.event.user)],
  ["application.bot.menu_v6", menu],
  ["card.action.trigger", clickIn],
  ["card.action.trigger_v1", clickIn],
]);

/** https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/reference/im-v1/message/events/receive */
function message({ event, at }: Named): ParsedEvent[] {
  const sent = objectOf(event.message);
  const sender = objectOf(event.sender);
  const [messageId, chatId] = [idOf(sent.message_id), idOf(sent.chat_id)];
  if (messageId === undefined || chatId === undefined) return [];
  const kind = kindOf(sender.sender_type);
  const [replyTo, thread] = [idOf(sent.parent_id), idOf(sent.thread_id)];
  return [
    {
      type: "yizhan.message.received",
      subject: chatId,
      at: instantOf(sent.create_time) ?? at,
      // The page says so: a message may come again under another event_id.
      key: messageId,
      data: {
        messageId,
        kind: textOf(sent.message_type) ?? "unknown",
        chat: { id: chatId, kind: sent.chat_type === "p2p" ? "direct" : "group" },
        sender: personOf(sender.sender_id, { kind }) ?? { id: "", ...(kind === undefined ? {} : { kind }) },
        ...contentOf(sent),
        ...(replyTo === undefined ? {} : { replyTo }),
        ...(thread === undefined ? {} : { thread }),
      },
    },
  ];
}

/** Only for what the app said to one person: https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/reference/im-v1/message/events/message_read */
function reading({ event, at, id }: Named): ParsedEvent[] {
  const reader = objectOf(event.reader);
  const person = personOf(reader.reader_id, { kind: "user" });
  if (person === undefined) return [];
  return textsOf(event.message_id_list).map((messageId) => ({
    type: "yizhan.message.status",
    subject: person.id,
    at: instantOf(reader.read_time) ?? at,
    key: `${id}/${messageId}`,
    data: { messageId, state: "read", person },
  }));
}

function recall({ event, at, id }: Named): ParsedEvent[] {
  const messageId = idOf(event.message_id);
  if (messageId === undefined) return [];
  const reason = textOf(event.recall_type);
  return [
    {
      type: "yizhan.message.status",
      subject: idOf(event.chat_id),
      at: instantOf(event.recall_time) ?? at,
      key: id,
      data: { messageId, state: "recalled", ...(reason === undefined ? {} : { reason }) },
    },
  ];
}

function reaction({ event, at, id }: Named, kind: "reaction" | "reaction-removed"): ParsedEvent[] {
  const messageId = idOf(event.message_id);
  const person = personOf(event.user_id, { kind: kindOf(event.operator_type) }) ?? program(event.app_id);
  const key = textOf(objectOf(event.reaction_type).emoji_type);
  if (messageId === undefined || person === undefined || key === undefined) return [];
  return [
    {
      type: "yizhan.message.interaction",
      at: instantOf(event.action_time) ?? at,
      key: id,
      data: { kind, messageId, person, key },
    },
  ];
}

type Membership = "yizhan.member.joined" | "yizhan.member.left";

function members(envelope: Named, type: Membership): ParsedEvent[] {
  const people = objectsOf(envelope.event.users).flatMap(
    ({ user_id, name }) => personOf(user_id, { name, kind: "user" }) ?? [],
  );
  return people.length === 0 ? [] : membership(envelope, type, people);
}

/** The app itself was put into a chat or taken out of it: how it learns of groups. */
function itself(envelope: Named, type: Membership): ParsedEvent[] {
  return membership(envelope, type, [{ id: envelope.appId, kind: "bot" }]);
}

function membership({ event, at, id }: Named, type: Membership, people: readonly Person[]): ParsedEvent[] {
  const chat = groupIn(event);
  return chat ? [{ type, subject: chat.id, at, key: id, data: { chat, people, ...operatorOf(event) } }] : [];
}

function chatUpdate(envelope: Named): ParsedEvent[] {
  const after = objectOf(envelope.event.after_change);
  if (textOf(after.name) !== undefined) return chatChange(envelope, "renamed", textOf(after.name));
  return chatChange(envelope, isOwner(after) ? "owner" : "other");
}

function isOwner(after: JsonObject): boolean {
  return after.owner_id !== undefined && after.owner_id !== null;
}

function chatChange(
  { event, at, id }: Named,
  change: "renamed" | "owner" | "disbanded" | "other",
  name?: string,
): ParsedEvent[] {
  const found = groupIn(event);
  if (found === undefined) return [];
  const chat = name === undefined ? found : { ...found, name };
  const data = { chat, change, ...operatorOf(event), details: withoutCredentials(event) };
  return [{ type: "yizhan.chat.changed", subject: chat.id, at, key: id, data }];
}

function entering({ type, event, at, id }: Named, who: unknown): ParsedEvent[] {
  const person = personOf(who, { name: objectOf(who).name, kind: "user" });
  if (person === undefined) return [];
  const data = { event: type, person, details: withoutCredentials(event) };
  return [{ type: "yizhan.app.entered", subject: idOf(event.chat_id), at, key: id, data }];
}

function menu({ type, event, at, id }: Named): ParsedEvent[] {
  const operator = objectOf(event.operator);
  const person = personOf(operator.operator_id, { name: operator.operator_name, kind: "user" });
  const key = textOf(event.event_key);
  if (person === undefined || key === undefined) return [];
  const data = { event: type, person, key, details: withoutCredentials(event) };
  return [{ type: "yizhan.app.menu", subject: person.id, at: instantOf(event.timestamp) ?? at, key: id, data }];
}

function other({ type, event, at, id }: Envelope): ParsedEvent {
  const data = { event: type, details: withoutCredentials(event) };
  const about = type.startsWith("contact.") ? "yizhan.app.contacts" : "yizhan.app.other";
  return { type: about, subject: idOf(event.chat_id), at, key: id, data };
}

/** Members come and go only in groups. */
function groupIn(event: JsonObject): Chat | undefined {
  const id = idOf(event.chat_id);
  const name = textOf(event.name);
  return id === undefined ? undefined : { id, kind: "group", ...(name === undefined ? {} : { name }) };
}

function program(appId: unknown): Person | undefined {
  const id = idOf(appId);
  return id === undefined ? undefined : { id, kind: "bot" };
}

/** Tickets and tokens stay in the body as it came; an Event is shown to whoever may read Events. */
function withoutCredentials({ token: _token, app_ticket: _ticket, ...rest }: JsonObject): JsonObject {
  return rest;
}

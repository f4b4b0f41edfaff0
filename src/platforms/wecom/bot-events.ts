import type { Attachment, Chat, Interaction, Person } from "../../model/event-data.ts";
import { instantOf } from "../instant.ts";
import { idOf, type JsonObject } from "../json-fields.ts";
import type { ParsedEvent } from "../receiving.ts";
import { fieldsIn, itemsIn, plainName, plainNames, wordsIn } from "../tencent-body.ts";
import { eventKeyOf, type Happening, messageFrom } from "../tencent-message.ts";
import { cardClick } from "./card-click.ts";

/**
 * What a robot is told: an intelligent one in JSON (https://developer.work.weixin.qq.com/document/path/100719,
 * …/101027), one of a group in XML with the same fields under other names, where a corp has that at all.
 */
export function botEvents(body: JsonObject, signedAtMs: number): ParsedEvent[] {
  const call = callFrom(body);
  const at = instantOf(call.fields.createtime) ?? signedAtMs;
  const id = idOf(call.fields.msgid);
  // The page says to deduplicate by msgid; a call without one is known by all that it says.
  const key = id === undefined ? eventKeyOf(messageFrom(body, at)) : `message:${id}`;
  return [{ ...happeningOf(call, id ?? key), at, key }];
}

interface Call {
  /** By plain names. */
  readonly fields: JsonObject;
  readonly body: JsonObject;
  readonly kind: string;
  readonly chat: Chat;
  readonly person: Person;
  readonly bot: Person;
}

function callFrom(body: JsonObject): Call {
  const fields = plainNames(body);
  const from = fieldsIn(fields, "from");
  const person: Person = { id: idOf(from.userid) ?? "", name: wordsIn(from, "name") || undefined, kind: "user" };
  const group = idOf(fields.chatid);
  // The chat of one person has that person's id, whether or not the robot is told another one for it.
  const isDirect = group === undefined || wordsIn(fields, "chattype") === "single";
  const chat: Chat = isDirect ? { id: person.id, kind: "direct" } : { id: group, kind: "group" };
  const bot: Person = { id: idOf(fields.aibotid) ?? "", kind: "bot" };
  return { fields, body, kind: wordsIn(fields, "msgtype"), chat, person, bot };
}

function happeningOf(call: Call, messageId: string): Happening {
  switch (call.kind) {
    case "event":
      return eventOf(call);
    case "attachment":
      return buttonOf(call);
    case "stream":
      return other(call, "stream", wordsIn(fieldsIn(call.fields, "stream"), "id"));
    default:
      return received(call, messageId);
  }
}

/** A robot in a group only hears what mentions it; its name stays in the text, because where it ends is not said. */
function received({ fields, kind, chat, person, bot }: Call, messageId: string): Happening {
  const parts = partsOf(fields, kind);
  return {
    type: "yizhan.message.received",
    subject: chat.id || undefined,
    data: {
      messageId,
      kind: kind || "unknown",
      chat,
      sender: person,
      text: parts.map(textOf).filter(Boolean).join("\n"),
      mentions: chat.kind === "group" && bot.id !== "" ? [bot] : [],
      attachments: parts.flatMap(attachmentOf),
    },
  };
}

interface Part {
  readonly kind: string;
  readonly content: JsonObject;
}

/** The message itself, or the parts of one that mixes text and images. */
function partsOf(fields: JsonObject, kind: string): Part[] {
  if (kind !== "mixed") return [{ kind, content: fieldsIn(fields, kind) }];
  const mixed = { ...fieldsIn(fields, "mixed"), ...fieldsIn(fields, "mixedmessage") };
  return itemsIn(mixed, "msgitem").map((item) => {
    const inner = wordsIn(item, "msgtype");
    return { kind: inner, content: fieldsIn(item, inner) };
  });
}

/** What was written, or said: voice comes as its transcript. */
function textOf({ content }: Part): string {
  return wordsIn(content, "content");
}

/** Addresses are good for five minutes, and what they give is encrypted with the account's key. */
function attachmentOf({ kind, content }: Part): Attachment[] {
  const url = wordsIn(content, "url") || wordsIn(content, "imageurl");
  if (url === "" || (kind !== "image" && kind !== "file" && kind !== "video")) return [];
  return [{ kind, url, name: wordsIn(content, "filename") || undefined }];
}

function eventOf(call: Call): Happening {
  const event = fieldsIn(call.fields, "event");
  const name = wordsIn(event, "eventtype");
  const content = fieldsIn(event, plainName(name));
  const { chat, person, bot } = call;
  switch (name) {
    case "template_card_event":
      return interaction(call, cardClick({ ...event, ...content }, "click"));
    case "feedback_event":
      return interaction(call, feedback(content));
    case "add_to_chat":
      return { type: "yizhan.member.joined", subject: chat.id, data: { chat, people: [bot], operator: person } };
    case "delete_from_chat":
      return { type: "yizhan.member.left", subject: chat.id, data: { chat, people: [bot], operator: person } };
    default:
      return other(call, name || "unknown", wordsIn(content, "eventkey"));
  }
}

/** Thumbs up or down under an answer, by the id that the answer was given: …/document/path/101027 */
function feedback(content: JsonObject): Omit<Interaction, "person"> {
  const type = wordsIn(content, "type");
  const reasons = content.inaccuratereasonlist;
  return {
    kind: type === "3" ? "reaction-removed" : "reaction",
    messageId: wordsIn(content, "id") || undefined,
    key: type === "1" ? "good" : type === "2" ? "bad" : undefined,
    value: { content: wordsIn(content, "content"), reasons: Array.isArray(reasons) ? reasons : [] },
  };
}

/** A button under a group robot's message. */
function buttonOf(call: Call): Happening {
  const content = fieldsIn(call.fields, "attachment");
  const [action] = itemsIn(content, "actions");
  const key = wordsIn(content, "callbackid") || undefined;
  const name = action && wordsIn(action, "name");
  const value = action && { name, value: wordsIn(action, "value") };
  return interaction(call, { kind: "click", key, value });
}

function interaction({ chat, person }: Call, done: Omit<Interaction, "person">): Happening {
  return { type: "yizhan.message.interaction", subject: chat.id || undefined, data: { ...done, person, chat } };
}

function other({ body, chat, person }: Call, event: string, key: string): Happening {
  const type = event === "enter_chat" ? "yizhan.app.entered" : "yizhan.app.other";
  const details = Object.fromEntries(Object.entries(body).filter(([name]) => !secrets.has(plainName(name))));
  return { type, subject: chat.id || undefined, data: { event, person, key: key || undefined, details } };
}

/** Addresses that carry a credential to answer with. They stay in the stored body, which is not handed out. */
const secrets = new Set(["webhookurl", "responseurl", "getchatinfourl"]);

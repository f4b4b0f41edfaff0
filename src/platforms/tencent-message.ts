import { hash } from "node:crypto";
import type { Attachment, ReceivedMessage } from "../model/event-data.ts";
import { instantOf } from "./instant.ts";
import { idOf, type JsonObject } from "./json-fields.ts";
import type { ParsedEvent } from "./receiving.ts";
import { plainName, plainNames, wordsIn } from "./tencent-body.ts";

/** A decrypted message of WeCom or of an official account. */
export interface TencentMessage {
  /** By plain names; see `plainNames`. */
  readonly fields: JsonObject;
  /** Under the platform's own names, without what every message has. */
  readonly details: JsonObject;
  /** Who wrote or did it: a userid or OpenID; undefined where it was the system. */
  readonly from: string | undefined;
  /** Plain; empty where it is no event. */
  readonly event: string;
  /** The event under the platform's own name. */
  readonly eventName: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** What happened, before it has a time and a key. */
export type Happening = WithoutTimeAndKey<ParsedEvent>;
type WithoutTimeAndKey<Each> = Each extends ParsedEvent ? Omit<Each, "at" | "key"> : never;

/** The types whose data is an AppHappening. */
export type AppEventType = Extract<ParsedEvent["type"], `yizhan.app.${string}`>;

/**
 * @param otherwiseMs The time where the message says none: when it was signed.
 */
export function messageFrom(body: JsonObject, otherwiseMs: number): TencentMessage {
  const fields = plainNames(body);
  const from = idOf(fields.fromusername);
  const eventName = wordsIn(fields, "event").trim();
  return {
    fields,
    // Made when asked for: what people write, which is most of what comes, never is.
    get details() {
      return detailsOf(body);
    },
    from: from === "sys" ? undefined : from,
    event: plainName(eventName),
    eventName,
    at: instantOf(fields.createtime) ?? otherwiseMs,
  };
}

/**
 * A message that somebody wrote, of any kind; kinds that are new have no text.
 * https://developer.work.weixin.qq.com/document/path/90239,
 * https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Receiving_standard_messages.html
 */
export function receivedFrom(message: TencentMessage, messageId: string): Happening {
  const { fields, from = "" } = message;
  const data: ReceivedMessage = {
    messageId,
    kind: wordsIn(fields, "msgtype") || "unknown",
    chat: { id: from, kind: "direct" },
    sender: { id: from, kind: "user" },
    text: wordsIn(fields, "content") || wordsIn(fields, "recognition"),
    mentions: [],
    attachments: attachmentsIn(fields),
    ...placeIn(fields),
    ...linkIn(fields),
  };
  return { type: "yizhan.message.received", subject: from || undefined, data };
}

/** What an app is told, with the type that the table gives for it; `yizhan.app.other` where it has none. */
export function appHappening(message: TencentMessage, types: Readonly<Record<string, AppEventType>>): Happening {
  const { fields, from, event, eventName, details } = message;
  const type = Object.hasOwn(types, event) ? types[event] : undefined;
  const data = {
    event: eventName || wordsIn(fields, "msgtype") || "unknown",
    person: from === undefined ? undefined : ({ id: from, kind: "user" } as const),
    key: wordsIn(fields, "eventkey") || undefined,
    details,
  };
  return { type: type ?? "yizhan.app.other", subject: from, data };
}

/** The events that WeCom and official accounts have in common. */
export const commonAppEvents: Readonly<Record<string, AppEventType>> = {
  subscribe: "yizhan.app.subscribed",
  unsubscribe: "yizhan.app.unsubscribed",
  location: "yizhan.app.location",
  click: "yizhan.app.menu",
  view: "yizhan.app.menu",
  viewminiprogram: "yizhan.app.menu",
  picsysphoto: "yizhan.app.menu",
  picphotooralbum: "yizhan.app.menu",
  picweixin: "yizhan.app.menu",
  locationselect: "yizhan.app.menu",
  scancodepush: "yizhan.app.scanned",
  scancodewaitmsg: "yizhan.app.scanned",
};

/**
 * What tells an event from every other. The platforms' pages say sender and second, but an import of a thousand
 * people is a thousand events of `sys` in one second: so everything that the event says counts. A repeat says the same
 * again, but for the code to answer a card with, which need not be the same.
 */
export function eventKeyOf({ fields }: TencentMessage): string {
  const { responsecode: _, ...said } = fields;
  return `event:${hash("sha256", JSON.stringify(said), "hex").slice(0, 40)}`;
}

/** `MsgId`, which is what the platforms' pages say to tell messages apart by; undefined where there is none. */
export function messageIdOf({ fields }: TencentMessage): string | undefined {
  const id = idOf(fields.msgid);
  return id === undefined || id === "0" ? undefined : id;
}

function attachmentsIn(fields: JsonObject): Attachment[] {
  const kind = attachmentKinds[wordsIn(fields, "msgtype")];
  if (kind === undefined) return [];
  const ref = wordsIn(fields, "mediaid") || undefined;
  const url = wordsIn(fields, "picurl") || undefined;
  const name = wordsIn(fields, "filename") || wordsIn(fields, "title") || undefined;
  return ref === undefined && url === undefined ? [] : [{ kind, ref, url, name }];
}

const attachmentKinds: Readonly<Record<string, Attachment["kind"] | undefined>> = Object.assign(Object.create(null), {
  image: "image",
  voice: "voice",
  video: "video",
  shortvideo: "video",
  file: "file",
});

function placeIn(fields: JsonObject): Pick<ReceivedMessage, "location"> {
  if (wordsIn(fields, "msgtype") !== "location") return {};
  const latitude = degrees(wordsIn(fields, "locationx"));
  const longitude = degrees(wordsIn(fields, "locationy"));
  if (latitude === undefined || longitude === undefined) return {};
  return { location: { latitude, longitude, label: wordsIn(fields, "label") || undefined } };
}

function degrees(text: string): number | undefined {
  const number = text.trim() === "" ? Number.NaN : Number(text);
  return Math.abs(number) <= 180 ? number : undefined;
}

function linkIn(fields: JsonObject): Pick<ReceivedMessage, "link"> {
  const url = wordsIn(fields, "url");
  if (wordsIn(fields, "msgtype") !== "link" || url === "") return {};
  const title = wordsIn(fields, "title") || undefined;
  return { link: { url, title, text: wordsIn(fields, "description") || undefined } };
}

function detailsOf(body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !common.has(plainName(name))));
}

const common = new Set(["tousername", "fromusername", "createtime", "msgtype", "event"]);

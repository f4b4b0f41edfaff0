import { hash } from "node:crypto";
import type { Attachment, Person } from "../../model/event-data.ts";
import { jsonAnswer } from "../callback-parts.ts";
import { instantOf } from "../instant.ts";
import { amountOf, idOf, type JsonObject, objectOf, objectsOf, textOf } from "../json-fields.ts";
import type { Callback, ParsedEvent } from "../receiving.ts";
import type { PlainCall } from "./plain-call.ts";
import { robotSign, signatureIn } from "./signed-headers.ts";

/**
 * What somebody writes to the app's robot, by itself answered with "no reply":
 * https://open.dingtalk.com/document/development/receive-message
 */
export function receiveRobot({ request, body, raw, app, nowMs }: PlainCall): Callback {
  const sign = (timestamp: string) => robotSign(timestamp, app.client_secret);
  const signature = signatureIn(request, { headers, sign, advice }, nowMs);
  if ("kind" in signature) return signature;
  const event = messageIn(body, raw, signature.at);
  return { kind: "events", events: [event], answer: jsonAnswer({ msgtype: "empty" }), raw };
}

const headers = { timestamp: "timestamp", sign: "sign" };

const advice =
  "the robot message's signature does not match: is client_secret the Client Secret (AppSecret) of this app, as the developer console shows it?";

/**
 * A message's body, however it came.
 *
 * @param signedAt Epoch milliseconds.
 */
export function messageIn(body: JsonObject, raw: string, signedAt: number): ParsedEvent {
  const at = instantOf(body.createAt) ?? signedAt;
  const [messageId, chatId] = [idOf(body.msgId), idOf(body.conversationId)];
  const sender = senderOf(body);
  const kind = textOf(body.msgtype);
  const fault = idOf(body.errorCode);
  if (messageId === undefined || chatId === undefined || sender === undefined || (fault === undefined && !kind)) {
    const key = messageId ?? `body:${hash("sha256", raw, "hex")}`;
    return { type: "yizhan.app.other", subject: chatId, at, key, data: { event: "robot", details: shown(body) } };
  }
  if (fault !== undefined && fault !== "0") {
    // 20001: the month's quota is used up. Someone wrote, but what they wrote is withheld, so this is no message.
    const data = { event: "robot-error", person: sender, key: fault, details: shown(body) };
    return { type: "yizhan.app.other", subject: chatId, at, key: messageId, data };
  }
  const direct = body.conversationType === "1";
  const name = textOf(body.conversationTitle);
  return {
    type: "yizhan.message.received",
    subject: chatId,
    at,
    key: messageId,
    data: {
      messageId,
      kind: kind ?? "unknown",
      chat: { id: chatId, kind: direct ? "direct" : "group", ...(name === undefined ? {} : { name }) },
      sender,
      mentions: mentionsIn(body),
      ...contentOf(kind, body),
    },
  };
}

/** The userId; people of other organisations have none, and then only an encrypted id is told. */
function senderOf(body: JsonObject): Person | undefined {
  const id = idOf(body.senderStaffId) ?? idOf(body.senderId);
  if (id === undefined) return undefined;
  const name = textOf(body.senderNick);
  return { id, kind: "user", ...(name === undefined ? {} : { name }) };
}

function mentionsIn(body: JsonObject): Person[] {
  return objectsOf(body.atUsers).flatMap(({ staffId, dingtalkId }) => {
    const id = idOf(staffId) ?? idOf(dingtalkId);
    if (id === undefined) return [];
    return [{ id, kind: dingtalkId === body.chatbotUserId ? "bot" : "user" } satisfies Person];
  });
}

/** https://open.dingtalk.com/document/development/robot-message-type */
function contentOf(
  kind: string | undefined,
  body: JsonObject,
): { readonly text: string; readonly attachments: readonly Attachment[] } {
  const content = objectOf(body.content);
  switch (kind) {
    case "text":
      // Begins with the blank that followed the robot's name.
      return { text: (textOf(objectOf(body.text).content) ?? "").trim(), attachments: [] };
    case "richText":
      return richContent(objectsOf(content.richText));
    case "picture":
      return { text: "", attachments: attachment("image", content) };
    case "audio":
      return { text: textOf(content.recognition) ?? "", attachments: attachment("voice", content) };
    case "video":
      return { text: "", attachments: attachment("video", content) };
    case "file":
      return { text: "", attachments: attachment("file", content) };
    default:
      return { text: "", attachments: attachment("file", content) };
  }
}

function richContent(parts: readonly JsonObject[]): { text: string; attachments: Attachment[] } {
  return {
    text: parts
      .map(({ text }) => textOf(text) ?? "")
      .join("")
      .trim(),
    attachments: parts.filter(({ type }) => type === "picture").flatMap((part) => attachment("image", part)),
  };
}

function attachment(kind: Attachment["kind"], { downloadCode, fileName, duration }: JsonObject): Attachment[] {
  const ref = textOf(downloadCode);
  if (ref === undefined) return [];
  const name = textOf(fileName);
  // Milliseconds for sounds; of videos no page tells the unit.
  const durationMs = kind === "voice" ? amountOf(duration) : undefined;
  return [{ kind, ref, ...(name === undefined ? {} : { name }), ...(durationMs === undefined ? {} : { durationMs }) }];
}

/** Whoever has the sessionWebhook can speak in the chat, so it is only in the body as it came. */
function shown({ sessionWebhook: _address, ...rest }: JsonObject): JsonObject {
  return rest;
}

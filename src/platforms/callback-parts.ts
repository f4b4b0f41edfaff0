import { isUtf8 } from "node:buffer";
import type { CallbackAnswer, CallbackRequest } from "./receiving.ts";
import type { ReplyWay } from "./replying.ts";

/** A header that came once. A repeated one says two things, so it says nothing. */
export function headerOf({ headers }: CallbackRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Bytes as text, without a byte order mark; undefined where they are not UTF-8. Much faster than a fatal TextDecoder. */
export function utf8Of(bytes: Uint8Array): string | undefined {
  if (!isUtf8(bytes)) return undefined;
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString("utf8");
  return text.charCodeAt(0) === byteOrderMark ? text.slice(1) : text;
}

const byteOrderMark = 0xfeff;

/** HTTP 200 with this JSON. */
export function jsonAnswer(json: Readonly<Record<string, unknown>>): CallbackAnswer {
  return { status: 200, contentType: "application/json; charset=utf-8", body: JSON.stringify(json) };
}

/** A reply that is JSON on a long connection, as the body of an HTTP answer. */
export function overHttp(way: ReplyWay<Readonly<Record<string, unknown>>>): ReplyWay {
  return { rules: way.rules, answer: (reply, context) => jsonAnswer(way.answer(reply, context)) };
}

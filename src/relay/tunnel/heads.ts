import type { SendLimits } from "../target.ts";
import { answerFixedBytes, openFixedBytes } from "./frames.ts";

/** A request as it comes out of an OPEN. */
export interface OpenHead {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly string[];
  readonly limits: SendLimits;
  /** The bytes of the body that came along. */
  readonly body: Buffer;
}

/** An answer as it comes out of a HEAD or an INTERIM. */
export interface AnswerHead {
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/**
 * The texts of a head as one. UTF-8 gives every string of an HTTP parser back as it was, bytes over 127 included, which
 * such parsers have as U+0080 to U+00FF.
 */
export function headText(headers: readonly string[], last: string): string {
  return headers.length === 0 ? last : `${headers.join("\0")}\0${last}`;
}

/** @returns undefined for bytes that are no such head. */
export function openHeadIn(payload: Buffer): OpenHead | undefined {
  if (payload.length < openFixedBytes) return undefined;
  const bodyAt = openFixedBytes + payload.readUInt32BE(10);
  const texts = textsIn(payload, openFixedBytes, bodyAt);
  if (texts === undefined || texts.length !== 2 * payload.readUInt16BE(8) + 2) return undefined;
  const path = texts.pop() as string;
  const method = texts.pop() as string;
  if (!token.test(method) || !hasFieldNames(texts)) return undefined;
  const limits = { answerMs: payload.readUInt32BE(0), idleMs: payload.readUInt32BE(4) };
  return { method, path, headers: texts, limits, body: payload.subarray(bodyAt) };
}

/** @returns undefined for bytes that are no such head, and for one whose status no answer has. */
export function answerHeadIn(payload: Buffer): AnswerHead | undefined {
  if (payload.length < answerFixedBytes) return undefined;
  const status = payload.readUInt16BE(0);
  const bodyAt = answerFixedBytes + payload.readUInt32BE(4);
  const texts = textsIn(payload, answerFixedBytes, bodyAt);
  if (texts === undefined || texts.length !== 2 * payload.readUInt16BE(2) + 1) return undefined;
  const statusText = texts.pop() as string;
  if (status < 100 || status > 999 || !hasFieldNames(texts)) return undefined;
  return { status, statusText, headers: texts, body: payload.subarray(bodyAt) };
}

/** RFC 9110 §5.6.2 and §5.5: who writes these on as HTTP must not write a line end among them. */
const token = /^[\w!#$%&'*+.^`|~-]+$/;
const notText = /[^\t\x20-\x7e\x80-\xff\0]/;

function textsIn(payload: Buffer, from: number, to: number): string[] | undefined {
  if (to > payload.length) return undefined;
  const text = payload.toString("utf8", from, to);
  return notText.test(text) ? undefined : text.split("\0");
}

function hasFieldNames(texts: readonly string[]): boolean {
  for (let index = 0; index < texts.length; index += 2) {
    if (!token.test(texts[index] as string)) return false;
  }
  return true;
}

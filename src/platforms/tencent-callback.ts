import { utf8Of } from "./callback-parts.ts";
import type { JsonObject } from "./json-fields.ts";
import { type Callback, type CallbackAnswer, type CallbackRequest, refusal } from "./receiving.ts";
import { parseBody } from "./tencent-body.ts";
import { type FrameFault, openFrame, signatureHolds } from "./tencent-crypto.ts";

/** One step of reading a callback: what it found, or why the callback is turned away. */
export type Step<Found> =
  | { readonly ok: true; readonly found: Found }
  | { readonly ok: false; readonly refused: Callback };

/** When and under which nonce the platform signed. */
export interface Stamp {
  readonly timestamp: string;
  readonly nonce: string;
  /** Epoch milliseconds. */
  readonly atMs: number;
}

/**
 * A call is good for ten minutes either way. The platforms promise no window; they give up after three attempts of
 * five seconds each (https://developer.work.weixin.qq.com/document/path/90930), so that the rest is for clocks that
 * disagree. Longer only gives a recorded call more time to be played again.
 */
export const windowMs = 600_000;

/** Checks the signature over timestamp, nonce and these parts, then the time. */
export function stampOf(
  { query }: CallbackRequest,
  name: "signature" | "msg_signature",
  parts: { readonly token: string; readonly encrypted?: string | undefined },
  nowMs: number,
): Step<Stamp> {
  const signature = query.get(name);
  const timestamp = query.get("timestamp");
  const nonce = query.get("nonce");
  if (!signature || !timestamp || !nonce) {
    return refused("signature", `the address has no ${name}, timestamp and nonce: the platform's own calls have them`);
  }
  const signed = [parts.token, timestamp, nonce, ...(parts.encrypted === undefined ? [] : [parts.encrypted])];
  if (!signatureHolds(signature, ...signed)) {
    return refused(
      "signature",
      "the signature does not match: is this account's Token the one shown in the admin page?",
    );
  }
  // Parts are signed without borders between them. A time of exactly ten digits leaves no room to move them.
  if (!/^\d{10}$/.test(timestamp) || nonce.length > longestNonce) {
    return refused("signature", "the timestamp is not in seconds, or the nonce is over 128 characters");
  }
  const atMs = Number(timestamp) * 1000;
  const offMs = nowMs - atMs;
  if (Math.abs(offMs) <= windowMs) return found({ timestamp, nonce, atMs });
  const when = `${Math.round(Math.abs(offMs) / 1000)} s ${offMs > 0 ? "ago" : "from now"}`;
  return refused(
    "stale",
    `it was signed ${when}, and at most ${windowMs / 1000} s are accepted: is this machine's clock right?`,
  );
}

/** Opens what was signed, with the first of the keys that fits. */
export function openSigned(encrypted: string, keys: readonly Buffer[], receiver: string): Step<string> {
  let fault: FrameFault = "length";
  for (const key of keys) {
    const opened = openFrame(encrypted, key, receiver);
    if (opened.ok) {
      const text = utf8Of(opened.message);
      return text === undefined ? refused("malformed", "the decrypted message is not UTF-8") : found(text);
    }
    fault = opened.fault;
  }
  return refused("undecryptable", advice[fault]);
}

/** The request's body as fields. */
export function bodyOf({ body }: CallbackRequest): Step<{ readonly text: string; readonly fields: JsonObject }> {
  const text = utf8Of(body);
  if (text === undefined) return refused("malformed", "the body is not UTF-8");
  const fields = fieldsOf(text);
  return fields.ok ? found({ text, fields: fields.found }) : fields;
}

/** A message as fields. */
export function fieldsOf(text: string): Step<JsonObject> {
  const parsed = parseBody(text);
  return parsed.ok ? found(parsed.body) : refused("malformed", parsed.fault);
}

/** The ciphertext of an envelope; undefined where there is none. Its name's case differs between official samples. */
export function encryptedIn(envelope: JsonObject): string | undefined {
  const encrypted = envelope.Encrypt ?? envelope.encrypt;
  return typeof encrypted === "string" && encrypted !== "" ? encrypted : undefined;
}

/** `echostr`, as it was signed. A plus sign that nobody escaped arrives as a space, which base64 does not have. */
export function echoIn({ query }: CallbackRequest): string {
  return (query.get("echostr") ?? "").replaceAll(" ", "+");
}

/**
 * Answers an address check. Only what looks like a check's random text is given back: otherwise a recorded message,
 * sent again as a check, would be answered in the clear, and a page of someone's making could be served from here.
 */
export function echoed(plain: string): Callback {
  if (!/^[\w.+/=-]{1,128}$/.test(plain)) {
    return refusal("malformed", "echostr is not the random text of an address check");
  }
  return { kind: "answered", answer: textAnswer(plain) };
}

/** HTTP 200 with exactly this text: no quotes, no line feed. */
export function textAnswer(body: string): CallbackAnswer {
  return { status: 200, contentType: "text/plain; charset=utf-8", body };
}

/**
 * The nonce with its time. Alone it is often a number of nine or ten digits, and among the calls of a busy window two
 * honest ones would have the same.
 */
export function nonceOf({ timestamp, nonce }: Stamp): string {
  return `${timestamp}.${nonce}`;
}

export function found<Found>(value: Found): Step<Found> {
  return { ok: true, found: value };
}

export function refused(...[reason, words]: Parameters<typeof refusal>): Step<never> {
  return { ok: false, refused: refusal(reason, words) };
}

const longestNonce = 128;

const advice: Readonly<Record<FrameFault, string>> = {
  length: "the ciphertext is not whole: it is not the base64 of AES blocks",
  padding: "the key does not fit: is this account's EncodingAESKey the one shown in the admin page?",
  frame: "the key does not fit: is this account's EncodingAESKey the one shown in the admin page?",
  receiver: "it was meant for another receiver: is this account's corp id, suite id or AppID right?",
};

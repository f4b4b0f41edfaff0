import { headerOf, jsonAnswer, overHttp, utf8Of } from "../callback-parts.ts";
import { sameSecret } from "../constant-time.ts";
import { instantOf } from "../instant.ts";
import { isObject, type JsonObject, parseObject, textOf } from "../json-fields.ts";
import { type Callback, type CallbackRequest, defineReceiver, type ReceiveContext, refusal } from "../receiving.ts";
import { type FeishuApp, feishuApp } from "./callback-account.ts";
import { cardSignatureHolds, type Decrypt, decryptWith, eventSignatureHolds, type Signed } from "./callback-crypto.ts";
import { envelopeOf, tokenIn } from "./callback-envelope.ts";
import { eventsOf } from "./callback-events.ts";
import { clickWay } from "./replying.ts";

/**
 * What a Feishu app is called with, at its event address and at its callback address; both may be the same.
 * https://open.feishu.cn/document/ukTMukTMukTM/uUTNz4SN1MjL1UzM
 *
 * No nonce is given on: the signature covers the whole body, and a repeat is told by its event's id.
 */
export const feishuReceiver = defineReceiver<FeishuApp>({
  account: feishuApp,
  receive,
  way(raw) {
    const body = parseObject(raw) ?? {};
    // The time does not matter here.
    const type = isOldCardCallback(body) ? "card.action.trigger_v1" : envelopeOf(body, raw, 0)?.type;
    const found = type === undefined ? undefined : clickWay({ type });
    return found && overHttp(found);
  },
});

function receive(request: CallbackRequest, app: FeishuApp, { nowMs }: ReceiveContext): Callback {
  if (request.method !== "POST") return refusal("malformed", "the platform only calls with POST");
  // Nothing that calls could be verified.
  if (app.verification_token === "") return refusal("forbidden", advice.stream);
  const text = utf8Of(request.body);
  const body = text === undefined ? undefined : parseObject(text);
  if (text === undefined || body === undefined) return refusal("malformed", "the body is no JSON object in UTF-8");
  if (isOldCardCallback(body)) return oldCardCallback(request, text, body, app, nowMs);
  if (typeof body.encrypt === "string") return encryptedCall(request, body.encrypt, app, nowMs);
  // Address checks tell nothing and are not signed, and the one of the older card callbacks is never encrypted.
  if (app.encrypt_key !== "" && body.type !== "url_verification") return refusal("signature", advice.plain);
  return openedCall(text, body, app, nowMs);
}

function encryptedCall(request: CallbackRequest, encrypt: string, app: FeishuApp, nowMs: number): Callback {
  if (app.encrypt_key === "") return refusal("undecryptable", advice.noKey);
  const signed = signedBy(request);
  if (signed) {
    if (!eventSignatureHolds(signed, app.encrypt_key, request.body)) return refusal("signature", advice.signature);
    if (!isTimely(signed, nowMs)) return refusal("stale", advice.stale);
  }
  const text = decryptFor(app)(encrypt);
  const body = text === undefined ? undefined : parseObject(text);
  if (!signed && body?.type !== "url_verification") {
    // One answer, whether or not the padding was right: two would let anyone decrypt by asking.
    return refusal("signature", advice.unsigned);
  }
  if (text === undefined || body === undefined) return refusal("undecryptable", advice.undecryptable);
  return openedCall(text, body, app, nowMs);
}

const decrypts = new WeakMap<FeishuApp, Decrypt>();

/** Made once for as long as the account's settings are in force. */
function decryptFor(app: FeishuApp): Decrypt {
  const decrypt = decrypts.get(app) ?? decryptWith(app.encrypt_key);
  decrypts.set(app, decrypt);
  return decrypt;
}

/** A body that is readable now, however it came. */
function openedCall(text: string, body: JsonObject, app: FeishuApp, nowMs: number): Callback {
  if (!sameSecret(tokenIn(body), app.verification_token)) return refusal("signature", advice.token);
  if (body.type === "url_verification") return addressCheck(body);
  const envelope = envelopeOf(body, text, nowMs);
  if (envelope === undefined) {
    return refusal("malformed", "the body has neither `header.event_type` nor `event.type`, so it names no event");
  }
  return { kind: "events", events: eventsOf(envelope, app.app_id), answer: jsonAnswer({}), raw: text };
}

function addressCheck({ challenge }: JsonObject): Callback {
  const given = textOf(challenge);
  if (given === undefined || given.length > longestChallenge) {
    return refusal("malformed", `\`challenge\` must be a text of 1 to ${longestChallenge} characters`);
  }
  return { kind: "answered", answer: jsonAnswer({ challenge: given }) };
}

/** Characters; the platform's are UUIDs. What is not verified further is not sent back at any length. */
const longestChallenge = 1024;

/** `card.action.trigger_v1` has no envelope: the operator's ids, the message and the action are at the top. */
function isOldCardCallback(body: JsonObject): boolean {
  return isObject(body.action) && body.header === undefined && body.type === undefined && body.event === undefined;
}

function oldCardCallback(
  request: CallbackRequest,
  text: string,
  body: JsonObject,
  app: FeishuApp,
  nowMs: number,
): Callback {
  const signed = signedBy(request);
  if (!signed || !cardSignatureHolds(signed, app.verification_token, request.body)) {
    return refusal("signature", advice.card);
  }
  if (!isTimely(signed, nowMs)) return refusal("stale", advice.stale);
  // It has no id. Each click is signed anew, so the signature tells two clicks of the same button apart.
  const at = instantOf(signed.timestamp) ?? nowMs;
  const envelope = {
    type: "card.action.trigger_v1",
    id: `card:${signed.signature}`,
    at,
    appId: undefined,
    event: body,
  };
  return { kind: "events", events: eventsOf(envelope, app.app_id), answer: jsonAnswer({}), raw: text };
}

/** Undefined unless all three headers are there. */
function signedBy(request: CallbackRequest): Signed | undefined {
  const timestamp = headerOf(request, "x-lark-request-timestamp");
  const nonce = headerOf(request, "x-lark-request-nonce");
  const signature = headerOf(request, "x-lark-signature");
  if (timestamp === undefined || nonce === undefined || signature === undefined) return undefined;
  return { timestamp, nonce, signature };
}

/**
 * The platform publishes no window. It repeats an event for up to 7 h 6 min (after 15 s, 5 min, 1 h and 6 h), and does
 * not say whether a repeat is signed anew, so 8 h must pass. What is repeated within them is told by its id and stored
 * once. One hour ahead is what the platform itself allows to the clocks of those who call it.
 */
function isTimely({ timestamp }: Signed, nowMs: number): boolean {
  const at = instantOf(timestamp);
  return at !== undefined && at >= nowMs - 8 * hourMs && at <= nowMs + hourMs;
}

const hourMs = 3_600_000;

const page = "the developer console's page Events & Callbacks, Encryption Strategy (事件与回调 · 加密策略)";

const advice = {
  stream: `this account is told things over a stream: for callbacks, set connection to callback, and verification_token to the one shown on ${page}`,
  plain: `the call is not encrypted, but an encrypt_key is configured here: is the Encrypt Key set on ${page}?`,
  noKey: `the call is encrypted, but no encrypt_key is configured here: copy the Encrypt Key from ${page}`,
  signature: `the signature does not match: is encrypt_key the Encrypt Key shown on ${page}, and does no proxy change the body?`,
  unsigned: `an encrypted call without signature headers, and not an address check under this encrypt_key: is it the Encrypt Key shown on ${page}?`,
  undecryptable: `the signature is right, but the content is not what this encrypt_key encrypts: is it the Encrypt Key shown on ${page}?`,
  token: `the token does not match: is verification_token the Verification Token shown on ${page}?`,
  card: `the card callback's signature does not match: is verification_token the Verification Token shown on ${page}, and does no proxy change the body?`,
  stale: "the signature is older than 8 hours or more than 1 hour ahead: is this machine's clock right?",
} as const;

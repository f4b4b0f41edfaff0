import { jsonAnswer, utf8Of } from "../callback-parts.ts";
import { instantOf } from "../instant.ts";
import { type JsonObject, parseObject, textOf } from "../json-fields.ts";
import {
  type Callback,
  type CallbackAnswer,
  type CallbackRequest,
  type ReceiveContext,
  refusal,
} from "../receiving.ts";
import { type FrameFault, frameKey, openFrame, sealFrame, signatureHolds, signatureOf } from "../tencent-crypto.ts";
import type { DingtalkApp } from "./callback-account.ts";
import { eventIn } from "./event-types.ts";
import { isTimely, staleAdvice } from "./signed-headers.ts";

/**
 * An event pushed by HTTP, always encrypted and always answered with the encrypted `success`:
 * https://open.dingtalk.com/document/development/http-callback-overview,
 * https://open.dingtalk.com/document/development/callback-event-message-body-encryption-and-decryption
 *
 * @param encrypt Base64 of the frame.
 */
export function receiveEvent(
  { query }: CallbackRequest,
  encrypt: string,
  app: DingtalkApp,
  context: ReceiveContext,
): Callback {
  const { token, aes_key } = app;
  if (token === undefined || aes_key === undefined) return refusal("undecryptable", advice.noKey);
  const [signature, timestamp, nonce] = [
    named(query, signatureNames),
    named(query, timestampNames),
    query.get("nonce"),
  ];
  if (signature === undefined || timestamp === undefined || nonce === null)
    return refusal("signature", advice.unsigned);
  if (!signatureHolds(signature, token, timestamp, nonce, encrypt)) return refusal("signature", advice.signature);
  const at = instantOf(timestamp);
  if (at === undefined || !isTimely(at, context.nowMs)) return refusal("stale", staleAdvice);
  const sealing: Sealing = { token, key: frameKey(aes_key), owner: app.owner_key ?? app.client_id, context };
  const frame = openFrame(encrypt, sealing.key, sealing.owner);
  if (!frame.ok) return refusal("undecryptable", advice[frame.fault]);
  const raw = utf8Of(frame.message);
  const event = raw === undefined ? undefined : parseObject(raw);
  if (raw === undefined || event === undefined) return refusal("malformed", "the decrypted event is no JSON object");
  const check = checkWord(event);
  if (check !== undefined) return { kind: "answered", answer: sealed(check, sealing) };
  return { kind: "events", events: [eventIn(event, raw, at)], answer: sealed("success", sealing), raw };
}

// The pages and the platform's samples spell them in different ways.
const signatureNames = ["msg_signature", "signature"];
const timestampNames = ["timestamp", "timeStamp"];

function named(query: URLSearchParams, names: readonly string[]): string | undefined {
  return names.map((name) => query.get(name)).find((value) => value !== null) ?? undefined;
}

/** What an address check wants back: `success`, or for a store app the word it brought. */
function checkWord({ EventType, Random }: JsonObject): string | undefined {
  if (EventType === "check_url") return "success";
  if (EventType !== "check_create_suite_url" && EventType !== "check_update_suite_url") return undefined;
  return textOf(Random)?.slice(0, longestRandom) ?? "success";
}

/** Characters; the platform's have 8. */
const longestRandom = 1024;

interface Sealing {
  readonly token: string;
  readonly key: Buffer;
  readonly owner: string;
  readonly context: ReceiveContext;
}

function sealed(word: string, { token, key, owner, context }: Sealing): CallbackAnswer {
  const encrypt = sealFrame(word, key, owner, context.randomBytes(16));
  const timeStamp = String(context.nowMs);
  const nonce = Buffer.from(context.randomBytes(8)).toString("hex");
  return jsonAnswer({ msg_signature: signatureOf(token, timeStamp, nonce, encrypt), timeStamp, nonce, encrypt });
}

const page = "the event subscription's page (事件订阅) in the developer console";

const advice: Readonly<Record<FrameFault | "noKey" | "unsigned" | "signature", string>> = {
  noKey: `an encrypted event came, but token and aes_key are not configured here: copy both from ${page}`,
  unsigned: "the address must carry `msg_signature` (or `signature`), `timestamp` and `nonce`",
  signature: `the signature does not match: is token the one shown on ${page}?`,
  length: `the content is no encrypted frame: is something between the platform and here changing the body?`,
  padding: `the content cannot be decrypted: is aes_key the one shown on ${page}?`,
  frame: `the content cannot be decrypted: is aes_key the one shown on ${page}?`,
  receiver: `the event is for another receiver: owner_key must be the app's Client ID, the corpId of a subscription made through the old API, or the suiteKey of a store app`,
};

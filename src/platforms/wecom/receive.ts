import { type Callback, type CallbackRequest, defineReceiver, type ReceiveContext, refusal } from "../receiving.ts";
import {
  bodyOf,
  echoed,
  echoIn,
  encryptedIn,
  fieldsOf,
  found,
  nonceOf,
  openSigned,
  refused,
  type Stamp,
  type Step,
  stampOf,
  textAnswer,
} from "../tencent-callback.ts";
import { frameKey } from "../tencent-crypto.ts";
import { type CalledAccount, isCalled, receiverOf, type WecomAccount, wecomAccount } from "./account.ts";
import { appEvents } from "./app-events.ts";
import { botEvents } from "./bot-events.ts";
import { appWay, botWay, polledStream } from "./replying.ts";

/**
 * Callbacks of WeCom apps, intelligent robots and, where a corp has them, group robots.
 * https://developer.work.weixin.qq.com/document/path/90930 (signature, encryption, deadlines),
 * https://developer.work.weixin.qq.com/document/path/101039 (robots)
 */
export const wecomReceiver = defineReceiver<WecomAccount>({
  account: wecomAccount,
  receive(request, account, context) {
    if (!isCalled(account)) return refusal("forbidden", streamAdvice);
    if (request.method === "GET") return check(request, account, context);
    if (request.method !== "POST") return refusal("malformed", "WeCom calls with GET to check and POST to tell");
    const read = isPlain(account) ? plainMessage(request, account, context) : sealedMessage(request, account, context);
    if (!read.ok) return read.refused;
    const { stamp, text } = read.found;
    const fields = fieldsOf(text);
    if (!fields.ok) return fields.refused;
    const told = { kind: "events", answer: textAnswer(""), raw: text, nonce: nonceOf(stamp) } as const;
    if (account.kind === "app") return { ...told, events: appEvents(fields.found, stamp.atMs) };
    return { ...told, events: botEvents(fields.found, stamp.atMs), poll: polledStream(fields.found) };
  },
  way(raw, { query }, account) {
    return account.kind === "app" ? appWay(raw, account) : botWay(raw, query.get("nonce") ?? "", account);
  },
});

const streamAdvice =
  "this robot is told things over a stream: for callbacks, set connection to callback, and token and encoding_aes_key to those of the admin page";

interface Read {
  readonly stamp: Stamp;
  readonly text: string;
}

/** Answered at once with what was encrypted: the admin page waits one second when the address is saved. */
function check(request: CallbackRequest, account: CalledAccount, { nowMs }: ReceiveContext): Callback {
  const { token } = account;
  const encrypted = echoIn(request);
  if (isPlain(account)) {
    const stamp = stampOf(request, plainSignature(request), { token }, nowMs);
    return stamp.ok ? echoed(encrypted) : stamp.refused;
  }
  const stamp = stampOf(request, "msg_signature", { token, encrypted }, nowMs);
  if (!stamp.ok) return stamp.refused;
  const opened = openSigned(encrypted, keysOf(account), receiverOf(account));
  return opened.ok ? echoed(opened.found) : opened.refused;
}

function sealedMessage(request: CallbackRequest, account: CalledAccount, { nowMs }: ReceiveContext): Step<Read> {
  const body = bodyOf(request);
  if (!body.ok) return body;
  const encrypted = encryptedIn(body.found.fields);
  if (encrypted === undefined) {
    return refused(
      "malformed",
      "the body has no Encrypt: if the platform really sends it plain, set the account's mode to plain",
    );
  }
  const stamp = stampOf(request, "msg_signature", { token: account.token, encrypted }, nowMs);
  if (!stamp.ok) return stamp;
  const opened = openSigned(encrypted, keysOf(account), receiverOf(account));
  return opened.ok ? found({ stamp: stamp.found, text: opened.found }) : opened;
}

function plainMessage(request: CallbackRequest, account: CalledAccount, { nowMs }: ReceiveContext): Step<Read> {
  const stamp = stampOf(request, plainSignature(request), { token: account.token }, nowMs);
  if (!stamp.ok) return stamp;
  const body = bodyOf(request);
  if (!body.ok) return body;
  if (encryptedIn(body.found.fields) !== undefined) {
    return refused("malformed", "the body is encrypted: set the account's mode to safe and give its encoding_aes_key");
  }
  return found({ stamp: stamp.found, text: body.found.text });
}

function isPlain(account: WecomAccount): boolean {
  return account.kind === "app" && account.mode === "plain";
}

/** Plain calls are not WeCom's own any more; those who still make them write the signature's name either way. */
function plainSignature({ query }: CallbackRequest): "signature" | "msg_signature" {
  return query.has("signature") ? "signature" : "msg_signature";
}

function keysOf({ encoding_aes_key }: WecomAccount): Buffer[] {
  return encoding_aes_key === undefined ? [] : [frameKey(encoding_aes_key)];
}

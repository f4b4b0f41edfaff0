import { cdata } from "./flat-xml.ts";
import type { JsonObject } from "./json-fields.ts";
import type { CallbackAnswer, ReceiveContext } from "./receiving.ts";
import type { OpenedCallback } from "./resealing.ts";
import { parseBody, plainNames, wordsIn } from "./tencent-body.ts";
import { encryptedIn, openSigned } from "./tencent-callback.ts";
import { sealFrame, signatureHolds, signatureOf } from "./tencent-crypto.ts";
import type { ReplySeal } from "./tencent-reply.ts";

/** When and under which nonce something is signed. */
export interface NewStamp {
  readonly timestamp: string;
  readonly nonce: string;
}

export function newStamp({ nowMs, randomBytes }: ReceiveContext): NewStamp {
  return { timestamp: String(Math.floor(nowMs / 1000)), nonce: Buffer.from(randomBytes(8)).toString("hex") };
}

/**
 * The envelope around a callback's ciphertext: in XML or JSON as it came, with the receiver and the app in the clear
 * as the platform writes them, and with nothing else that an envelope may have had beside its ciphertext.
 */
export function sealedEnvelope(
  { request, raw }: OpenedCallback,
  { key, receiver }: Pick<ReplySeal, "key" | "receiver">,
  { randomBytes }: ReceiveContext,
): { readonly body: string; readonly encrypted: string } {
  const encrypted = sealFrame(raw, key, receiver, randomBytes(16));
  const parsed = parseBody(Buffer.from(request.body).toString("utf8"));
  const came = parsed.ok ? parsed.body : {};
  const isJson = request.body[0] === 0x7b;
  const shown = Object.entries(came).filter(([name, value]) => inTheClear.has(name.toLowerCase()) && isWord(value));
  const encryptName = "encrypt" in came ? "encrypt" : "Encrypt";
  const fields: [string, unknown][] = [...shown, [encryptName, encrypted]];
  const xml = () =>
    `<xml>${fields.map(([name, value]) => `<${name}>${cdata(String(value))}</${name}>`).join("")}</xml>`;
  return { body: isJson ? JSON.stringify(Object.fromEntries(fields)) : xml(), encrypted };
}

const inTheClear: ReadonlySet<string> = new Set(["tousername", "agentid"]);

function isWord(value: unknown): boolean {
  return typeof value === "string" || typeof value === "number";
}

/** What a system answered with under its keys; undefined when that is not what they seal. */
export function openedAnswer({ body }: CallbackAnswer, { token, key, receiver }: ReplySeal): string | undefined {
  const parsed = parseBody(body);
  if (!parsed.ok) return undefined;
  const encrypted = encryptedIn(parsed.body);
  const fields: JsonObject = plainNames(parsed.body);
  const [timestamp, nonce] = [wordsIn(fields, "timestamp"), wordsIn(fields, "nonce")];
  if (encrypted === undefined || !signatureHolds(wordsIn(fields, "msgsignature"), token, timestamp, nonce, encrypted)) {
    return undefined;
  }
  const opened = openSigned(encrypted, [key], receiver);
  return opened.ok ? opened.found : undefined;
}

/** Is there nothing in the answer for anybody to read: no text, or the word that says so? */
export function saysNothing({ body }: CallbackAnswer): boolean {
  return body.trim() === "" || body.trim() === "success";
}

/** The signature's parameters of an encrypted call. */
export function encryptedQuery(token: string, { timestamp, nonce }: NewStamp, encrypted: string) {
  return { msg_signature: signatureOf(token, timestamp, nonce, encrypted), timestamp, nonce };
}

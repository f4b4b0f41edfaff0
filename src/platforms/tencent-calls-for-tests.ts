import { readFileSync } from "node:fs";
import { parseXml, type XmlElement } from "./flat-xml.ts";
import type { Callback, CallbackAnswer, CallbackRequest, ParsedEvent, ReceiveContext } from "./receiving.ts";
import { frameKey, openFrame, sealFrame, signatureHolds, signatureOf } from "./tencent-crypto.ts";

/** One published example; its `source` says where. */
export interface Vector {
  readonly id: string;
  readonly kind?: string;
  readonly token: string;
  readonly encodingAesKey: string;
  readonly receiver: string;
  readonly timestamp: string;
  readonly nonce: string;
  readonly signature: string;
  readonly plainSignature?: string;
  readonly message: string;
  readonly encrypted: string;
}

export function vectorsIn(file: URL): Vector[] {
  return JSON.parse(readFileSync(file, "utf8")) as Vector[];
}

/** Who signs and seals. */
export interface Peer {
  readonly token: string;
  readonly encodingAesKey: string;
  readonly receiver: string;
}

/** When the platform of these tests calls, in seconds. */
export const second = 1_700_000_000;

/** Zero bytes for random ones: what is sealed here is read here. */
export const context: ReceiveContext = { nowMs: second * 1000, randomBytes: (bytes) => new Uint8Array(bytes) };

export function sealed(message: string, { encodingAesKey, receiver }: Peer): string {
  return sealFrame(message, frameKey(encodingAesKey), receiver, new Uint8Array(16));
}

/** The query of a call, signed over these parts too. */
export function signed(
  name: "signature" | "msg_signature",
  { token }: Peer,
  parts: readonly string[] = [],
  { timestamp = String(second), nonce = "n0nce" } = {},
): Record<string, string> {
  return { [name]: signatureOf(token, timestamp, nonce, ...parts), timestamp, nonce };
}

export function get(query: Record<string, string>): CallbackRequest {
  return { method: "GET", query: new URLSearchParams(query), headers: {}, body: new Uint8Array() };
}

export function post(query: Record<string, string>, body: string | Uint8Array): CallbackRequest {
  return { method: "POST", query: new URLSearchParams(query), headers: {}, body: Buffer.from(body) };
}

/** An encrypted and signed XML call, as WeCom and official accounts make it. */
export function sealedXmlCall(message: string, peer: Peer): CallbackRequest {
  const encrypted = sealed(message, peer);
  const body = `<xml><ToUserName><![CDATA[corp]]></ToUserName><Encrypt><![CDATA[${encrypted}]]></Encrypt></xml>`;
  return post(signed("msg_signature", peer, [encrypted]), body);
}

/** The one Event of a call that has one. */
export function eventOf(callback: Callback): ParsedEvent {
  if (callback.kind !== "events") throw new Error(`no Event but ${JSON.stringify(callback)}`);
  const [event] = callback.events;
  if (event === undefined || callback.events.length !== 1) throw new Error(`${callback.events.length} Events`);
  return event;
}

/** Why a call was turned away: reason and advice. */
export function refusalOf(callback: Callback): string {
  return callback.kind === "refused" ? `${callback.refusal.reason}: ${callback.refusal.advice}` : callback.kind;
}

/** What it gives; a failure that shows the text where it throws. */
export function neverThrows<Result>(text: string, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    throw new Error(`threw for ${JSON.stringify(text)}`, { cause: error });
  }
}

/** XML of these fields; text that begins with `<` stands as it is. */
export function xml(fields: Readonly<Record<string, string | number>>): string {
  const inner = Object.entries(fields).map(([name, value]) => {
    const isPlain = typeof value === "number" || value.startsWith("<");
    return `<${name}>${isPlain ? value : `<![CDATA[${value}]]>`}</${name}>`;
  });
  return `<xml>${inner.join("\n")}</xml>`;
}

/** What is in an encrypted XML answer, once its signature holds. */
export function openedXml({ body }: CallbackAnswer, { token, encodingAesKey, receiver }: Peer): unknown {
  const { Encrypt = "", MsgSignature = "", TimeStamp = "", Nonce = "" } = textsOf(body);
  if (!signatureHolds(MsgSignature, token, TimeStamp, Nonce, Encrypt)) throw new Error("the signature does not hold");
  const opened = openFrame(Encrypt, frameKey(encodingAesKey), receiver);
  if (!opened.ok) throw new Error(opened.fault);
  return rootOf(opened.message.toString());
}

/** XML as an object; fails where it is none. */
export function rootOf(text: string): XmlElement {
  const parsed = parseXml(text);
  if (!parsed.ok) throw new Error(parsed.fault);
  return parsed.root;
}

function textsOf(text: string): Record<string, string> {
  return Object.fromEntries(Object.entries(rootOf(text)).map(([name, value]) => [name, String(value)]));
}

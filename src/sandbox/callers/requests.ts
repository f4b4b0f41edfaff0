import type { CallbackRequest, Moment } from "./call.ts";
import { sha1OfSorted } from "./frame.ts";
import { digitNonce, secondsOf } from "./ids.ts";

/** The URL with these parameters behind whatever query it has. */
export function withQuery(url: string, parameters: Readonly<Record<string, string>>): string {
  const target = new URL(url);
  for (const [name, value] of Object.entries(parameters)) target.searchParams.set(name, value);
  return target.href;
}

/** The query beside a plain body, or a check in plain mode. */
export function signedQuery(token: string, moment: Moment): { signature: string; timestamp: string; nonce: string } {
  const timestamp = String(secondsOf(moment));
  const nonce = digitNonce(moment);
  return { signature: sha1OfSorted(token, timestamp, nonce), timestamp, nonce };
}

/** The query beside an encrypted body. */
export function sealedQuery(
  token: string,
  encrypt: string,
  moment: Moment,
): { msg_signature: string; timestamp: string; nonce: string } {
  const timestamp = String(secondsOf(moment));
  const nonce = digitNonce(moment);
  return { msg_signature: sha1OfSorted(token, timestamp, nonce, encrypt), timestamp, nonce };
}

export function xmlPost(url: string, body: string): CallbackRequest {
  return { method: "POST", url, headers: { "content-type": "text/xml; charset=utf-8" }, body };
}

export function jsonPost(url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): CallbackRequest {
  return {
    method: "POST",
    url,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}

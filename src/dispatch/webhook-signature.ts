import { createHmac, createSecretKey, randomBytes } from "node:crypto";
import type { SigningSecret } from "../store/store.ts";

const PREFIX = "whsec_";
const SECRET_BYTES = 32;

/**
 * The headers that prove a request is ours, as Standard Webhooks 1.0.0 has them
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md): HMAC-SHA256 of
 * `{id}.{seconds}.{body}`, once for each secret that is in force.
 *
 * @param id The same at every attempt.
 * @param atMs The moment of this attempt. Epoch milliseconds.
 */
export function signedHeaders(
  id: string,
  atMs: number,
  body: string,
  secrets: readonly SigningSecret[],
): Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string> {
  const seconds = String(Math.floor(atMs / 1000));
  const signatures = secrets
    .filter(({ until }) => until === undefined || until > atMs)
    .map(({ secret }) => {
      // Given the bytes instead of a key object, Node takes five times as long.
      const signed = createHmac("sha256", createSecretKey(keyOf(secret))).update(`${id}.${seconds}.${body}`);
      return `v1,${signed.digest("base64")}`;
    });
  return { "webhook-id": id, "webhook-timestamp": seconds, "webhook-signature": signatures.join(" ") };
}

export function newSigningSecret(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString("base64");
}

/** Is it `whsec_` and the base64 of 24 to 64 bytes? */
export function isSigningSecret(text: string): boolean {
  if (!text.startsWith(PREFIX) || !/^[A-Za-z0-9+/]+={0,2}$/.test(text.slice(PREFIX.length))) return false;
  const bytes = keyOf(text).length;
  return bytes >= 24 && bytes <= 64;
}

function keyOf(secret: string): Buffer {
  return Buffer.from(secret.slice(PREFIX.length), "base64");
}

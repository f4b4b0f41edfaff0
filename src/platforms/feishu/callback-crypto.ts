import { createDecipheriv, hash } from "node:crypto";
import { utf8Of } from "../callback-parts.ts";
import { sameBytes } from "../constant-time.ts";

/** What the platform puts into headers beside a body. */
export interface Signed {
  /** Seconds since the epoch, as sent. */
  readonly timestamp: string;
  readonly nonce: string;
  readonly signature: string;
}

/**
 * Lower-case hex SHA-256 of timestamp, nonce, Encrypt Key and the body's very bytes:
 * https://open.feishu.cn/document/ukTMukTMukTM/uUTNz4SN1MjL1UzM
 */
export function eventSignatureHolds(signed: Signed, encryptKey: string, body: Uint8Array): boolean {
  return holds(signed, "sha256", encryptKey, body);
}

/**
 * The older card callbacks are signed with SHA-1 and the Verification Token, and never encrypted:
 * https://open.feishu.cn/document/uAjLw4CM/ukzMukzMukzM/feishu-cards/card-callback-communication
 */
export function cardSignatureHolds(signed: Signed, verificationToken: string, body: Uint8Array): boolean {
  return holds(signed, "sha1", verificationToken, body);
}

/** @returns undefined for what was not encrypted with this Encrypt Key. */
export type Decrypt = (base64: string) => string | undefined;

/**
 * AES-256-CBC under the SHA-256 of the Encrypt Key; the first 16 bytes are the IV, the padding is PKCS#7. Source as
 * for the signature.
 *
 * Making a decipher takes longer than decrypting an event with it, so one is made for all events. CBC decrypts a block and
 * XORs it with the ciphertext before it (NIST SP 800-38A §6.2), whatever came earlier; so to a decipher that goes on, an IV
 * is the block before the first. It comes out as something without meaning, and what follows is what was encrypted.
 */
export function decryptWith(encryptKey: string): Decrypt {
  const key = hash("sha256", encryptKey, "buffer");
  const decipher = createDecipheriv("aes-256-cbc", key, Buffer.alloc(blockBytes)).setAutoPadding(false);
  return (base64) => {
    const bytes = Buffer.from(base64, "base64");
    // Half a block would stay inside, and spoil what comes next.
    if (bytes.length < 2 * blockBytes || bytes.length % blockBytes !== 0) return undefined;
    const padded = decipher.update(bytes);
    const padding = paddingOf(padded);
    return padding === 0 ? undefined : utf8Of(padded.subarray(blockBytes, padded.length - padding));
  };
}

const blockBytes = 16;

/** How many bytes of padding there are; 0 when they are not as PKCS#7 has them. */
function paddingOf(padded: Buffer): number {
  const padding = padded[padded.length - 1] ?? 0;
  if (padding < 1 || padding > blockBytes) return 0;
  for (let at = padded.length - padding; at < padded.length; at++) if (padded[at] !== padding) return 0;
  return padding;
}

function holds(
  { timestamp, nonce, signature }: Signed,
  algorithm: "sha1" | "sha256",
  secret: string,
  body: Uint8Array,
) {
  // In one piece, because hashing at once takes half as long as createHash does for a body of this size.
  const expected = hash(algorithm, Buffer.concat([Buffer.from(`${timestamp}${nonce}${secret}`), body]), "hex");
  return sameBytes(Buffer.from(signature), Buffer.from(expected));
}

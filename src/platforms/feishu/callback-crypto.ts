import { createDecipheriv, createHash, hash } from "node:crypto";
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

/**
 * AES-256-CBC under the SHA-256 of the Encrypt Key; the first 16 bytes are the IV, the padding is PKCS#7. Source as
 * for the signature.
 *
 * @param encrypted Base64.
 * @returns undefined for what this key did not encrypt.
 */
export function decrypted(encrypted: string, encryptKey: string): string | undefined {
  const bytes = Buffer.from(encrypted, "base64");
  if (bytes.length < 2 * blockBytes || bytes.length % blockBytes !== 0) return undefined;
  const key = hash("sha256", encryptKey, "buffer");
  const decipher = createDecipheriv("aes-256-cbc", key, bytes.subarray(0, blockBytes));
  try {
    return utf8Of(Buffer.concat([decipher.update(bytes.subarray(blockBytes)), decipher.final()]));
  } catch {
    return undefined;
  }
}

const blockBytes = 16;

function holds(
  { timestamp, nonce, signature }: Signed,
  algorithm: "sha1" | "sha256",
  secret: string,
  body: Uint8Array,
) {
  const expected = createHash(algorithm).update(`${timestamp}${nonce}${secret}`).update(body).digest("hex");
  return sameBytes(Buffer.from(signature), Buffer.from(expected));
}

import { createCipheriv, createDecipheriv, hash } from "node:crypto";

/** What both ends of an encrypted callback know. */
export interface FrameKey {
  /** 43 characters of base64: 32 bytes, the last character's spare bits being anything. */
  readonly encodingAesKey: string;
  /** At the frame's end: a corp, app or owner id, or nothing. */
  readonly receiveId: string;
}

const blockBytes = 32;
const prefixBytes = 16;
const lengthBytes = 4;

/**
 * Seals a message as WeCom, WeChat and DingTalk do: 16 random bytes, the message's length in bytes (32 bits, big
 * endian), the message, the receiver's id; padded to 32 bytes, AES-256-CBC with the key's own start as IV, base64.
 *
 * Source: https://developer.work.weixin.qq.com/document/path/90968,
 * https://open.dingtalk.com/document/development/callback-event-message-body-encryption-and-decryption
 *
 * @param prefix 16 random bytes.
 * @throws RangeError for a key that is none, or a prefix of another length.
 */
export function sealFrame(message: string, { encodingAesKey, receiveId }: FrameKey, prefix: Uint8Array): string {
  if (prefix.length !== prefixBytes) throw new RangeError(`prefix: expected 16 bytes, not ${prefix.length}`);
  const key = aesKeyOf(encodingAesKey);
  const body = Buffer.from(message);
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32BE(body.length);
  const frame = Buffer.concat([prefix, length, body, Buffer.from(receiveId)]);
  // A whole block more when nothing is missing, so that there is always a pad to take off.
  const pad = blockBytes - (frame.length % blockBytes);
  const cipher = createCipheriv("aes-256-cbc", key, key.subarray(0, 16)).setAutoPadding(false);
  return Buffer.concat([cipher.update(frame), cipher.update(Buffer.alloc(pad, pad)), cipher.final()]).toString(
    "base64",
  );
}

/** @throws RangeError that says which part of the frame is wrong. */
export function openFrame(sealed: string, { encodingAesKey, receiveId }: FrameKey): string {
  const key = aesKeyOf(encodingAesKey);
  const bytes = Buffer.from(sealed, "base64");
  if (bytes.length === 0 || bytes.length % 16 !== 0) throw new RangeError("the ciphertext is not whole AES blocks");
  const decipher = createDecipheriv("aes-256-cbc", key, key.subarray(0, 16)).setAutoPadding(false);
  const padded = Buffer.concat([decipher.update(bytes), decipher.final()]);
  const pad = padded.at(-1) ?? 0;
  if (pad < 1 || pad > blockBytes || !padded.subarray(-pad).every((byte) => byte === pad)) {
    throw new RangeError("the padding is wrong: was it encrypted with another key?");
  }
  const frame = padded.subarray(0, -pad);
  if (frame.length < prefixBytes + lengthBytes) throw new RangeError("the frame is too short for its length field");
  const start = prefixBytes + lengthBytes;
  const end = start + frame.readUInt32BE(prefixBytes);
  if (end > frame.length) throw new RangeError("the frame's length field is larger than the frame");
  const foundId = frame.toString("utf8", end);
  if (foundId !== receiveId) throw new RangeError(`the frame is for "${foundId}", not for "${receiveId}"`);
  return frame.toString("utf8", start, end);
}

/** Lower-case hex SHA-1 of the parts, sorted by their bytes and joined. */
export function sha1OfSorted(...parts: readonly string[]): string {
  const sorted = parts.map((part) => Buffer.from(part)).sort(Buffer.compare);
  return hash("sha1", Buffer.concat(sorted), "hex");
}

function aesKeyOf(encodingAesKey: string): Buffer {
  if (!/^[A-Za-z0-9+/]{43}$/.test(encodingAesKey)) {
    throw new RangeError(`encoding_aes_key: expected 43 characters of base64, not ${encodingAesKey.length}`);
  }
  return Buffer.from(`${encodingAesKey}=`, "base64");
}

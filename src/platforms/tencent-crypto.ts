import { createCipheriv, createDecipheriv, createSecretKey, type Decipheriv, hash } from "node:crypto";
import { sameBytes } from "./constant-time.ts";

/**
 * The frame that WeCom, WeChat's official accounts and DingTalk wrap their callbacks in:
 * 16 random bytes ‖ uint32 big-endian length of the message ‖ message ‖ receiver's id, padded after PKCS#7 with a
 * block of 32 and encrypted with AES-256-CBC, whose IV is the first half of the key.
 *
 * https://developer.work.weixin.qq.com/document/path/90968,
 * https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/message_push.html
 */
export type OpenedFrame =
  | { readonly ok: true; readonly message: Buffer }
  | { readonly ok: false; readonly fault: FrameFault };

/**
 * `length`: not whole AES blocks, or shorter than a frame can be; `padding`: not what this key would have left, so
 * usually another key; `frame`: the length inside does not fit; `receiver`: meant for another receiver's id.
 */
export type FrameFault = "length" | "padding" | "frame" | "receiver";

/** Lower-case hex SHA-1 of the parts, sorted and put together: token, timestamp, nonce and, mostly, ciphertext. */
export function signatureOf(...parts: readonly string[]): string {
  // UTF-16 order is byte order for all that the platforms send; whatever else is sent does not match anyway.
  return hash("sha1", parts.toSorted().join(""), "hex");
}

/** Is this the signature of the parts? In constant time. */
export function signatureHolds(signature: string, ...parts: readonly string[]): boolean {
  return sameBytes(Buffer.from(signature), Buffer.from(signatureOf(...parts)));
}

/**
 * The 32 bytes of an EncodingAESKey of 43 characters. The last character often carries bits beyond the 32nd byte,
 * which strict decoders refuse; Node's ignores them.
 *
 * @throws RangeError when it is not a key; the key is not quoted.
 */
export function frameKey(encodingAesKey: string): Buffer {
  const known = keys.get(encodingAesKey);
  if (known) return known;
  const key = Buffer.from(encodingAesKey, "base64");
  if (encodingAesKey.length !== 43 || key.length !== 32) {
    throw new RangeError("an EncodingAESKey is 43 letters and digits, which are 32 bytes in base64");
  }
  if (keys.size >= mostKeys) keys.clear();
  keys.set(encodingAesKey, key);
  return key;
}

/** The same key is the same object, which what was made of it is found by. */
const keys = new Map<string, Buffer>();
const mostKeys = 1_000;

/**
 * Decrypts a frame. Only after its signature held: an answer that depends on the padding of unsigned bytes would
 * let anyone decrypt by asking.
 *
 * @param encrypted Base64.
 * @param receiver The id the frame has to end with; empty for robots.
 */
export function openFrame(encrypted: string, key: Buffer, receiver: string): OpenedFrame {
  const ciphertext = Buffer.from(encrypted, "base64");
  if (ciphertext.length < 2 * aesBlock || ciphertext.length % aesBlock !== 0) return { ok: false, fault: "length" };
  const frame = decrypted(ciphertext, key);
  const padding = paddingOf(frame);
  if (padding === 0) return { ok: false, fault: "padding" };
  const end = frame.length - padding;
  if (end < headBytes) return { ok: false, fault: "frame" };
  const messageEnd = headBytes + frame.readUInt32BE(randomPrefix);
  if (messageEnd > end) return { ok: false, fault: "frame" };
  if (frame.toString("utf8", messageEnd, end) !== receiver) return { ok: false, fault: "receiver" };
  return { ok: true, message: frame.subarray(headBytes, messageEnd) };
}

/**
 * Encrypts a frame.
 *
 * @param random 16 random bytes, never used twice.
 * @returns Base64.
 * @throws RangeError when there are not 16 of them.
 */
export function sealFrame(message: string | Uint8Array, key: Buffer, receiver: string, random: Uint8Array): string {
  if (random.length !== randomPrefix) throw new RangeError(`a frame begins with ${randomPrefix} random bytes`);
  const body = Buffer.from(message);
  const tail = Buffer.from(receiver);
  const used = headBytes + body.length + tail.length;
  const padding = padBlock - (used % padBlock);
  const frame = Buffer.alloc(used + padding, padding);
  frame.set(random);
  frame.writeUInt32BE(body.length, randomPrefix);
  frame.set(body, headBytes);
  frame.set(tail, headBytes + body.length);
  const cipher = createCipheriv("aes-256-cbc", createSecretKey(key), key.subarray(0, aesBlock)).setAutoPadding(false);
  return cipher.update(frame, undefined, "base64") + cipher.final("base64");
}

const aesBlock = 16;
const padBlock = 32;
const randomPrefix = 16;
const headBytes = randomPrefix + 4;

/**
 * Making a decipher takes longer than decrypting a message with it, so each key has one for all messages. CBC decrypts a
 * block and XORs it with the ciphertext before it (NIST SP 800-38A §6.2), whatever came earlier; so to a decipher that goes
 * on, the IV is the block before the first. It comes out as something without meaning, and what follows is the frame.
 */
function decrypted(ciphertext: Buffer, key: Buffer): Buffer {
  const iv = key.subarray(0, aesBlock);
  const decipher = deciphers.get(key) ?? createDecipheriv("aes-256-cbc", key, iv).setAutoPadding(false);
  deciphers.set(key, decipher);
  return decipher.update(Buffer.concat([iv, ciphertext])).subarray(aesBlock);
}

const deciphers = new WeakMap<Buffer, Decipheriv>();

/** How many bytes of padding there are; 0 when they are not as PKCS#7 has them. */
function paddingOf(frame: Buffer): number {
  const padding = frame[frame.length - 1] ?? 0;
  if (padding < 1 || padding > padBlock || padding > frame.length) return 0;
  for (let at = frame.length - padding; at < frame.length; at++) if (frame[at] !== padding) return 0;
  return padding;
}

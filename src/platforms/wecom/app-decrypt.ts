import { createDecipheriv } from "node:crypto";
import { AppFailure } from "../app-calls.ts";
import { isObject, parseObject } from "../json-fields.ts";

/** PKCS#7 with this block; AES's own is half of it. */
const padBlock = 32;

/**
 * Decrypts a robot's file as it comes: AES-256-CBC, the IV is the first half of the key, padded to 32 bytes.
 * https://developer.work.weixin.qq.com/document/path/100719
 *
 * @param base64Key 32 bytes in base64, with or without the equals sign.
 * @throws AppFailure while it is read, when the key is not the file's.
 */
export async function* decryptedFile(
  chunks: AsyncIterable<Uint8Array>,
  base64Key: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const key = Buffer.from(base64Key, "base64");
  if (key.length !== padBlock) throw undecryptable("the key is not 32 bytes in base64");
  const decipher = createDecipheriv("aes-256-cbc", key, key.subarray(0, 16)).setAutoPadding(false);
  // The padding is known only at the end, so that much is always held back.
  let held: Uint8Array = new Uint8Array();
  for await (const chunk of chunks) {
    const plain = Buffer.concat([held, decipher.update(chunk)]);
    const ready = Math.max(plain.length - padBlock, 0);
    held = plain.subarray(ready);
    if (ready > 0) yield plain.subarray(0, ready);
  }
  try {
    decipher.final();
  } catch {
    throw undecryptable("the file is not whole AES blocks");
  }
  const padding = held.at(-1) ?? 0;
  const start = held.length - padding;
  if (padding < 1 || padding > padBlock || start < 0 || held.subarray(start).some((byte) => byte !== padding)) {
    throw undecryptable("the padding is not PKCS#7");
  }
  if (start > 0) yield held.subarray(0, start);
}

/** The `aeskey` beside an address, wherever in the body that is. */
export function keyOf(raw: string, address: string): string | undefined {
  const search = (value: unknown): string | undefined => {
    if (Array.isArray(value)) return firstOf(value, search);
    if (!isObject(value)) return undefined;
    if (value.url === address && typeof value.aeskey === "string" && value.aeskey !== "") return value.aeskey;
    return firstOf(Object.values(value), search);
  };
  return search(parseObject(raw));
}

function firstOf<T>(values: readonly unknown[], search: (value: unknown) => T | undefined): T | undefined {
  for (const value of values) {
    const found = search(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

function undecryptable(message: string): AppFailure {
  return new AppFailure({
    kind: "rejected",
    code: "file-key",
    message,
    advice: "文件无法解密：请核对账号的 encoding_aes_key",
  });
}

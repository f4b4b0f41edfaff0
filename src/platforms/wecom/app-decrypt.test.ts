import { createCipheriv, randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { decryptFile } from "@wecom/aibot-node-sdk";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decryptedFile, keyOf } from "./app-decrypt.ts";

describe("a robot's file", () => {
  it("is decrypted as the vendor's own package does, however it is cut up on its way", async () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(bytes, fc.integer({ min: 1, max: 100 }), async (plain, chunk) => {
        const key = randomBytes(32);
        const sealed = seal(plain, key);
        const base64 = key.toString("base64");
        const opened = await buffer(decryptedFile(cut(sealed, chunk), base64));
        expect(opened).toEqual(Buffer.from(plain));
        expect(opened).toEqual(decryptFile(sealed, base64));
      }),
    );
  });

  it.each<[string, Uint8Array]>([
    ["nothing", Buffer.alloc(0)],
    ["half a block", Buffer.alloc(24)],
    ["what another key encrypted", seal(Buffer.from("x"), Buffer.alloc(32, 1))],
  ])("is refused when it is %s", async (_what, sealed) => {
    const key = Buffer.alloc(32, 2).toString("base64");
    await expect(buffer(decryptedFile(cut(sealed, 16), key))).rejects.toMatchObject({ error: { code: "file-key" } });
  });

  it("is refused when the key is none", async () => {
    await expect(buffer(decryptedFile(cut(Buffer.alloc(32), 16), "short"))).rejects.toThrow("32 bytes");
  });
});

describe("the key beside an address", () => {
  it.each([
    ['{"msgtype":"image","image":{"url":"u","aeskey":"k"}}', "k"],
    ['{"mixed":{"msg_item":[{"image":{"url":"v","aeskey":"l"}},{"image":{"url":"u","aeskey":"k"}}]}}', "k"],
    ['{"image":{"url":"u"}}', undefined],
    ['{"image":{"url":"u","aeskey":5}}', undefined],
    ["no JSON", undefined],
  ])("of %s is found", (raw, key) => {
    expect(keyOf(raw, "u")).toBe(key);
  });
});

function seal(plain: Uint8Array, key: Buffer): Buffer {
  const padding = 32 - (plain.length % 32);
  const cipher = createCipheriv("aes-256-cbc", key, key.subarray(0, 16)).setAutoPadding(false);
  return Buffer.concat([cipher.update(Buffer.concat([plain, Buffer.alloc(padding, padding)])), cipher.final()]);
}

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

import { createCipheriv, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frameKey, openFrame, sealFrame, signatureHolds, signatureOf } from "./tencent-crypto.ts";

interface Vector {
  readonly id: string;
  readonly token?: string;
  readonly encodingAesKey: string;
  readonly receiver: string;
  readonly timestamp?: string;
  readonly nonce?: string;
  readonly signature?: string;
  readonly random?: string;
  readonly padding?: number;
  readonly message: string;
  readonly encrypted: string;
}

const vectors = ["wecom/fixtures/callbacks/vectors.json", "wechat-official/fixtures/vectors.json"].flatMap(
  (file) => JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8")) as Vector[],
);
const signed = vectors.filter(({ signature }) => signature !== undefined);

describe("the published vectors", () => {
  it.each(signed)(
    "$id: the signature holds",
    ({ token = "", timestamp = "", nonce = "", signature = "", encrypted }) => {
      expect(signatureHolds(signature, token, timestamp, nonce, encrypted)).toBe(true);
    },
  );

  it.each(vectors)("$id: the frame opens", ({ encodingAesKey, receiver, encrypted, message }) => {
    const opened = openFrame(encrypted, frameKey(encodingAesKey), receiver);
    expect(opened.ok && opened.message.toString()).toBe(message);
  });

  it.each(vectors.filter(({ random }) => random !== undefined))(
    "$id: the same random bytes make the same frame",
    ({ encodingAesKey, receiver, encrypted, message, random = "" }) => {
      expect(sealFrame(message, frameKey(encodingAesKey), receiver, Buffer.from(random))).toBe(encrypted);
    },
  );

  it.each(vectors.filter(({ padding }) => padding !== undefined))(
    "$id: what is left of the last block is padding",
    ({ receiver, message, padding = 0 }) => {
      expect((20 + Buffer.byteLength(message) + Buffer.byteLength(receiver) + padding) % 32).toBe(0);
    },
  );

  it("sign three parts too, as plain official accounts do", () => {
    // https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/message_push.html
    expect(signatureOf("AAAAA", "1714036504", "1514711492")).toBe("f464b24fc39322e44b38aa78f5edd27bd1441696");
    expect(signatureOf("AAAAA", "1715943329", "1590219412")).toBe("cc0c594499c1634947d5b502f158ee518947db27");
  });

  it("sort whatever the parts are", () => {
    // https://github.com/node-webot/wechat-crypto, its tests.
    const parts = ["RMNlACHlV5ThzfRlVS4D4", "timestamp", "nonce", "encrypt"];
    expect(signatureOf(...parts)).toBe("8edac0945683c119ee71c9f6256d76c48aa08a96");
  });
});

describe("a signature", () => {
  it.each(signed)("$id: does not hold with any character changed", (vector) => {
    const { token = "", timestamp = "", nonce = "", signature = "", encrypted } = vector;
    for (let at = 0; at < signature.length; at++) {
      const other = signature[at] === "0" ? "1" : "0";
      const wrong = signature.slice(0, at) + other + signature.slice(at + 1);
      expect(signatureHolds(wrong, token, timestamp, nonce, encrypted)).toBe(false);
    }
  });

  it("does not hold for a text whose + became a space", () => {
    const { token = "", timestamp = "", nonce = "", signature = "", encrypted } = vectorNamed("W1");
    expect(encrypted).toContain("+");
    expect(signatureHolds(signature, token, timestamp, nonce, encrypted.replaceAll("+", " "))).toBe(false);
  });

  it.each(["", "5C45FF5E21C57E6AD56BAC8758B79B1D9AC89FD3", "5c45ff", "é".repeat(40)])("is not %j", (wrong) => {
    const { token = "", timestamp = "", nonce = "", encrypted } = vectorNamed("W1");
    expect(signatureHolds(wrong, token, timestamp, nonce, encrypted)).toBe(false);
  });
});

describe("an EncodingAESKey", () => {
  it("may end in a character with bits that nobody needs", () => {
    expect(frameKey("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG")).toEqual(
      frameKey("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFE"),
    );
  });

  it.each(["A".repeat(42), "A".repeat(44), "", `${"A".repeat(42)}!`])("is not %j", (text) => {
    expect(() => frameKey(text)).toThrow(RangeError);
  });

  it("is not quoted when it is none", () => {
    expect(() => frameKey("SecretSecret")).toThrow(/^(?!.*SecretSecret)/);
  });
});

describe("a frame", () => {
  const key = frameKey("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C");

  it("comes back as it went in, whatever is in it", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: "binary" }), random16, (message, id, random) => {
        const opened = openFrame(sealFrame(message, key, id, random), key, id);
        expect(opened.ok && Buffer.from(message).equals(opened.message)).toBe(true);
      }),
    );
  });

  it("has a block of padding where nothing is left to fill", () => {
    const message = "m".repeat(12);
    expect(Buffer.from(sealFrame(message, key, "", randomBytes(16)), "base64")).toHaveLength(64);
    expect(openFrame(sealFrame(message, key, "", randomBytes(16)), key, "").ok).toBe(true);
  });

  it.each([
    ["for another receiver", encrypted(framed("hi", 2, "corp2", 5)), "receiver"],
    ["for a receiver whose id only begins alike", encrypted(framed("hi", 2, "corp12", 4)), "receiver"],
    ["with padding of 0", encrypted(framed("hi", 2, "corp1", 5, Buffer.alloc(5))), "padding"],
    ["with padding of 33", encrypted(framed("hi", 2, "corp1", 0, Buffer.alloc(37, 33))), "padding"],
    ["with padding of two kinds", encrypted(framed("hi", 2, "corp1", 0, Buffer.from([5, 5, 4, 5, 5]))), "padding"],
    ["whose length is longer than it", encrypted(framed("hi", 8, "corp1", 5)), "frame"],
    ["whose length is enormous", encrypted(framed("hi", 0xffff_ffff, "corp1", 5)), "frame"],
    ["with no room for a length", encrypted(Buffer.alloc(32, 16)), "frame"],
    ["of half a block", Buffer.alloc(40).toString("base64"), "length"],
    ["of nothing", "", "length"],
    ["of no base64", "这不是密文", "length"],
    ["under another key", sealFrame("hi", frameKey("A".repeat(43)), "corp1", Buffer.alloc(16)), "padding"],
  ])("%s is refused", (_what, text, fault) => {
    expect(openFrame(text, key, "corp1")).toEqual({ ok: false, fault });
  });

  it("may be padded to a block of 16 only", () => {
    expect(Buffer.from(encrypted(framed("hi", 2, "corp1", 5)), "base64")).toHaveLength(32);
    expect(Buffer.from(encrypted(framed("hello hello hi", 14, "corp1", 9)), "base64")).toHaveLength(48);
    expect(openFrame(encrypted(framed("hello hello hi", 14, "corp1", 9)), key, "corp1").ok).toBe(true);
  });

  it("begins with 16 random bytes and no fewer", () => {
    expect(() => sealFrame("hi", key, "corp1", Buffer.alloc(15))).toThrow(/16 random bytes/);
  });

  it("opens or is refused, never throws, and does not spoil the next, whatever it is made of", () => {
    const next = sealFrame("hi", key, "corp1", randomBytes(16));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String({ maxLength: 256 })), (text) => {
        expect(openFrame(text, key, "corp1")).toBeDefined();
        expect(openFrame(next, key, "corp1")).toMatchObject({ ok: true });
      }),
      { numRuns: 20_000 },
    );
  });

  function encrypted(frame: Buffer): string {
    const cipher = createCipheriv("aes-256-cbc", key, key.subarray(0, 16)).setAutoPadding(false);
    return Buffer.concat([cipher.update(frame), cipher.final()]).toString("base64");
  }
});

const random16 = fc.uint8Array({ minLength: 16, maxLength: 16 });

function framed(
  message: string,
  length: number,
  receiver: string,
  padding: number,
  tail = Buffer.alloc(padding, padding),
) {
  const head = Buffer.alloc(20);
  head.writeUInt32BE(length, 16);
  return Buffer.concat([head, Buffer.from(message), Buffer.from(receiver), tail]);
}

function vectorNamed(id: string): Vector {
  const found = vectors.find((vector) => vector.id === id);
  if (!found) throw new Error(`no vector ${id}`);
  return found;
}

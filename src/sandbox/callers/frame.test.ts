import { createCipheriv, createDecipheriv } from "node:crypto";
import { describe, expect, it } from "vitest";
import { openFrame, sealFrame, sha1OfSorted } from "./frame.ts";
import { frameVectors } from "./frame-vectors.ts";

const key = { encodingAesKey: "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", receiveId: "wx5823bf96d3bd56c7" };
const prefix = Buffer.from("0123456789abcdef");

describe.each(frameVectors)("the published vector $name", ({ sealed, ...vector }) => {
  it("opens to what was published", () => {
    expect(openFrame(sealed, vector)).toBe(vector.message);
  });

  it("is what sealing the same with the same prefix gives", () => {
    const found = prefixOf(sealed, vector.encodingAesKey);
    expect(sealFrame(vector.message, vector, found)).toBe(sealed);
    if (vector.prefix !== undefined) expect(found.toString()).toBe(vector.prefix);
  });
});

it.each(frameVectors.filter(({ signature }) => signature !== undefined))(
  "the published vector $name has its signature",
  ({ token = "", timestamp = "", nonce = "", sealed, signature }) => {
    expect(sha1OfSorted(token, timestamp, nonce, sealed)).toBe(signature);
  },
);

it("signs the sorted parts: the four strings published with node-webot's wechat-crypto", () => {
  expect(sha1OfSorted("RMNlACHlV5ThzfRlVS4D4", "timestamp", "nonce", "encrypt")).toBe(
    "8edac0945683c119ee71c9f6256d76c48aa08a96",
  );
  expect(sha1OfSorted("AAAAA", "1714036504", "1514711492")).toBe("f464b24fc39322e44b38aa78f5edd27bd1441696");
});

describe("a frame", () => {
  it("may end with no receiver's id at all, and hold any length of any characters", () => {
    const empty = { ...key, receiveId: "" };
    for (let length = 0; length <= 64; length++) {
      const message = "你好𠮷\r\n".repeat(length).slice(0, length).toWellFormed();
      const sealed = sealFrame(message, empty, prefix);
      expect(Buffer.from(sealed, "base64").length % 32).toBe(0);
      expect(openFrame(sealed, empty)).toBe(message);
    }
  });

  it.each([
    ["of another receiver", sealFrame("hi", { ...key, receiveId: "other" }, prefix), 'for "other", not for'],
    ["under another key", sealFrame("hi", { ...key, encodingAesKey: "A".repeat(43) }, prefix), "padding"],
    ["that is empty", "", "whole AES blocks"],
    ["that was cut", sealFrame("hi", key, prefix).slice(0, 40), "whole AES blocks"],
    ["with a pad of 33", rawFrame(Buffer.alloc(64, 33)), "padding"],
    ["with a pad of 0", rawFrame(Buffer.alloc(32, 0)), "padding"],
    ["of padding alone", rawFrame(Buffer.alloc(32, 32)), "too short"],
    ["longer in its length field than in truth", rawFrame(longFrame()), "larger than the frame"],
  ])("%s is refused", (_, sealed, problem) => {
    expect(() => openFrame(sealed, key)).toThrow(problem);
  });

  it.each([["A".repeat(42)], ["A".repeat(44)], [`${"A".repeat(42)}!`]])(
    "with the key %s is refused",
    (encodingAesKey) => {
      expect(() => sealFrame("hi", { ...key, encodingAesKey }, prefix)).toThrow("43 characters");
    },
  );
});

/** The 16 bytes that the vector's maker took at random: the first block, with the IV taken out again. */
function prefixOf(sealed: string, encodingAesKey: string): Buffer {
  const aesKey = Buffer.from(`${encodingAesKey}=`, "base64");
  const decipher = createDecipheriv("aes-256-cbc", aesKey, aesKey.subarray(0, 16)).setAutoPadding(false);
  return decipher.update(Buffer.from(sealed, "base64").subarray(0, 16));
}

/** Seals bytes that are no frame. */
function rawFrame(bytes: Buffer): string {
  const aesKey = Buffer.from(`${key.encodingAesKey}=`, "base64");
  const cipher = createCipheriv("aes-256-cbc", aesKey, aesKey.subarray(0, 16)).setAutoPadding(false);
  return Buffer.concat([cipher.update(bytes), cipher.final()]).toString("base64");
}

/** 20 bytes, of which the length field says that a thousand follow; then 12 bytes of padding. */
function longFrame(): Buffer {
  const frame = Buffer.alloc(32, 12);
  frame.writeUInt32BE(1_000, 16);
  return frame;
}

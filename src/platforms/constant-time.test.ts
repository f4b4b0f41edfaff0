import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sameBytes, sameSecret } from "./constant-time.ts";

describe("a secret", () => {
  it("is the same as itself and as nothing else", () => {
    const words = fc.oneof(fc.string({ maxLength: 6 }), fc.string({ unit: "binary", maxLength: 6 }));
    fc.assert(
      fc.property(words, words, (one, other) => sameSecret(one, other) === bytesOf(one).equals(bytesOf(other))),
    );
    fc.assert(fc.property(words, (word) => sameSecret(word, word)));
  });

  it.each([
    ["its beginning", "secre", "secret"],
    ["more than it", "secrets", "secret"],
    ["nothing", "", "secret"],
    ["half of its last character", "密", "密钥"],
    ["itself and a NUL", "secret\0", "secret"],
    ["itself without its NUL", "secret", "secret\0"],
    ["the same in another case", "Secret", "secret"],
  ])("is not %s", (_, given, secret) => {
    expect(sameSecret(given, secret)).toBe(false);
  });
});

describe("bytes", () => {
  it("are the same only when all of them are", () => {
    expect(sameBytes(bytesOf("abc"), bytesOf("abc"))).toBe(true);
    for (const other of ["abd", "ab", "abcd", ""]) expect(sameBytes(bytesOf("abc"), bytesOf(other))).toBe(false);
  });
});

function bytesOf(text: string): Buffer {
  return Buffer.from(text);
}

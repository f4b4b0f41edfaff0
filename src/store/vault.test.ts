import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createVault } from "./vault.ts";

const vault = createVault(Buffer.from("a secret"));

describe("settings that are sealed", () => {
  it("open to what they were", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(vault.open(vault.seal(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("do not look the same twice", () => {
    expect(Buffer.from(vault.seal({ a: 1 })).equals(vault.seal({ a: 1 }))).toBe(false);
  });

  it("do not open with another key", () => {
    const other = createVault(Buffer.from("another"));
    expect(() => other.open(vault.seal({ a: 1 }))).toThrow(expect.objectContaining({ code: "STORE_SECRET" }));
  });

  it("do not open when any of their bits was altered, or when they are cut", () => {
    const sealed = vault.seal({ a: "value" });
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const altered = Uint8Array.from(sealed);
      altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => vault.open(altered)).toThrow(expect.objectContaining({ code: "STORE_SECRET" }));
    }
    for (let length = 0; length < sealed.length; length++) {
      expect(() => vault.open(sealed.subarray(0, length))).toThrow(expect.objectContaining({ code: "STORE_SECRET" }));
    }
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf, jsonCost, reach, utf8Cost } from "./byte-cost.ts";

/** Half of them well formed, half any code units at all. */
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
);

describe("the bytes of a text", () => {
  it("in JSON are what JSON.stringify writes", () => {
    fc.assert(fc.property(anyText, (text) => bytesOf(text, jsonCost) === Buffer.byteLength(JSON.stringify(text)) - 2));
  });

  it("as UTF-8 are what Buffer counts", () => {
    fc.assert(fc.property(anyText, (text) => bytesOf(text, utf8Cost) === Buffer.byteLength(text)));
  });

  it("can be read up to a budget, and not one character further", () => {
    fc.assert(
      fc.property(anyText, fc.nat(300), (text, bytes) => {
        const end = reach(text, 0, bytes, jsonCost);
        expect(bytesOf(text.slice(0, end), jsonCost)).toBeLessThanOrEqual(bytes);
        const next = String.fromCodePoint(text.codePointAt(end) ?? 0);
        if (end < text.length) expect(bytesOf(text.slice(0, end) + next, jsonCost)).toBeGreaterThan(bytes);
      }),
    );
  });
});

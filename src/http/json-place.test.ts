import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonMistakeIn } from "./json-place.ts";

describe("the place of a mistake in JSON", () => {
  it("is not found in JSON", () => {
    fc.assert(fc.property(fc.json(), (text) => jsonMistakeIn(text) === undefined));
  });

  it("is found in exactly what JSON.parse refuses", () => {
    const pieces = fc.constantFrom(
      '"',
      "\\",
      "{",
      "}",
      "[",
      "]",
      ":",
      ",",
      "0",
      "-1.5e3",
      "01",
      "nul",
      "true",
      " ",
      "\n",
      '"k"',
      "\u0001",
      "'",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
        const text = parts.join("");
        expect(jsonMistakeIn(text) === undefined).toBe(isJson(text));
      }),
      { numRuns: 2000 },
    );
  });

  it("is the end of a text that was cut", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.nat(), (value, cut) => {
        const text = JSON.stringify(value);
        const part = text.slice(0, cut % text.length);
        const at = jsonMistakeIn(part);
        // Words and escapes are told from their start.
        expect(at).toBeGreaterThan(part.length - 7);
      }),
    );
  });

  it.each([
    ["{'a':1}", 1],
    ['{"a" 1}', 5],
    ['{"a":1,}', 7],
    ["[1 2]", 3],
    ["[1,]", 3],
    ["{} x", 3],
    ['"a\nb"', 2],
    ['"\\x"', 1],
    ["[01]", 2],
    ["NaN", 0],
    ["", 0],
  ])("in %j is %i", (text, at) => {
    expect(jsonMistakeIn(text)).toBe(at);
  });

  it("does not depend on the call stack", () => {
    expect(jsonMistakeIn("[".repeat(1_000_000))).toBe(1_000_000);
    expect(jsonMistakeIn(`"${"\\n".repeat(1_000_000)}`)).toBe(2_000_001);
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

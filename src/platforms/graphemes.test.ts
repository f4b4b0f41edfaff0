import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8Cost } from "./byte-cost.ts";
import { boundaryBefore, shortened } from "./graphemes.ts";

const family = "👨‍👩‍👧‍👦";
const flag = "🇨🇳";

describe("the last boundary between characters", () => {
  it("is where segmenting the whole text finds it", () => {
    const characters = fc.constantFrom("a", " ", "驿", "é", family, flag, "🇯", "👍🏽", "नि", "각", "\r\n");
    fc.assert(
      fc.property(fc.array(characters, { minLength: 1, maxLength: 400 }), fc.nat(100), (parts, percent) => {
        const text = parts.join("");
        const at = Math.floor((text.length * percent) / 100);
        expect(boundaryBefore(text, 0, at)).toBe(lastOf(text, at));
      }),
    );
  });

  it("is found among flags and families longer than any window", () => {
    for (const text of [flag.repeat(2000), `x${flag.repeat(2000)}`, family.repeat(700)]) {
      for (const at of [1, 3, 255, 1025, 4097, text.length - 1])
        expect(boundaryBefore(text, 0, at)).toBe(lastOf(text, at));
    }
  });

  it("does not exist inside one character, however long", () => {
    const zalgo = `e${"\u0301".repeat(5000)}`;
    expect(boundaryBefore(zalgo, 0, 4000)).toBeUndefined();
    expect(boundaryBefore(`ab${zalgo}`, 0, 4000)).toBe(2);
  });

  function lastOf(text: string, at: number): number | undefined {
    if (at >= text.length) return text.length;
    const starts = Array.from(new Intl.Segmenter("und").segment(text), ({ index }) => index);
    return starts.findLast((start) => start > 0 && start <= at);
  }
});

describe("a text that is too long", () => {
  it("is shortened between characters, with an ellipsis", () => {
    expect(shortened(`${family}${family}`, 30, utf8Cost)).toBe(`${family}…`);
    expect(shortened("驿站", 6, utf8Cost)).toBe("驿站");
    expect(shortened("驿站站", 8, utf8Cost)).toBe("驿…");
  });
});

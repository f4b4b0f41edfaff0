import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { framed } from "./console.ts";
import { displayWidth, wrapped } from "./display-width.ts";

describe("the width of a text", () => {
  for (const [text, columns] of [
    ["", 0],
    ["abc", 3],
    ["磁盘", 4],
    ["ｆｕｌｌ", 8],
    ["。，", 4],
    ["한글", 4],
    ["かな", 4],
    ["é", 1],
    ["e\u0301", 1],
    ["🚨", 2],
    ["👨‍👩‍👧‍👦", 2],
    ["🇨🇳", 2],
    ["⚠️", 2],
    ["1️⃣", 2],
    ["═", 1],
    ["\u200b", 0],
  ] as const) {
    it(`is ${columns} for ${JSON.stringify(text)}`, () => expect(displayWidth(text)).toBe(columns));
  }
});

describe("a wrapped line", () => {
  it("fits, and loses nothing but the blanks it was broken at", () => {
    const text = fc.string({
      unit: fc.oneof(fc.constantFrom("a", " ", "磁", "🚨", "e\u0301"), fc.string({ unit: "grapheme", maxLength: 1 })),
      maxLength: 300,
    });
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 40 }), (line, columns) => {
        const pieces = wrapped(line, columns);
        for (const piece of pieces) expect(displayWidth(piece)).toBeLessThanOrEqual(columns);
        expect(pieces.join("").replaceAll(" ", "")).toBe(line.replaceAll(" ", ""));
      }),
    );
  });

  it("is broken between words", () => {
    expect(wrapped("the quick brown fox", 12)).toEqual(["the quick", "brown fox"]);
    expect(wrapped("https://example.com/x", 10)).toEqual(["https://ex", "ample.com/", "x"]);
  });
});

describe("the frame", () => {
  it("is straight around Chinese text and emoji", () => {
    const block = framed({
      title: "磁盘将满 🚨 disk",
      message: `${"使用率 95% ".repeat(30)}\n\n👨‍👩‍👧‍👦 done`,
      level: "warning",
      style: "card",
      taskId: "task-1",
      strategy: "all",
      reason: "原因",
      createdAt: 1_700_000_000_000,
    });
    const lines = block.trim().split("\n");
    expect(new Set(lines.map(displayWidth))).toEqual(new Set([80]));
    expect(lines.every((line) => /^[╔║╠╟╚].*[╗║╣╢╝]$/u.test(line))).toBe(true);
  });
});

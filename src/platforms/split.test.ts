import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf, jsonCost, utf8Cost } from "./byte-cost.ts";
import { shown, split } from "./split.ts";

const link = "[运行手册](https://wiki.example.com/runbook/disk?host=db-1)";
const mention = '<at user_id="ou_0123456789abcdef"></at>';

/** Lines of everything that a cut must not go through, and of noise. */
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 900 }),
      fc.string({ unit: "grapheme", maxLength: 300 }),
      fc.constantFrom(
        "\n",
        "\n\n",
        "```ts\n",
        "\n```\n",
        "~~~~\n",
        `${link} `,
        mention,
        "<@zhangsan>",
        "👨‍👩‍👧‍👦",
        "🇨🇳",
      ),
      fc.nat(900).map((length) => "x".repeat(length)),
    ),
    { maxLength: 30 },
  )
  .map((pieces) => pieces.join(""));

describe("a split text", () => {
  it("is whole when its parts are joined, and no part is over the limit", () => {
    fc.assert(
      fc.property(
        text,
        fc.integer({ min: 512, max: 3000 }),
        fc.constantFrom(utf8Cost, jsonCost),
        (whole, bytes, cost) => {
          const parts = split(whole, bytes, cost);
          expect(parts.map((part) => part.text).join("")).toBe(whole);
          for (const part of parts) expect(bytesOf(shown(part), cost)).toBeLessThanOrEqual(bytes);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("that fits is one part, unchanged", () => {
    expect(split("驿站", 512, utf8Cost).map(shown)).toEqual(["驿站"]);
    expect(split("", 512, utf8Cost).map(shown)).toEqual([""]);
  });

  it("is cut between lines", () => {
    const line = `${"x".repeat(99)}\n`;
    expect(split(line.repeat(12), 550, utf8Cost).map(shown)).toEqual([line.repeat(5), line.repeat(5), line.repeat(2)]);
  });

  it("is cut between words where a line is too long", () => {
    const parts = split("disk-full ".repeat(200), 512, utf8Cost).map(shown);
    for (const part of parts) expect(part).toMatch(/^(disk-full )+$/);
  });

  it.each([
    ["link", link],
    ["link under an accent", `${link}\u0301`],
    ["mention", mention],
    ["URL", "https://wiki.example.com/runbook/disk?host=db-1"],
    ["emoji", "👨‍👩‍👧‍👦"],
    ["accented letter", "e\u0301\u0302"],
  ])("is never cut inside a %s", (_, atom) => {
    // Shifted by one each time, so that a cut would come to every place inside.
    for (let shift = 0; shift < Buffer.byteLength(atom) + 2; shift++) {
      const parts = split("x".repeat(512 - shift) + `${atom}，`.repeat(40), 512, utf8Cost);
      const count = parts.map((part) => shown(part).split(atom).length - 1).reduce((sum, one) => sum + one);
      expect(count).toBe(40);
    }
  });

  it("is cut between code points where one character is larger than a part", () => {
    const parts = split(`🤷${"\u{e0100}".repeat(1000)}`, 512, utf8Cost).map(shown);
    expect(parts.length).toBe(8);
    for (const part of parts) expect(part.isWellFormed()).toBe(true);
  });

  it("breaks a link that is larger than a part, for there is no other way", () => {
    const huge = `[x](https://example.com/${"a".repeat(1500)})`;
    expect(split(huge, 512, utf8Cost).map(shown).join("")).toBe(huge);
  });

  it("closes a code fence before a cut, and reopens it with its info string", () => {
    const parts = split(`前\n~~~ts title=a\n${"const a = 1;\n".repeat(60)}~~~\n后`, 512, utf8Cost);
    expect(parts.length).toBe(2);
    expect(parts[0]).toMatchObject({ open: "", close: "~~~" });
    expect(parts[1]).toMatchObject({ open: "~~~ts title=a\n", close: "" });
  });

  it("does not leave an empty fence behind", () => {
    const parts = split(`${"x".repeat(490)}\n\`\`\`js\n${"y".repeat(200)}\n\`\`\``, 512, utf8Cost).map(shown);
    expect(parts).toEqual([`${"x".repeat(490)}\n`, `\`\`\`js\n${"y".repeat(200)}\n\`\`\``]);
  });

  it("has the same fences in every part: each that is opened is closed", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(400), { maxLength: 12 }), (lengths) => {
        const whole = lengths.map((length) => `\`\`\`py\n${"print(1)\n".repeat(length)}\`\`\`\n文\n`).join("");
        for (const part of split(whole, 600, jsonCost).map(shown)) {
          expect((part.match(/^```/gm) ?? []).length % 2).toBe(0);
        }
      }),
    );
  });

  it("needs room for at least a fence and a character", () => {
    expect(() => split("x", 100, utf8Cost)).toThrow("at least 512 bytes, not 100");
  });
});

describe("a text of a mebibyte", () => {
  it.each([
    ["one line", "x"],
    ["blanks", " "],
    ["Chinese", "驿"],
    ["lines", "一行字\n"],
    ["families", "👨‍👩‍👧‍👦"],
    ["flags", "🇨🇳"],
    ["combining marks", "\u0301"],
    ["links", link],
    ["opened links", "[a]("],
    ["brackets", "[["],
    ["fences", "```\n"],
    ["angle brackets", "<at "],
  ])("of %s is split in one pass: what is quadratic takes minutes and times out", (_, piece) => {
    const whole = piece.repeat(Math.ceil(1_048_576 / Buffer.byteLength(piece)));
    const parts = split(whole, 2000, jsonCost);
    expect(parts.map((part) => part.text).join("") === whole).toBe(true);
  });
});

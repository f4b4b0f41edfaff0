import { describe, expect, it } from "vitest";
import { type Dialect, degrade, plainText } from "./markdown.ts";

const rich: Dialect = {
  ...plainText,
  heading: (text, level) => `${"#".repeat(level)} ${text}`,
  bullet: "- ",
  rule: "---",
  fence: "kept",
  strong: "**",
  emphasis: "*",
  strike: "~~",
  code: (text) => `\`${text}\``,
  link: (text, url) => `[${text}](${url})`,
  image: (alt, url) => `![${alt}](${url})`,
};

describe("CommonMark as plain text", () => {
  it.each([
    ["# 摘要", "摘要"],
    ["## 摘要 ##", "摘要"],
    ["## C#", "C#"],
    ["**粗**后、**“引号”**后", "粗后、“引号”后"],
    ["***both*** *one* __two__ _one_ ~~gone~~", "both one two one gone"],
    ["snake_case_name and 2 * 3 * 4", "snake_case_name and 2 * 3 * 4"],
    ["**unclosed and *mixed**", "unclosed and *mixed"],
    ["`a * b` and ``c ` d``", "a * b and c ` d"],
    ["\\*not emphasised\\*", "*not emphasised*"],
    ["[手册](https://example.com/a_(b))", "手册 (https://example.com/a_(b))"],
    ['[手册](https://example.com "标题")', "手册 (https://example.com)"],
    ["[https://example.com](https://example.com)", "https://example.com"],
    ["[**粗**](https://example.com)", "粗 (https://example.com)"],
    ["![图](https://example.com/i.png)", "图 (https://example.com/i.png)"],
    ["<https://example.com/?a_b_c> https://example.com/a*b", "https://example.com/?a_b_c https://example.com/a*b"],
    ["- 一\n  * 二\n1. 三", "• 一\n  • 二\n1. 三"],
    ["a\\\nb  \nc", "a\nb\nc"],
    ["***", "————————"],
    ["| a | b |\n|---|:-:|\n| 1 | **2** |\n\nc | d", "a | b\n1 | 2\n\nc | d"],
    ["```sh\nls **x**\n```\nafter **x**", "ls **x**\nafter x"],
    ["~~~\n```\n~~~", "```\n"],
    ["> quoted", "> quoted"],
  ])("%j is %j", (markdown, text) => {
    expect(degrade(markdown, plainText)).toBe(text);
  });
});

describe("CommonMark in a richer dialect", () => {
  it("keeps what the dialect has", () => {
    const markdown =
      "# 题\n**粗** *斜* ~~删~~ `码` [链](https://example.com) ![图](https://example.com/i.png)\n- 项\n---";
    expect(degrade(markdown, rich)).toBe(markdown);
  });

  it("keeps fences as they are, and closes one that was left open where it ends", () => {
    expect(degrade("```ts\nconst a = b*c*d;\n```\nx", rich)).toBe("```ts\nconst a = b*c*d;\n```\nx");
    expect(degrade("```ts\nconst a;", rich)).toBe("```ts\nconst a;\n");
  });

  it("shows links that lead nowhere from a chat as text", () => {
    expect(degrade("[a](javascript:alert%281%29) [b](/docs)", rich)).toBe("a (javascript:alert%281%29) b (/docs)");
  });

  it("quotes code where there are no fences", () => {
    expect(degrade("```\na\nb\n```\nc", { ...rich, fence: "quoted" })).toBe("> a\n> b\nc");
  });
});

describe("a mebibyte of hostile CommonMark", () => {
  it.each([
    "[",
    "![",
    "[](",
    "[a](b(",
    "`",
    "` ``",
    "*",
    "_a",
    "**a ",
    "~~~\n",
    "|\n",
    "|-",
    "# ",
    " ",
    "\\",
    "<https://",
    "- ",
    "a*",
  ])("made of %j is read in one pass: what is quadratic takes minutes and times out", (piece) => {
    const text = piece.repeat(1_048_576 / piece.length);
    expect(degrade(`x${text}x`, rich)).toMatch(/^x/);
  });
});

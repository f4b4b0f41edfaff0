import { type InlineDialect, inline } from "./inline.ts";

/** How a platform writes a text. What it cannot show is degraded to the nearest readable thing, never dropped. */
export interface Dialect extends InlineDialect {
  heading(text: string, level: number): string;
  /** Before an item of an unordered list. */
  readonly bullet: string;
  /** A thematic break. */
  readonly rule: string;
  /** `kept`: as a fence of three backticks or more; `quoted`: each line after `> `; `bare`: the lines alone. */
  readonly fence: "kept" | "quoted" | "bare";
  /** What ends a line whose block goes on. Chats show the author's line breaks, unlike CommonMark. */
  readonly lineBreak: string;
}

/** Nothing but text: markup goes, links stay as `text (url)`. */
export const plainText: Dialect = {
  heading: (text) => text,
  bullet: "• ",
  rule: "————————",
  fence: "bare",
  lineBreak: "\n",
  strong: "",
  emphasis: "",
  strike: "",
  code: (text) => text,
  link: (text, url) => `${text} (${url})`,
  image: (alt, url) => `${alt || "图片"} (${url})`,
};

/** CommonMark in a platform's dialect. Line by line, so the time grows with the text and no faster. */
export function degrade(markdown: string, dialect: Dialect): string {
  const lines = markdown.split("\n");
  const written: string[] = [];
  let fence = "";
  let inTable = false;
  lines.forEach((line, index) => {
    if (fence !== "") {
      if (closes(line, fence)) {
        if (dialect.fence === "kept") written.push(fence);
        fence = "";
      } else {
        written.push(dialect.fence === "quoted" ? `> ${line}\n` : `${line}\n`);
        return;
      }
      if (dialect.fence === "kept") written.push("\n");
      return;
    }
    const opening = fencePattern.exec(line);
    if (opening) {
      fence = opening[1] ?? "";
      inTable = false;
      if (dialect.fence === "kept") written.push(`${fence}${opening[2] ?? ""}\n`);
      return;
    }
    if (inTable && !line.includes("|")) inTable = false;
    if (!inTable && line.includes("|") && isDelimiterRow(lines[index + 1] ?? "")) inTable = true;
    if (inTable && isDelimiterRow(line)) return;
    const shown = inTable ? inline(row(line), dialect) : block(line, dialect);
    written.push(shown, index + 1 < lines.length ? breakAfter(line, lines[index + 1] ?? "", dialect) : "");
  });
  return written.join("");
}

const fencePattern = /^[ \t]{0,12}(`{3,20}(?=[^`]*$)|~{3,20})[ \t]*(.{0,200})$/;

function closes(line: string, fence: string): boolean {
  const text = line.trim();
  return text.length >= fence.length && text === (fence[0] ?? "").repeat(text.length);
}

function breakAfter(line: string, next: string, dialect: Dialect): string {
  return line.trim() === "" || next.trim() === "" ? "\n" : dialect.lineBreak;
}

function block(line: string, dialect: Dialect): string {
  const text = line.trimEnd().replace(/\\$/, "");
  const heading = /^ {0,3}(#{1,6})[ \t]+(.+)$/.exec(text);
  if (heading) return dialect.heading(inline(withoutClosingHashes(heading[2] ?? ""), dialect), heading[1]?.length ?? 1);
  if (text.length < 100 && /^ {0,3}([-*_])(?:[ \t]*\1){2,}$/.test(text)) return dialect.rule;
  const item = /^([ \t]*)[-*+][ \t]+(.*)$/.exec(text);
  if (item) return `${item[1]}${dialect.bullet}${inline(item[2] ?? "", dialect)}`;
  return inline(text, dialect);
}

/** `## Title ##` is `## Title`. */
function withoutClosingHashes(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === "#") end--;
  return end < text.length && (end === 0 || text[end - 1] === " ") ? text.slice(0, end).trimEnd() : text;
}

/** `| --- | :-: |` (GitHub Flavored Markdown 0.29 §4.10). */
function isDelimiterRow(line: string): boolean {
  return line.length < 1000 && line.includes("|") && /^[ \t|:-]+$/.test(line) && line.includes("-");
}

function row(line: string): string {
  return line
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|")
    .map((cell) => cell.trim())
    .join(" | ");
}

import { htmlToText } from "html-to-text";

/** What is kept of one mail's text, in UTF-16 units. The mail itself stays in its mailbox. */
export const TEXT_LENGTH = 200_000;

/** More HTML than this is not looked at. */
const HTML_LENGTH = 1024 * 1024;

/** HTML as a person would read it: links with their addresses, no pictures, quoted history marked or left out. */
export function textOfHtml(html: string): string {
  const quiet = { format: "skip" } as const;
  const readable = html.slice(0, HTML_LENGTH);
  if (depthOf(readable) > HTML_DEPTH) return withoutTags(readable);
  try {
    return htmlToText(readable, {
      wordwrap: false,
      limits: { maxDepth: 200, maxInputLength: HTML_LENGTH, maxChildNodes: 20_000 },
      selectors: [
        { selector: "img", ...quiet },
        { selector: "div.gmail_quote", ...quiet },
        { selector: "blockquote.gmail_quote", ...quiet },
        { selector: "a", options: { hideLinkHrefIfSameAsText: true, noAnchorUrl: true } },
        ...["h1", "h2", "h3", "h4", "h5", "h6"].map((selector) => ({ selector, options: { uppercase: false } })),
      ],
    });
  } catch {
    // Whatever it cannot walk: better the words without their shape than nothing.
    return withoutTags(readable);
  }
}

/** Deeper than sloppy HTML that closes nothing; building a tree takes time by the square of it. */
const HTML_DEPTH = 2_000;

/** Roughly: without the elements that need no end, and as if every end tag ended something. */
function depthOf(html: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [, slash] of html.matchAll(/<(\/?)(?!(?:br|img|hr|meta|link|input|col|area|p|li|td|tr)\b)[a-z]/gi)) {
    depth = Math.max(0, depth + (slash === "" ? 1 : -1));
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

function withoutTags(html: string): string {
  return html.replace(/<[^<>]{0,1000}>/g, " ");
}

/**
 * What the sender wrote this time: without the history that mail programs put under an answer, and without the
 * signature. When nothing would be left, as of a mail that only forwards, everything stays.
 */
export function newTextOf(text: string): string {
  const lines = text
    .slice(0, 2 * TEXT_LENGTH)
    .replaceAll("\r\n", "\n")
    .split("\n");
  const own = withoutSignature(withoutQuotes(withoutHistory(lines)));
  const kept = tidy(own);
  return bounded(kept === "" ? tidy(lines) : kept);
}

function withoutHistory(lines: readonly string[]): readonly string[] {
  const start = lines.findIndex((line, index) => HISTORY.test(line.trim()) || startsHeaderBlock(lines, index));
  return start < 0 ? lines : lines.slice(0, start);
}

/** Lines that no person writes, under which everything is older. */
const HISTORY = new RegExp(
  [
    "^.{0,10}请在此行上方回复",
    "^.{0,40}reply above this line",
    "^-{2,}\\s?(?:Original (?:Message|Appointment)|原始邮件|原邮件|回复的原邮件|回覆的原郵件|原始郵件)\\s?-{2,}",
  ].join("|"),
  "i",
);

/** Outlook, Foxmail and others repeat the headers of what is answered: a sender, and soon a date or a recipient. */
function startsHeaderBlock(lines: readonly string[], index: number): boolean {
  if (!/^[*\s]*(?:发件人|寄件者|寄件人|From)[*\s]*[:：]/i.test(lines[index] ?? "")) return false;
  const next = lines.slice(index + 1, index + 5);
  return next.filter((line) => OLDER_HEADER.test(line)).length >= 2;
}

const OLDER_HEADER =
  /^[*\s]*(?:发送时间|发送日期|日期|时间|收件人|抄送|主题|寄件日期|收件者|主旨|副本|Sent|Date|To|Cc|Subject)[*\s]*[:：]/i;

/**
 * Takes out lines that begin with `>` and the line that says who wrote them. Answers between the quotes stay. When
 * that line stands over something unquoted, what follows is the old mail without marks, unless quotes come later.
 */
function withoutQuotes(lines: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? "";
    if (/^\s{0,3}>/.test(line)) continue;
    const length = attributionAt(lines, index);
    if (length === 0) {
      kept.push(line);
      continue;
    }
    const after = lines.slice(index + length);
    if (!after.some((rest) => /^\s{0,3}>/.test(rest))) break;
    index += length - 1;
  }
  return kept;
}

/** How many lines say `On …, … wrote:`; mail programs break the long ones. */
function attributionAt(lines: readonly string[], index: number): number {
  const line = (lines[index] ?? "").trim();
  if (!/^(?:On|At|在|于|於|Le|Am)(?:\s|\d)|\d{4}.{1,300}(?:写道|寫道)[:：]$/.test(line.slice(0, 400))) return 0;
  for (let length = 1; length <= 3; length++) {
    const joined = lines
      .slice(index, index + length)
      .join(" ")
      .trim();
    if (joined.length > 400) return 0;
    if (/\d.{0,380}(?:\bwrote|写道|寫道)\s?[:：]$/.test(joined)) return length;
  }
  return 0;
}

/** RFC 3676 §4.3: two hyphens and a space; html-to-text and some programs lose the space. */
function withoutSignature(lines: readonly string[]): readonly string[] {
  const start = lines.findIndex((line) => /^--\s?$/.test(line));
  return start < 0 ? lines : lines.slice(0, start);
}

function tidy(lines: readonly string[]): string {
  return lines
    .map((line) => line.trimEnd())
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}

function bounded(text: string): string {
  return text.length <= TEXT_LENGTH ? text : `${text.slice(0, TEXT_LENGTH - 1).toWellFormed()}…`;
}

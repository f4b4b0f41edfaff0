/** How a platform writes what can stand inside a line. */
export interface InlineDialect {
  /** Written on both sides; empty where the platform has no such thing. */
  readonly strong: string;
  readonly emphasis: string;
  readonly strike: string;
  code(text: string): string;
  link(text: string, url: string): string;
  image(alt: string, url: string): string;
}

/**
 * One line of CommonMark (0.31 §6) in a platform's dialect. Links do not span lines, and only ASCII punctuation
 * counts when deciding whether `**` opens or closes, so that Chinese quotation marks can be bold too.
 */
export function inline(line: string, dialect: InlineDialect): string {
  const tokens = tokensOf(line);
  pairDelimiters(tokens);
  return tokens.map((token) => written(token, dialect)).join("");
}

type Token =
  | { readonly kind: "text" | "code" | "url"; readonly text: string }
  | { readonly kind: "link" | "image"; readonly text: string; readonly url: string }
  | {
      readonly kind: "delimiter";
      readonly text: string;
      readonly opens: boolean;
      readonly closes: boolean;
      paired: boolean;
    };

/** Escape, code span, image or link, autolink, bare URL, delimiter run. Bounded, so no line can take long. */
const tokenPattern =
  /\\([!-/:-@[-`{-~])|(?<!`)(`{1,8})(?!`)(.{1,1000}?)(?<!`)\2(?!`)|(!?)\[([^[\]\n]{0,500})\]\(<?([^()\s<>]{0,2000}(?:\([^()\s]{0,200}\)[^()\s<>]{0,500}){0,4})>?(?: {1,4}"[^"\n]{0,300}")?\)|<(https?:\/\/[^<>\s]{1,2000})>|(https?:\/\/[\w.~:/?#@!$&+,;=%-]{1,2000})|(\*+|_+|~~+)/gu;

function tokensOf(line: string): Token[] {
  const tokens: Token[] = [];
  let end = 0;
  for (const match of line.matchAll(tokenPattern)) {
    if (match.index > end) tokens.push({ kind: "text", text: line.slice(end, match.index) });
    end = match.index + match[0].length;
    tokens.push(tokenOf(match, line[match.index - 1] ?? " ", line[end] ?? " "));
  }
  if (end < line.length) tokens.push({ kind: "text", text: line.slice(end) });
  return tokens;
}

function tokenOf(match: RegExpExecArray, before: string, after: string): Token {
  const [, escaped, , code, bang, text, url, autolink, bare, run] = match;
  if (escaped !== undefined) return { kind: "text", text: escaped };
  if (code !== undefined) return { kind: "code", text: code };
  if (text !== undefined && url !== undefined) return { kind: bang ? "image" : "link", text, url };
  const plainUrl = autolink ?? bare;
  if (plainUrl !== undefined) return { kind: "url", text: plainUrl };
  return delimiter(run ?? "", before, after);
}

/** Left- and right-flanking runs (CommonMark 0.31 §6.2). */
function delimiter(run: string, before: string, after: string): Token {
  const left = !/\s/.test(after) && (!punctuation.test(after) || /\s/.test(before) || punctuation.test(before));
  const right = !/\s/.test(before) && (!punctuation.test(before) || /\s/.test(after) || punctuation.test(after));
  const word = run.startsWith("_");
  return {
    kind: "delimiter",
    text: run,
    opens: left && (!word || !right || punctuation.test(before)),
    closes: right && (!word || !left || punctuation.test(after)),
    paired: false,
  };
}

const punctuation = /[!-/:-@[-`{-~]/;

function pairDelimiters(tokens: readonly Token[]): void {
  const open = new Map<string, Extract<Token, { kind: "delimiter" }>[]>();
  for (const token of tokens) {
    if (token.kind !== "delimiter" || token.text.length > 3) continue;
    const waiting = open.get(token.text) ?? [];
    const partner = token.closes ? waiting.pop() : undefined;
    if (partner) {
      partner.paired = true;
      token.paired = true;
    } else if (token.opens) {
      waiting.push(token);
    }
    open.set(token.text, waiting);
  }
}

function written(token: Token, dialect: InlineDialect): string {
  switch (token.kind) {
    case "text":
    case "url":
      return token.text;
    case "code":
      return dialect.code(token.text);
    case "image":
      return dialect.image(token.text, token.url);
    case "link":
      return linkOf(inline(token.text, dialect), token.url, dialect);
    case "delimiter":
      return token.paired ? markOf(token.text, dialect) : token.text;
  }
}

function linkOf(text: string, url: string, dialect: InlineDialect): string {
  if (url === "" || text === url) return text;
  if (text === "") return url;
  // Anything but an absolute address leads nowhere from a chat, or where it should not.
  return /^(https?|mailto|dingtalk):/i.test(url) ? dialect.link(text, url) : `${text} (${url})`;
}

function markOf(run: string, dialect: InlineDialect): string {
  if (run.startsWith("~")) return dialect.strike;
  if (run.length === 3) return dialect.strong + dialect.emphasis;
  return run.length === 2 ? dialect.strong : dialect.emphasis;
}

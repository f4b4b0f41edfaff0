/** The head of an answer, as a target sent it. */
export interface AnswerHead {
  readonly status: number;
  readonly statusText: string;
  /** Name, value, name, value … */
  readonly headers: readonly string[];
  /** How the body ends; `none` also where the request or the status has none. */
  readonly body: BodyFraming;
  /** Can the connection take another request after this answer? */
  readonly isKept: boolean;
  /** Seconds that the target keeps an idle connection, where it tells. */
  readonly keptSeconds: number | undefined;
}

export type BodyFraming = "none" | "chunked" | "until-close" | { readonly bytes: number };

/** What came is no answer that two readers would read alike. */
export class AnswerError extends Error {
  override readonly name = "AnswerError";
}

/**
 * Reads the head of an answer strictly (RFC 9112 §4, §5, §6.3): whatever leaves a doubt where the answer ends, or could
 * be read as two, is refused.
 *
 * @param text Status line and header lines, Latin-1, without the empty line.
 * @param method Of the request: an answer to HEAD has no body.
 * @throws AnswerError, which says what is wrong and quotes nothing.
 */
export function readAnswerHead(text: string, method: string): AnswerHead {
  const end = lineEnd(text, 0);
  const [, minor = "", code = "", statusText = ""] = statusLine.exec(text.slice(0, end)) ?? [];
  if (code === "") throw new AnswerError("the status line is not HTTP/1");
  const status = Number(code);
  const fields = readFields(text, end + 2);
  const { headers, length, coding, connection, keptSeconds } = fields;
  if (coding && (length !== undefined || minor === "0")) {
    throw new AnswerError("both Content-Length and Transfer-Encoding, or chunks in HTTP/1.0");
  }
  const hasBody = method !== "HEAD" && status >= 200 && status !== 204 && status !== 304;
  const body = hasBody ? framingOf(length, coding) : "none";
  // What a target says behind an answer that has no body would be read as the next one.
  const isSpilling = !hasBody && method !== "HEAD" && status >= 200 && status !== 304 && (length ?? 0) > 0;
  const isKept = minor === "1" && body !== "until-close" && !isSpilling && !closing.test(connection);
  return { status, statusText, headers, body, isKept, keptSeconds };
}

interface Fields {
  readonly headers: string[];
  /** Bytes, as `Content-Length` says. */
  length: number | undefined;
  /** Is `Transfer-Encoding` there? It is `chunked` then. */
  coding: boolean;
  /** All that `Connection` lists, lower-case. */
  connection: string;
  keptSeconds: number | undefined;
}

/** One pass over the characters: this is done for every answer. */
function readFields(text: string, from: number): Fields {
  const fields: Fields = { headers: [], length: undefined, coding: false, connection: "", keptSeconds: undefined };
  for (let at = from; at < text.length; ) {
    const start = at;
    // A folded line begins with a blank, so its name is none.
    while (isToken[text.charCodeAt(at)]) at++;
    if (at === start || text.charCodeAt(at) !== COLON) throw new AnswerError("a header line without a name");
    const name = text.slice(start, at);
    const end = lineEnd(text, at);
    const value = trimmed(text, at + 1, end);
    fields.headers.push(name, value);
    note(fields, name, value);
    at = end + 2;
  }
  return fields;
}

/** Keeps what decides where the answer ends, and whether the connection stays. */
function note(fields: Fields, name: string, value: string): void {
  switch (name.length) {
    case 10: {
      const lower = name.toLowerCase();
      if (lower === "connection") fields.connection += `,${value.toLowerCase()}`;
      else if (lower === "keep-alive") fields.keptSeconds = secondsIn(value);
      return;
    }
    case 14:
      if (name.toLowerCase() !== "content-length") return;
      if (fields.length !== undefined || !digits.test(value)) throw new AnswerError("Content-Length is unclear");
      fields.length = Number(value);
      return;
    case 17:
      if (name.toLowerCase() !== "transfer-encoding") return;
      if (fields.coding || value.toLowerCase() !== "chunked") throw new AnswerError("an unknown Transfer-Encoding");
      fields.coding = true;
  }
}

/**
 * Where this line ends: at a carriage return and a line feed, or with the head.
 *
 * @throws AnswerError for one without the other, and for what no line may hold.
 */
function lineEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0x20 ? code !== DELETE : code === TAB) continue;
    if (code === CR && text.charCodeAt(at + 1) === LF) return at;
    throw new AnswerError("control characters or broken lines in the head");
  }
  return text.length;
}

function framingOf(length: number | undefined, coding: boolean): BodyFraming {
  if (coding) return "chunked";
  if (length === undefined) return "until-close";
  return length === 0 ? "none" : { bytes: length };
}

/** Blanks around a value are not part of it (RFC 9112 §5.1); other white space is none. */
function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

function secondsIn(value: string): number | undefined {
  const seconds = /(?:^|[,;\s])timeout=(\d{1,6})/i.exec(value)?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/;

const digits = /^\d{1,15}$/;

const closing = /(?:^|,)\s*close\s*(?:,|$)/;

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;
const DELETE = 0x7f;

/** By character, what a name may hold (RFC 9110 §5.6.2). */
const isToken: readonly boolean[] = Array.from({ length: 256 }, (_, code) =>
  /[!#$%&'*+.^_`|~0-9A-Za-z-]/.test(String.fromCharCode(code)),
);

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
  if (stray.test(text)) throw new AnswerError("control characters or broken lines in the head");
  const lines = text.split("\r\n");
  const [, minor, code = "", statusText = ""] = statusLine.exec(lines[0] as string) ?? fail("the status line");
  const status = Number(code);
  const headers: string[] = [];
  let length: string | undefined;
  let coding: string | undefined;
  let connection = "";
  let keptSeconds: number | undefined;
  for (let at = 1; at < lines.length; at++) {
    const line = lines[at] as string;
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0));
    // A folded line begins with a blank, so its name is none.
    if (!token.test(name)) throw new AnswerError("a header line without a name");
    const value = trimmed(line, colon + 1);
    headers.push(name, value);
    switch (colon) {
      case 10: {
        const lower = name.toLowerCase();
        if (lower === "connection") connection += `,${value.toLowerCase()}`;
        else if (lower === "keep-alive") keptSeconds = secondsIn(value);
        break;
      }
      case 14:
        if (name.toLowerCase() !== "content-length") break;
        if (length !== undefined || !digits.test(value)) throw new AnswerError("Content-Length is unclear");
        length = value;
        break;
      case 17:
        if (name.toLowerCase() !== "transfer-encoding") break;
        if (coding !== undefined || value.toLowerCase() !== "chunked")
          throw new AnswerError("an unknown Transfer-Encoding");
        coding = value;
        break;
    }
  }
  const hasBody = method !== "HEAD" && status >= 200 && status !== 204 && status !== 304;
  if (coding !== undefined && (length !== undefined || minor === "0")) {
    throw new AnswerError("both Content-Length and Transfer-Encoding, or chunks in HTTP/1.0");
  }
  const body = hasBody ? framingOf(length, coding) : "none";
  // What a target says behind an answer that has no body would be read as the next one.
  const isSpilling = !hasBody && method !== "HEAD" && status >= 200 && status !== 304 && (length ?? "0") !== "0";
  const isKept = minor === "1" && body !== "until-close" && !isSpilling && !closing.test(connection);
  return { status, statusText, headers, body, isKept, keptSeconds };
}

function framingOf(length: string | undefined, coding: string | undefined): BodyFraming {
  if (coding !== undefined) return "chunked";
  if (length === undefined) return "until-close";
  return length === "0" ? "none" : { bytes: Number(length) };
}

function fail(what: string): never {
  throw new AnswerError(`${what} is not HTTP/1`);
}

/** Blanks around a value are not part of it (RFC 9112 §5.1); other white space is none. */
function trimmed(line: string, from: number): string {
  let start = from;
  let end = line.length;
  while (start < end && isBlank(line.charCodeAt(start))) start++;
  while (end > start && isBlank(line.charCodeAt(end - 1))) end--;
  return line.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function secondsIn(value: string): number | undefined {
  const seconds = /(?:^|[,;\s])timeout=(\d{1,6})/i.exec(value)?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/;

/** RFC 9110 §5.6.2. */
const token = /^[!#$%&'*+.^_`|~\w-]+$/;

const digits = /^\d{1,15}$/;

const closing = /(?:^|,)\s*close\s*(?:,|$)/;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const stray = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n/;

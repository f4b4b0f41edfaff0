import { localTime, shown } from "./log-text.ts";

/** A line about one request. */
export interface RequestLine {
  readonly relay: string;
  readonly id: string;
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly status: number;
  readonly ms: number;
  readonly cause: string | undefined;
}

/** A line is seen this much later at most. */
const DELAY_MS = 20;
const MOST_WAITING = 512;

/**
 * Lines about requests, in the form of all other lines of the log, but written many at a time: a line a request that is
 * made and written by itself would cost more than passing the request on.
 */
export class RequestLines {
  readonly #write: (lines: string) => void;
  readonly #format: "json" | "text";
  readonly #now: () => number;
  #waiting: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #time = { ms: Number.NaN, text: "" };

  constructor(write: (lines: string) => void, format: "json" | "text", now: () => number) {
    this.#write = write;
    this.#format = format;
    this.#now = now;
  }

  add(line: RequestLine): void {
    const ms = this.#now();
    this.#waiting.push(this.#format === "json" ? jsonLine(line, ms) : this.#textLine(line, ms));
    if (this.#waiting.length >= MOST_WAITING) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), DELAY_MS);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = this.#waiting;
    this.#waiting = [];
    if (lines.length > 0) this.#write(lines.join(""));
  }

  #textLine({ relay, id, method, path, status, ms, cause }: RequestLine, now: number): string {
    // Taking a time apart costs as much as all the rest; many lines have the same.
    if (this.#time.ms !== now) this.#time = { ms: now, text: localTime(now) };
    const why = cause === undefined ? "" : ` cause=${cause}`;
    const what = `${method} ${shown(path)} ${status} ${rounded(ms)} ms`;
    return `${this.#time.text} INFO  ${what} relay=${relay} request=${id}${why}\n`;
  }
}

function jsonLine({ relay, id, method, path, status, ms, cause }: RequestLine, now: number): string {
  const fields = { level: 30, time: now, relay, request: id, method, path, status, ms: rounded(ms), cause };
  return `${JSON.stringify({ ...fields, msg: "request" })}\n`;
}

/** To a tenth. */
function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}

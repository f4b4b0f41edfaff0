import type { Reaction } from "./raw-target.ts";
import type { Framing } from "./wire.ts";

/** One rule of relaying, as the bytes on both sides. */
export interface Row {
  readonly name: string;
  /** What the client writes at once, Latin-1. */
  readonly sends: string;
  /** What reaches the target, whole; nothing when absent. */
  readonly sees?: readonly ExpectedRequest[];
  /** A request may have begun at the target, but never ends there: its head was good, and what followed was not. */
  readonly mayBegin?: true;
  /** What the target does with each request; a plain 200 when absent. */
  readonly target?: readonly Reaction[];
  readonly gets: readonly ExpectedAnswer[];
  /** What becomes of the client's connection after that; either when absent. */
  readonly afterwards?: "open" | "closed";
  /** Does nginx as reverse proxy do the same? Where not, what it does and why. */
  readonly nginx: "same" | Difference | Untold;
}

/** What it does cannot be told in a row's words, or is nothing to compare with. */
export interface Untold {
  readonly untold: string;
}

export interface Difference extends Partial<Pick<Row, "sees" | "mayBegin" | "gets" | "afterwards">> {
  readonly why: string;
}

export interface ExpectedRequest {
  readonly line: string;
  /** End-to-end fields, byte for byte and in order. Any when absent. */
  readonly fields?: readonly string[];
  /** Fields that the relay writes or rewrites, by lower-case name; all lines of a name joined by `, `, null for none. */
  readonly own?: Readonly<Record<string, string | RegExp | null>>;
  readonly framing?: Framing;
  readonly body?: string;
}

export interface ExpectedAnswer {
  /** Its first line, or the status or one of several that are as good. */
  readonly line: string | number | readonly number[];
  readonly toHead?: boolean;
  readonly fields?: readonly string[];
  readonly own?: Readonly<Record<string, string | RegExp | null>>;
  readonly framing?: Framing;
  readonly body?: string | RegExp;
  readonly trailers?: readonly string[];
  /** It breaks off, and the client can tell. */
  readonly isBroken?: true;
}

/** Placeholder in a row for host and port of the target, which is known once it runs. */
export const TARGET = "{target}";

/** Placeholder in a row for host and port of the relay. */
export const RELAY = "{relay}";

/** A message of these lines, and what follows its head. */
export function message(lines: readonly string[], body = ""): string {
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

/** A request without a body, as a platform would send it. */
export function get(path: string, ...fields: readonly string[]): string {
  return message([`GET ${path} HTTP/1.1`, "Host: relay.test", ...fields]);
}

/** A request with a body, its length told. */
export function post(path: string, body: string, ...fields: readonly string[]): string {
  return message([`POST ${path} HTTP/1.1`, "Host: relay.test", `Content-Length: ${body.length}`, ...fields], body);
}

/** These bytes as the body of a message with `Transfer-Encoding: chunked`. */
export function chunked(...chunks: readonly string[]): string {
  return `${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("")}0\r\n\r\n`;
}

/** An answer of the target, its length told. */
export function ok(body: string, ...fields: readonly string[]): string {
  return message(["HTTP/1.1 200 OK", `Content-Length: ${body.length}`, ...fields], body);
}

/** The answer of a target that was asked for nothing else. */
export const plain: ExpectedAnswer = { line: "HTTP/1.1 200 OK", body: "ok" };

/** The row as nginx plays it; undefined where a row cannot tell. */
export function rowForNginx(row: Row): Row | undefined {
  if (row.nginx === "same") return row;
  return "untold" in row.nginx ? undefined : { ...row, ...row.nginx };
}

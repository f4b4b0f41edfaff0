import type { IncomingHttpHeaders } from "node:http";
import type { Limit } from "./rate.ts";
import type { Robot } from "./robots.ts";

/** What the sandbox stands in for. `email` is the SMTP sink; the others are group robots over HTTP. */
export const sandboxPlatforms = ["feishu", "dingtalk", "wecom", "email"] as const;
export type SandboxPlatform = (typeof sandboxPlatforms)[number];
export type RobotPlatform = Exclude<SandboxPlatform, "email">;

/** One HTTP request, read completely. */
export interface Call {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** IPv4 in dotted form, also when it came over a dual-stack socket. */
  readonly ip: string;
}

/** One HTTP answer. */
export interface Reply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A message as its readers would see it. */
export interface Content {
  /** The platform's message type: `text`, `interactive`, `actionCard`, `markdown`, `mail`… */
  readonly type: string;
  /** The parsed request body. */
  readonly body: unknown;
  /** Everything a reader would read, one line a block. */
  readonly text: string;
  /** Ids and numbers that would really be notified; `all` for everyone. */
  readonly mentions: readonly string[];
}

/** What the platform makes of a request. */
export interface Verdict {
  readonly reply: Reply;
  /** The platform's own code, as text; `0` for success. */
  readonly code: string;
  /** Set when a message was accepted that the group would now see. */
  readonly content?: Content;
  /** The platform recognised an idempotency key: it says yes, and shows nothing new. */
  readonly repeated?: true;
}

/** One platform's group robot endpoints. */
export interface StandIn {
  readonly platform: RobotPlatform;
  /** The published limits of one robot. */
  readonly limits: readonly Limit[];
  /** Which security settings its robots have. */
  readonly security: readonly ("secret" | "keywords" | "ips")[];
  /** Is this one of its paths? */
  serves(path: string): boolean;
  /** The robot's token, or an empty string when the request names none. */
  tokenOf(path: string, query: URLSearchParams): string;
  /** `robot` is undefined when the token is unknown. */
  answer(call: Call, robot: Robot | undefined, nowMs: number): Verdict;
  /** The body that carries this code. */
  failure(code: string | undefined, message: string | undefined, call: Call): Reply;
  /** What it answers to a robot that sends too fast. */
  throttled(call: Call, retryAfterSeconds: number | undefined): Reply;
}

export function json(status: number, value: unknown): Reply {
  return { status, contentType: "application/json; charset=utf-8", body: JSON.stringify(value) };
}

export function plain(status: number, body: string): Reply {
  return { status, contentType: "text/plain; charset=utf-8", body };
}

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isFilled(value: unknown): value is string {
  return typeof value === "string" && value.length > 0;
}

/** The parsed JSON object of a body; undefined when it is no JSON object in UTF-8. */
export function objectIn(body: Buffer): Fields | undefined {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

import type { PlatformError } from "../model/platform-error.ts";
import { accepted, type Receipt, refused } from "../model/receipt.ts";
import { type ErrorTable, errorOf } from "./definition.ts";
import { failureOf, type HttpAnswer, type HttpClient, type HttpPost, retryAfterOf, statusErrorOf } from "./http.ts";

/** What a platform's JSON says of itself. */
export interface Verdict {
  readonly code: string;
  readonly message: string;
  /** Milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** Overrides the table's advice, where one code has several causes. */
  readonly because?: Pick<PlatformError, "kind" | "advice"> | undefined;
}

/** How a platform's answers are read. */
export interface Reading {
  readonly errors: ErrorTable;
  /** `0` is success; undefined when the JSON carries no code. */
  verdict(json: Readonly<Record<string, unknown>>, answer: HttpAnswer): Verdict | undefined;
}

/**
 * Posts to a robot and reads what became of it. HTTP 200 is not delivery: the code in the body decides, and comes
 * before the HTTP status, because gateways answer throttling with 400 or 200 as they please.
 *
 * @param secrets Blotted out of whatever the platform or the network said.
 */
export async function askRobot(
  http: HttpClient,
  post: HttpPost,
  reading: Reading,
  context: { readonly nowMs: () => number; readonly secrets: readonly string[] },
): Promise<Receipt> {
  let answer: HttpAnswer;
  try {
    answer = await http.post(post);
  } catch (failure) {
    return refused(quotable(failureOf(failure), context.secrets));
  }
  const error = errorIn(answer, reading, context.nowMs());
  return error ? refused(quotable(error, context.secrets)) : accepted;
}

function errorIn(answer: HttpAnswer, reading: Reading, nowMs: number): PlatformError | undefined {
  const json = objectIn(answer.body);
  const verdict = json && reading.verdict(json, answer);
  const statusError = statusErrorOf(answer, nowMs);
  if (!verdict || (verdict.code === "0" && statusError)) {
    return statusError ?? noVerdict(answer.status);
  }
  if (verdict.code === "0") return undefined;
  const { code, message } = verdict;
  // A code that nobody published says less than the status does.
  if (!reading.errors[code] && statusError)
    return { ...statusError, message: `HTTP ${answer.status}: [${code}] ${message}` };
  const error = errorOf(reading.errors, code, message, retryAfterOf(answer, nowMs) ?? verdict.retryAfterMs);
  return { ...error, ...verdict.because };
}

/** A proxy's page, a cut answer: the message may or may not have arrived, and asking again is the only way to know. */
function noVerdict(status: number): PlatformError {
  return {
    kind: "unavailable",
    code: "invalid-answer",
    message: `HTTP ${status} without the platform's JSON`,
    advice: "应答不是平台的格式：请检查地址与中间代理",
  };
}

function objectIn(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(body);
    return typeof json === "object" && json !== null && !Array.isArray(json) ? { ...json } : undefined;
  } catch {
    return undefined;
  }
}

/** A code as text, whether the platform sends a number or a string; undefined for anything else. */
export function codeIn(value: unknown): string | undefined {
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  return typeof value === "string" && /^[\w.-]{1,64}$/.test(value) ? value : undefined;
}

/** The platform's words, or a stand-in when it has none. */
export function wordsIn(value: unknown): string {
  return typeof value === "string" && value.trim() !== "" ? value : "no reason given";
}

/** Without the secrets, on one line, and of a length that can be kept. */
export function quotable(error: PlatformError, secrets: readonly string[]): PlatformError {
  // Longest first: what contains another secret must go before it is cut up.
  const ordered = [...secrets].sort((a, b) => b.length - a.length);
  const message = ordered.reduce((text, secret) => text.replaceAll(secret, "***"), error.message);
  return { ...error, message: message.replace(/\s+/g, " ").slice(0, longestQuote).toWellFormed() };
}

/** Characters of a platform's message that are kept. */
const longestQuote = 500;

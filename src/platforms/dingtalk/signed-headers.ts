import { createHmac } from "node:crypto";
import { headerOf } from "../callback-parts.ts";
import { sameBytes } from "../constant-time.ts";
import { instantOf } from "../instant.ts";
import { type Callback, type CallbackRequest, refusal } from "../receiving.ts";

/** What a robot's messages and a card's callbacks have in common: a moment and its signature, in headers. */
export interface HeaderSignature {
  readonly timestamp: string;
  /** Epoch milliseconds of it. */
  readonly at: number;
}

/**
 * The headers of a robot's message: https://open.dingtalk.com/document/dingstart/robot-receive-message
 *
 * @param timestamp Epoch milliseconds, as sent.
 */
export function robotSign(timestamp: string, clientSecret: string): string {
  return createHmac("sha256", clientSecret).update(`${timestamp}\n${clientSecret}`).digest("base64");
}

/** The headers of a card's callback: https://open.dingtalk.com/document/development/register-card-callback-address */
export function cardSign(timestamp: string, apiSecret: string): string {
  return createHmac("sha256", apiSecret).update(timestamp).digest("base64");
}

interface Check {
  readonly headers: { readonly timestamp: string; readonly sign: string };
  readonly sign: (timestamp: string) => string;
  /** What to look at when it does not match. */
  readonly advice: string;
}

/** The signature if it holds, else why not. Neither covers the body, so only the moment is what it vouches for. */
export function signatureIn(
  request: CallbackRequest,
  { headers, sign, advice }: Check,
  nowMs: number,
): HeaderSignature | Callback {
  const timestamp = headerOf(request, headers.timestamp);
  const given = headerOf(request, headers.sign);
  if (timestamp === undefined || given === undefined) {
    return refusal(
      "signature",
      `the headers \`${headers.timestamp}\` and \`${headers.sign}\` must both be there, once`,
    );
  }
  if (!sameBytes(Buffer.from(given), Buffer.from(sign(timestamp)))) return refusal("signature", advice);
  const at = instantOf(timestamp);
  return at !== undefined && isTimely(at, nowMs) ? { timestamp, at } : refusal("stale", staleAdvice);
}

/** One hour either way, as the robot's page says; where a page names no window, it is taken from there. */
export function isTimely(at: number, nowMs: number): boolean {
  return Math.abs(nowMs - at) <= 3_600_000;
}

export const staleAdvice = "the timestamp is more than 1 hour from this machine's time: is its clock right?";

import type { RelayFailure } from "./failure.ts";

/** What a receiver did with a callback. */
export type ForwardAnswer =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly headers: readonly string[];
      /** Undefined where nobody asked for it, or where it was over the limit. */
      readonly body: Uint8Array | undefined;
    }
  | { readonly kind: "failed"; readonly failure: RelayFailure };

export type ForwardVerdict =
  | { readonly kind: "taken" }
  | {
      readonly kind: "again";
      /** In words, for people: no address, no body. */
      readonly error: string;
      /** The receiver asked for nothing before this long. Milliseconds. */
      readonly waitMs: number;
      /** It is this callback that was refused: another might be taken. */
      readonly isRefusal: boolean;
    };

/** Too busy, too early or too slow is not a word about this callback (RFC 9110 §15.5.9, RFC 8470, RFC 6585 §4). */
const busy: ReadonlySet<number> = new Set([408, 425, 429]);

/** Nobody is made to wait longer on a receiver's word: it may have meant something else. */
const LONGEST_WAIT_MS = 10 * 60_000;

/** 2xx takes it. Everything else is tried again; `isRefusal` says whether for ever. */
export function forwardVerdict(answer: ForwardAnswer, nowMs: number): ForwardVerdict {
  if (answer.kind === "failed") {
    // When trying again may help is for callers who do not know; here it is found out.
    return { kind: "again", error: answer.failure.failure, waitMs: 0, isRefusal: false };
  }
  const { status, headers } = answer;
  if (status >= 200 && status < 300) return { kind: "taken" };
  const isRefusal = status < 500 && !busy.has(status);
  const redirect = status >= 300 && status < 400 ? ", and redirects are not followed" : "";
  const waitMs = isRefusal ? 0 : Math.min(retryAfterMs(headers, nowMs), LONGEST_WAIT_MS);
  return { kind: "again", error: `HTTP ${status}${redirect}`, waitMs, isRefusal };
}

/** Seconds or an HTTP date (RFC 9110 §10.2.3); 0 where there is none. */
function retryAfterMs(headers: readonly string[], nowMs: number): number {
  const text = headerIn(headers, "retry-after")?.trim() ?? "";
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(ms) ? 0 : Math.max(ms, 0);
}

/** The first of this name. @param name In lower case. */
export function headerIn(headers: readonly string[], name: string): string | undefined {
  for (let at = 0; at < headers.length; at += 2) if (headers[at]?.toLowerCase() === name) return headers[at + 1];
  return undefined;
}

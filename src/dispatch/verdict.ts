import type { WebhookAnswer } from "./webhook-client.ts";

/** What an answer to a webhook means (Standard Webhooks 1.0.0, "Webhook delivery"). */
export type Verdict =
  | { readonly kind: "delivered" }
  /** 410: whoever was there wants no more. */
  | { readonly kind: "gone" }
  | {
      readonly kind: "failed";
      /** In words, without the address. */
      readonly error: string;
      /** Nothing more should come for this long. Milliseconds. */
      readonly waitMs: number;
      /** It answered and asked for less; that is no sign of trouble. */
      readonly throttled: boolean;
    };

/** When a receiver asks for less and does not say for how long. */
const THROTTLE_MS: Readonly<Record<number, number>> = { 429: 60_000, 502: 10_000, 504: 10_000 };

const LONGEST_WAIT_MS = 24 * 3_600_000;

export function verdictOf(answer: WebhookAnswer, nowMs: number): Verdict {
  if (answer.kind !== "answered") return { kind: "failed", error: answer.error, waitMs: 0, throttled: false };
  const { status } = answer;
  if (status >= 200 && status < 300) return { kind: "delivered" };
  if (status === 410) return { kind: "gone" };
  const waitMs = retryAfterMs(answer.retryAfter, nowMs) ?? THROTTLE_MS[status] ?? 0;
  const redirect = status >= 300 && status < 400 ? ", and redirects are not followed" : "";
  return { kind: "failed", error: `HTTP ${status}${redirect}`, waitMs, throttled: status === 429 };
}

/** Seconds or an HTTP date (RFC 9110 §10.2.3). */
function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim();
  if (text === undefined || text === "") return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_WAIT_MS);
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** How patiently a subscription is asked again. */
export interface RetrySchedule {
  /** The pause before each further attempt. Milliseconds. After the last one an Event is a dead letter. */
  readonly delaysMs: readonly number[];
  /** Largest part that a pause is made longer by, at random: spreads those that failed together. */
  readonly jitter: number;
}

/** Eight attempts; the last is 27 hours after the first, or a little later. */
export const defaultSchedule: RetrySchedule = {
  delaysMs: [
    5 * SECOND_MS,
    5 * MINUTE_MS,
    30 * MINUTE_MS,
    2 * HOUR_MS,
    5 * HOUR_MS,
    9.5 * HOUR_MS,
    9 * HOUR_MS + 54 * MINUTE_MS + 55 * SECOND_MS,
  ],
  jitter: 0.1,
};

/**
 * When to try again, in milliseconds from now; undefined when there were attempts enough.
 *
 * @param attempts Made so far, from 1.
 * @param random In [0, 1).
 */
export function pauseMs({ delaysMs, jitter }: RetrySchedule, attempts: number, random: number): number | undefined {
  const delay = delaysMs[attempts - 1];
  return delay === undefined ? undefined : Math.round(delay * (1 + jitter * random));
}

/** When a subscription that does not answer is left alone for a while. */
export interface SubscriptionBreaker {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** How long it stays open before one Event probes; doubles while probes fail. */
  readonly cooldownMs: number;
  readonly maxCooldownMs: number;
}

export const defaultBreaker: SubscriptionBreaker = {
  failures: 5,
  cooldownMs: 10 * SECOND_MS,
  maxCooldownMs: 5 * MINUTE_MS,
};

/** How long to leave it alone after this many failures in a row; 0 while the breaker is closed. */
export function cooldownMs(breaker: SubscriptionBreaker, failures: number): number {
  if (failures < breaker.failures) return 0;
  return Math.min(breaker.cooldownMs * 2 ** Math.min(failures - breaker.failures, 30), breaker.maxCooldownMs);
}

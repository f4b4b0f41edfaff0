/** How often, and how patiently, an unavailable platform is asked again. */
export interface RetryPolicy {
  /** In all, the first one included. */
  readonly attempts: number;
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
  /** Part of the delay that is random, 0 to 1: spreads those that failed together. */
  readonly jitter: number;
}

/**
 * Exponential backoff: doubles from the initial delay up to the longest, less a random part of it.
 *
 * @param attempt Attempts made so far, from 1.
 * @param random In [0, 1).
 */
export function backoffMs(policy: RetryPolicy, attempt: number, random: number): number {
  const full = Math.min(policy.initialDelayMs * 2 ** Math.min(attempt - 1, 30), policy.maxDelayMs);
  return Math.round(full * (1 - policy.jitter * random));
}

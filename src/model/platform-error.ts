export const errorKinds = ["rate-limited", "unauthorized", "unavailable", "rejected"] as const;

/**
 * What a lane does about a failure:
 * `rate-limited` waits and never counts as a failure; `unauthorized` refreshes the credentials once,
 * then fails; `unavailable` is retried with backoff; `rejected` is never retried.
 */
export type ErrorKind = (typeof errorKinds)[number];

/** A platform's refusal, or the lack of an answer. */
export interface PlatformError {
  readonly kind: ErrorKind;
  /** The platform's own code (`19021`, `535 5.7.8`), or ours for the network: `timeout`, `network`, `http-502`. */
  readonly code: string;
  /** The platform's own words, or the network's. Never contains a secret. */
  readonly message: string;
  /** What the operator can do about it. */
  readonly advice: string;
  /** How long the platform asked us to wait, or is known to block. Milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** One line for people: the platform's code and words, then what to do. */
export function describe(error: PlatformError): string {
  return `[${error.code}] ${error.message}${error.advice ? `；${error.advice}` : ""}`;
}

/** Why a request got no answer from its target, and what the caller is told instead. */
export const failureStatus = {
  /** The connection was refused or reset before an answer. */
  "target-refused": 502,
  /** The name of the target does not resolve. */
  "target-unresolvable": 502,
  /** The target closed the connection before its answer was complete. */
  "target-closed": 502,
  /** What came is not HTTP. */
  "target-answer-invalid": 502,
  "target-connect-timeout": 504,
  "target-answer-timeout": 504,
  /** The answer's body stopped coming. */
  "target-idle-timeout": 504,
  /** No target is up, or no agent is connected. */
  "no-target": 503,
  /** As many requests are under way as this relay allows. */
  overloaded: 503,
  /** The caller left. Nobody reads this one. */
  "caller-gone": 499,
  unexpected: 500,
} as const;

export type FailureCause = keyof typeof failureStatus;

export interface RelayFailureOptions extends ErrorOptions {
  readonly sent: boolean;
  readonly retryAfterMs?: number | undefined;
}

/** What went wrong between the relay and its target. */
export class RelayFailure extends Error {
  override readonly name = "RelayFailure";
  readonly failure: FailureCause;
  /** May some of the request have reached the target? Where not, sending it elsewhere repeats nothing. */
  readonly sent: boolean;
  /** When trying again may help, for the caller's `Retry-After`; undefined where nobody knows. */
  readonly retryAfterMs: number | undefined;

  /** @param message For the log: names the target, never a credential. */
  constructor(failure: FailureCause, message: string, options: RelayFailureOptions) {
    super(message, options);
    this.failure = failure;
    this.sent = options.sent;
    this.retryAfterMs = options.retryAfterMs;
  }

  get status(): number {
    return failureStatus[this.failure];
  }
}

import type { FailureCause } from "./failure.ts";
import type { RefusalCause } from "./refusals.ts";

/** What became of one request to a relay. */
export interface FinishedRequest {
  readonly relay: string;
  readonly id: string;
  readonly method: string;
  /** As it came, without its query. */
  readonly path: string;
  /** As the caller got it; 499 when it left before. */
  readonly status: number;
  readonly ms: number;
  /** Why the answer is not a target's. */
  readonly cause: RefusalCause | FailureCause | undefined;
  /** For the log only: names the target. */
  readonly detail: string | undefined;
}

/** Hears of each request when it is over, for logs and metrics. */
export interface RelayObserver {
  finished(request: FinishedRequest): void;
}

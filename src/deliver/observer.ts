import type { ErrorKind } from "../model/platform-error.ts";

/** What the deliver room tells whoever counts. Called on the hot path: must be cheap and must not throw. */
export interface Observer {
  accepted(strategy: string, deliveries: number): void;
  /** One request to a platform was answered. `ms`: from sending to the answer. */
  attempted(platform: string, ok: boolean, ms: number): void;
  /** A Delivery succeeded. `ms`: from the accept to now. */
  delivered(platform: string, ms: number): void;
  /** A Delivery failed for good. */
  failed(platform: string, kind: ErrorKind): void;
  /** A Delivery is made to wait: a limit, a backoff, an open breaker. */
  waiting(platform: string, why: "rate-limited" | "unavailable"): void;
}

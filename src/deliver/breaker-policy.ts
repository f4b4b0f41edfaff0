/** When a lane stops trying for a while. */
export interface BreakerPolicy {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** How long it stays open before one Delivery probes. */
  readonly cooldownMs: number;
}

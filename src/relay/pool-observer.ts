import type { RelayFailure } from "./failure.ts";

export type TargetChange =
  /** Too many requests failed. Epoch milliseconds. */
  | { readonly kind: "ejected"; readonly untilMs: number }
  /** The request that decides was answered. */
  | { readonly kind: "restored" }
  /** By its health check. */
  | { readonly kind: "down" }
  | { readonly kind: "up" };

/** Hears what happens to a pool's targets, for logs and metrics. */
export interface PoolObserver {
  onTarget(name: string, change: TargetChange): void;
  /** A request that one target failed to take goes to another. */
  onRepeat(from: string, to: string, failure: RelayFailure): void;
}

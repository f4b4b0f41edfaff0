import type { HealthCheck } from "./active-health.ts";
import type { Candidate } from "./balance.ts";
import { isOnTrial, type Standing, unblemished } from "./passive-health.ts";
import { textHash } from "./rendezvous.ts";
import type { Target } from "./target.ts";

export interface TargetHealth {
  /** Its address, or `tunnel` and the tunnel's name. */
  readonly name: string;
  readonly weight: number;
  /**
   * `down`: its health check says so. `ejected`: too many requests failed. `on-trial`: ejected until now; the next
   * request, or the one under way, decides.
   */
  readonly state: "up" | "down" | "ejected" | "on-trial";
  /** Epoch milliseconds; only while it is `ejected`. */
  readonly ejectedUntil: number | undefined;
  /** Requests under way. */
  readonly pending: number;
  /** Requests that failed for the target's fault since the pool was made: no connection, no answer in time, 502, 503, 504. */
  readonly failures: number;
}

/** One of a pool's targets, and what is known of it. */
export class PoolMember implements Candidate {
  readonly name: string;
  readonly target: Target;
  readonly weight: number;
  readonly seed: number;
  readonly check: HealthCheck | undefined;
  standing: Standing = unblemished;
  credit = 0;
  failures = 0;

  /** @param name No other member of the pool has it. */
  constructor(name: string, target: Target, weight: number, check: HealthCheck | undefined) {
    this.name = name;
    this.target = target;
    this.weight = weight;
    this.seed = textHash(name);
    this.check = check;
  }

  get pending(): number {
    return this.target.pending;
  }

  /** As its health check has it; up where there is none. */
  get isAnswering(): boolean {
    return this.check === undefined || this.check.isUp;
  }

  health(now: number): TargetHealth {
    const state = this.#state(now);
    return {
      name: this.name,
      weight: this.weight,
      state,
      ejectedUntil: state === "ejected" ? this.standing.ejectedUntil : undefined,
      pending: this.pending,
      failures: this.failures,
    };
  }

  #state(now: number): TargetHealth["state"] {
    if (!this.isAnswering) return "down";
    if (this.standing.ejectedUntil === undefined) return "up";
    return this.standing.isProbing || isOnTrial(this.standing, now) ? "on-trial" : "ejected";
  }
}

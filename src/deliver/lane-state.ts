import type { PlatformError } from "../model/platform-error.ts";
import type { RateWindow } from "../model/rate.ts";
import type { LaneState } from "../store/store.ts";
import type { BreakerPolicy } from "./breaker-policy.ts";
import { remembered } from "./rate.ts";

export const calm: LaneState = { holdUntil: 0, holdKind: "none", failures: 0, recent: [] };

/** After the platform took a message: the trouble is over, and the limits count one more. */
export function afterSuccess(state: LaneState, windows: readonly RateWindow[], at: number): LaneState {
  if (windows.length === 0) return state.failures === 0 && state.holdUntil === 0 ? state : calm;
  return { holdUntil: 0, holdKind: "none", failures: 0, recent: remembered(state.recent, windows, at) };
}

/**
 * After the platform refused, or did not answer.
 *
 * @param retryAt When the Delivery itself will be tried again; undefined when it is not.
 */
export function afterFailure(
  state: LaneState,
  error: PlatformError,
  breaker: BreakerPolicy,
  at: number,
  retryAt: number | undefined,
): LaneState {
  switch (error.kind) {
    case "rate-limited":
      return { ...state, holdUntil: at + (error.retryAfterMs ?? 0), holdKind: "rate-limited" };
    case "unavailable": {
      const failures = state.failures + 1;
      const breakerUntil = failures >= breaker.failures ? at + breaker.cooldownMs : 0;
      const holdUntil = Math.max(breakerUntil, retryAt ?? 0, error.retryAfterMs ? at + error.retryAfterMs : 0);
      return { ...state, failures, holdUntil, holdKind: holdUntil > at ? "unavailable" : "none" };
    }
    default:
      // The platform answered, so it is there; that it refused this message says nothing about the next.
      return state.failures === 0 ? state : { ...state, failures: 0, holdUntil: 0, holdKind: "none" };
  }
}

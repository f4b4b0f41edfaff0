import type { FailureCause } from "./failure.ts";
import type { PassiveHealth } from "./settings.ts";

/** What a target's recent answers say of it. */
export interface Standing {
  /** Epoch milliseconds of the failures that may still count, oldest first. */
  readonly failedAt: readonly number[];
  /** Set while it is out: until when it gets nothing, and from when on a single request decides. Epoch milliseconds. */
  readonly ejectedUntil: number | undefined;
  /** That request is under way. */
  readonly isProbing: boolean;
  /** How long it was out the last time, and when it came back; 0 when it never was. Milliseconds; epoch milliseconds. */
  readonly pauseMs: number;
  readonly restoredAt: number;
}

export const unblemished: Standing = {
  failedAt: [],
  ejectedUntil: undefined,
  isProbing: false,
  pauseMs: 0,
  restoredAt: 0,
};

/** May it get a request now, be it the one that decides? */
export function takesRequests(standing: Standing, now: number): boolean {
  return standing.ejectedUntil === undefined || (!standing.isProbing && now >= standing.ejectedUntil);
}

/** Is a request that it gets now the one that decides? */
export function isOnTrial(standing: Standing, now: number): boolean {
  return standing.ejectedUntil !== undefined && !standing.isProbing && now >= standing.ejectedUntil;
}

export interface Failed {
  readonly at: number;
  /** It was the request that decides. */
  readonly wasProbe: boolean;
  /** No other target is up: this one stays, since a bad chance is better than none. */
  readonly isLast: boolean;
}

/** Its standing after a failure that counts. */
export function afterFailure(standing: Standing, policy: PassiveHealth, failed: Failed): Standing {
  if (failed.wasProbe) return ejected(standing, policy, failed.at);
  // Begun before it was ejected; only the probe's word counts now.
  if (standing.ejectedUntil !== undefined) return standing;
  const recent = standing.failedAt.filter((at) => at > failed.at - policy.windowMs);
  // Kept no longer than it takes to decide: the last target standing may fail for hours.
  const failedAt = [...recent, failed.at].slice(-policy.failures);
  if (failedAt.length < policy.failures || failed.isLast) return { ...standing, failedAt };
  return ejected(standing, policy, failed.at);
}

export function afterProbeBegan(standing: Standing): Standing {
  return { ...standing, isProbing: true };
}

/** The probe ended without saying anything of the target, such as by its caller's leaving: the next one decides. */
export function afterProbeWithoutVerdict(standing: Standing): Standing {
  return { ...standing, isProbing: false };
}

export function afterProbeSucceeded(standing: Standing, at: number): Standing {
  return { ...standing, failedAt: [], ejectedUntil: undefined, isProbing: false, restoredAt: at };
}

/** Did the target answer as one does that has no system behind it? Other errors are the system's own business. */
export function isFailureStatus(status: number): boolean {
  return status === 502 || status === 503 || status === 504;
}

/** Does this speak against the target, rather than against the caller or this hub? */
export function isTargetsFault(cause: FailureCause): boolean {
  return faults.has(cause);
}

const faults: ReadonlySet<FailureCause> = new Set([
  "target-refused",
  "target-unresolvable",
  "target-closed",
  "target-answer-invalid",
  "target-connect-timeout",
  "target-answer-timeout",
  "target-idle-timeout",
  "no-target",
] as const);

/**
 * Out for twice as long as the last time, unless it has been in long enough since to be forgiven: a target that comes
 * back for one good answer and fails again must not start over.
 */
function ejected(standing: Standing, policy: PassiveHealth, at: number): Standing {
  const isForgiven = standing.ejectedUntil === undefined && at - standing.restoredAt > policy.maxEjectMs;
  const pauseMs = isForgiven || standing.pauseMs === 0 ? policy.ejectMs : standing.pauseMs * 2;
  const capped = Math.min(pauseMs, policy.maxEjectMs);
  return { ...standing, failedAt: [], ejectedUntil: at + capped, isProbing: false, pauseMs: capped };
}

import { leavesOf, leavesOfLastResort, leavesWithAlternative, type Plan, type Target } from "../model/plan.ts";

/** A Plan with what is asked about it at every Delivery. */
export interface KnownPlan {
  readonly plan: Plan;
  readonly leaves: readonly Target[];
  readonly alternatives: ReadonlySet<number>;
  readonly lastResort: ReadonlySet<number>;
  /** Leaves beside which no other is ever under way, before them nor after: a success of one settles the Task. */
  readonly alone: ReadonlySet<number>;
}

export function knownPlan(plan: Plan): KnownPlan {
  return {
    plan,
    leaves: leavesOf(plan),
    alternatives: leavesWithAlternative(plan),
    lastResort: leavesOfLastResort(plan),
    alone: new Set(leavesAlone(plan)),
  };
}

/**
 * None as soon as two are under way at some time, except that a last resort of many bells, which is what most Plans
 * end with, does not count for those before it.
 */
function leavesAlone(plan: Plan): number[] {
  // Leaves are numbered in reading order, so those of the first half of a lastResort come first.
  if (widest(plan) <= 1) return leavesOf(plan).map((_, leaf) => leaf);
  return plan.kind === "lastResort" && widest(plan.plan) <= 1 ? leavesOf(plan.plan).map((_, leaf) => leaf) : [];
}

/** The most leaves that can be under way at once. */
function widest(plan: Plan): number {
  switch (plan.kind) {
    case "send":
      return 1;
    case "all":
      return plan.plans.reduce((sum, child) => sum + widest(child), 0);
    case "first":
      return Math.max(0, ...plan.plans.map(widest));
    case "lastResort":
      return Math.max(widest(plan.plan), widest(plan.otherwise));
  }
}

import { leavesOf, leavesOfLastResort, leavesWithAlternative, type Plan, type Target } from "../model/plan.ts";

/** A Plan with what is asked about it at every Delivery. */
export interface KnownPlan {
  readonly plan: Plan;
  readonly leaves: readonly Target[];
  readonly alternatives: ReadonlySet<number>;
  readonly lastResort: ReadonlySet<number>;
  /** At most one leaf is ever under way, so a success settles the Task. */
  readonly oneAtATime: boolean;
}

export function knownPlan(plan: Plan): KnownPlan {
  const lastResort = leavesOfLastResort(plan);
  return {
    plan,
    leaves: leavesOf(plan),
    alternatives: leavesWithAlternative(plan),
    lastResort,
    oneAtATime: widest(plan) <= 1,
  };
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
      // A success before the last resort settles as if there were none; a success in it is looked up.
      return widest(plan.plan);
  }
}

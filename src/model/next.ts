import type { Plan } from "./plan.ts";

/** How a leaf ended. A leaf without an ending has not been tried, or is being tried. */
export type Ending = "success" | "failed";

/** Endings by leaf number. */
export type Endings = ReadonlyMap<number, Ending>;

export interface Progress {
  /** Leaves that should be under way by now and have no ending yet. */
  readonly start: readonly number[];
  /** Set once nothing is under way any more: did at least one Channel take the Message? */
  readonly outcome?: "completed" | "failed";
}

/**
 * Where a Plan stands after these endings. Pure, and free of history: the same endings give the same
 * answer, so a process that died resumes by asking again.
 */
export function next(plan: Plan, endings: Endings): Progress {
  const start: number[] = [];
  const reached = advance(plan, endings, start);
  if (start.length > 0) return { start };
  return { start, outcome: reached ? "completed" : "failed" };
}

/** Collects the running leaves under a node into `start`; answers whether any leaf under it succeeded. */
function advance(plan: Plan, endings: Endings, start: number[]): boolean {
  switch (plan.kind) {
    case "send": {
      const ending = endings.get(plan.leaf);
      if (ending === undefined) start.push(plan.leaf);
      return ending === "success";
    }
    case "all": {
      let reached = false;
      for (const child of plan.plans) reached = advance(child, endings, start) || reached;
      return reached;
    }
    case "first":
      return firstOf(plan.plans, endings, start);
    case "lastResort":
      return firstOf([plan.plan, plan.otherwise], endings, start);
  }
}

function firstOf(plans: readonly Plan[], endings: Endings, start: number[]): boolean {
  for (const child of plans) {
    const before = start.length;
    const reached = advance(child, endings, start);
    if (reached || start.length > before) return reached;
  }
  return false;
}

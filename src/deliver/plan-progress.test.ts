import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Ending, next } from "../model/next.ts";
import type { Plan } from "../model/plan.ts";
import { arbitraryFate, arbitraryPlan, type Fate } from "../testing/arbitrary-plan.ts";
import { PlanProgress } from "./plan-progress.ts";

describe("a PlanProgress", () => {
  it("says at every ending what next says, in whatever order the leaves end", () => {
    fc.assert(
      fc.property(arbitraryPlan, arbitraryFate, (plan, fate) => {
        const progress = new PlanProgress(plan, new Map());
        follow(plan, fate, ({ leaf, ending, started, outcome }) => {
          expect(progress.end(leaf, ending)).toEqual(outcome ? { start: started, outcome } : { start: started });
        });
      }),
      { numRuns: 2_000 },
    );
  });

  it("goes on as if nothing had happened when it is rebuilt from the stored endings at any point", () => {
    fc.assert(
      fc.property(arbitraryPlan, arbitraryFate, (plan, fate) => {
        follow(plan, fate, ({ before, leaf, ending, started, outcome }) => {
          const rebuilt = new PlanProgress(plan, before);
          expect(rebuilt.end(leaf, ending)).toEqual(outcome ? { start: started, outcome } : { start: started });
        });
      }),
      { numRuns: 1_000 },
    );
  });

  it("does not start anything twice when an ending is told twice", () => {
    fc.assert(
      fc.property(arbitraryPlan, arbitraryFate, (plan, fate) => {
        const progress = new PlanProgress(plan, new Map());
        follow(plan, fate, ({ leaf, ending, outcome }) => {
          const { outcome: first } = progress.end(leaf, ending);
          const { start, outcome: again } = progress.end(leaf, ending);
          expect(start).toEqual([]);
          expect(again).toBe(first);
          expect(again).toBe(outcome);
        });
      }),
    );
  });

  it("ignores the ending of a leaf that the Plan does not have", () => {
    const progress = new PlanProgress({ kind: "all", plans: [] }, new Map());
    expect(progress.end(7, "success")).toEqual({ start: [], outcome: "failed" });
  });
});

interface Step {
  /** The endings before this one. */
  readonly before: ReadonlyMap<number, Ending>;
  readonly leaf: number;
  readonly ending: Ending;
  /** Leaves that `next` has under way after it and had not before, in the order of the Plan. */
  readonly started: readonly number[];
  readonly outcome: "completed" | "failed" | undefined;
}

/** Runs a Plan by `next` alone and tells every step. */
function follow(plan: Plan, fate: Fate, tell: (step: Step) => void): void {
  const endings = new Map<number, Ending>();
  let underWay = next(plan, endings).start;
  for (let step = 0; underWay.length > 0; step++) {
    const leaf = underWay[fate.choose(step, underWay.length)] ?? -1;
    const before = new Map(endings);
    const ending = fate.ending(leaf);
    endings.set(leaf, ending);
    const { start, outcome } = next(plan, endings);
    const started = start.filter((one) => !underWay.includes(one));
    tell({ before, leaf, ending, started, outcome });
    underWay = start;
  }
}

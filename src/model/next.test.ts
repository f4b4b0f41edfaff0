import fc from "fast-check";
import { describe, expect, it } from "vitest";
// biome-ignore lint/style/noRestrictedImports: model itself imports nothing; its tests build on the shared samples.
import { arbitraryFate, arbitraryPlan, type Fate } from "../testing/arbitrary-plan.ts";
import { type Ending, next } from "./next.ts";
import { leavesOf, type Plan } from "./plan.ts";

describe("a Plan that is run to its end", () => {
  it("tries exactly the leaves, and has exactly the outcome, that trying them one by one has", () => {
    fc.assert(
      fc.property(arbitraryPlan, arbitraryFate, (plan, fate) => {
        const expected = oneByOne(plan, fate);
        const { started, outcome } = run(plan, fate);
        expect(started.toSorted((a, b) => a - b)).toEqual(expected.tried);
        expect(outcome).toBe(expected.reached ? "completed" : "failed");
      }),
      { numRuns: 2_000 },
    );
  });

  it("starts every leaf at most once, and keeps it under way until it ends", () => {
    fc.assert(
      fc.property(arbitraryPlan, arbitraryFate, (plan, fate) => {
        let before: readonly number[] = [];
        run(plan, fate, (underWay, ended) => {
          expect(new Set(underWay).size).toBe(underWay.length);
          for (const leaf of before) if (!ended.has(leaf)) expect(underWay).toContain(leaf);
          for (const leaf of underWay) expect(ended.has(leaf)).toBe(false);
          before = underWay;
        });
      }),
    );
  });

  it("starts nothing of an alternative after a success of an earlier one, nor while one is under way", () => {
    fc.assert(
      fc.property(arbitraryPlan, arbitraryFate, (plan, fate) => {
        const rows = alternatives(plan);
        run(plan, fate, (underWay, ended) => {
          for (const row of rows) {
            const begun = row.map((leaves) => leaves.some((leaf) => underWay.includes(leaf) || ended.has(leaf)));
            begun.forEach((isBegun, at) => {
              if (!isBegun) return;
              const earlier = row.slice(0, at).flat();
              expect(earlier.filter((leaf) => underWay.includes(leaf) || ended.get(leaf) === "success")).toEqual([]);
            });
          }
        });
      }),
    );
  });

  it("ends the same in whatever order the leaves end", () => {
    fc.assert(
      fc.property(arbitraryPlan, arbitraryFate, arbitraryFate, (plan, fate, other) => {
        const one = run(plan, fate);
        const two = run(plan, { ending: fate.ending, choose: other.choose });
        expect(two.started.toSorted()).toEqual(one.started.toSorted());
        expect(two.outcome).toBe(one.outcome);
      }),
    );
  });
});

describe("a Plan that is resumed from the endings that were stored", () => {
  it("stands where it stood, however the endings are read back", () => {
    fc.assert(
      fc.property(arbitraryPlan, arbitraryFate, (plan, fate) => {
        run(plan, fate, (underWay, ended) => {
          const readBack = new Map([...ended].toSorted(([a], [b]) => a - b));
          expect(next(plan, readBack).start).toEqual(underWay);
        });
      }),
    );
  });

  it("comes to the same end from any point", () => {
    fc.assert(
      fc.property(arbitraryPlan, arbitraryFate, arbitraryFate, fc.nat({ max: 30 }), (plan, fate, later, point) => {
        const whole = run(plan, fate);
        const stored = new Map(whole.order.slice(0, point).map((leaf): [number, Ending] => [leaf, fate.ending(leaf)]));
        const rest = run(plan, { ending: fate.ending, choose: later.choose }, undefined, stored);
        expect(rest.outcome).toBe(whole.outcome);
        expect(rest.order.filter((leaf) => stored.has(leaf))).toEqual([]);
        expect([...stored.keys(), ...rest.order].toSorted()).toEqual(whole.order.toSorted());
      }),
    );
  });

  it("changes nothing when it is over", () => {
    const plan: Plan = { kind: "first", plans: [leaf(0), leaf(1)] };
    expect(next(plan, new Map([[0, "success"]]))).toEqual({ start: [], outcome: "completed" });
  });
});

describe("a group of nothing", () => {
  it.each(["all", "first"] as const)("%s has failed before it began", (kind) => {
    expect(next({ kind, plans: [] }, new Map())).toEqual({ start: [], outcome: "failed" });
  });

  it("is no reason to stop at in a first", () => {
    const plan: Plan = { kind: "first", plans: [{ kind: "all", plans: [] }, leaf(0)] };
    expect(next(plan, new Map())).toEqual({ start: [0] });
  });
});

function leaf(number: number): Plan {
  return { kind: "send", leaf: number, target: { channel: "c", platform: "p", name: "n" } };
}

/** Runs a Plan as the hub does: whatever `next` says is under way, one of those ends, and so on. */
function run(
  plan: Plan,
  fate: Fate,
  look?: (underWay: readonly number[], ended: ReadonlyMap<number, Ending>) => void,
  stored: ReadonlyMap<number, Ending> = new Map(),
) {
  const endings = new Map(stored);
  const started = new Set<number>();
  const order: number[] = [];
  for (let step = 0; ; step++) {
    const { start, outcome } = next(plan, endings);
    look?.(start, endings);
    if (outcome) return { started: [...started], order, outcome };
    expect(start.length).toBeGreaterThan(0);
    for (const leaf of start) started.add(leaf);
    const ends = start[fate.choose(step, start.length)] ?? -1;
    expect(endings.has(ends)).toBe(false);
    endings.set(ends, fate.ending(ends));
    order.push(ends);
  }
}

/** The oracle: no events, no state; each leaf is tried where it stands, and its result is known at once. */
function oneByOne(plan: Plan, fate: Fate): { tried: number[]; reached: boolean } {
  if (plan.kind === "send") return { tried: [plan.leaf], reached: fate.ending(plan.leaf) === "success" };
  const children = plan.kind === "lastResort" ? [plan.plan, plan.otherwise] : plan.plans;
  const tried: number[] = [];
  let reached = false;
  for (const child of children) {
    if (plan.kind !== "all" && reached) break;
    const result = oneByOne(child, fate);
    tried.push(...result.tried);
    if (result.reached) reached = true;
  }
  return { tried, reached };
}

/** Every row of alternatives in a Plan, each alternative as the leaf numbers under it. */
function alternatives(plan: Plan): number[][][] {
  if (plan.kind === "send") return [];
  const children = plan.kind === "lastResort" ? [plan.plan, plan.otherwise] : plan.plans;
  const below = children.flatMap(alternatives);
  return plan.kind === "all" ? below : [children.map(numbersUnder), ...below];
}

function numbersUnder(plan: Plan): number[] {
  if (plan.kind === "send") return [plan.leaf];
  const children = plan.kind === "lastResort" ? [plan.plan, plan.otherwise] : plan.plans;
  expect(leavesOf(plan).length).toBe(children.flatMap(numbersUnder).length);
  return children.flatMap(numbersUnder);
}

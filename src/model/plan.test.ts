import fc from "fast-check";
import { describe, expect, it } from "vitest";
// biome-ignore lint/style/noRestrictedImports: model itself imports nothing; its tests build on the shared samples.
import { arbitraryPlan } from "../testing/arbitrary-plan.ts";
import {
  all,
  first,
  lastResort,
  leavesOf,
  leavesOfLastResort,
  leavesWithAlternative,
  numbered,
  type Plan,
  send,
} from "./plan.ts";

const to = (name: string) => send({ channel: name, platform: "alpha", name });
const names = (plan: Plan, leaves: ReadonlySet<number>) =>
  leavesOf(plan).flatMap(({ name }, leaf) => (leaves.has(leaf) ? [name] : []));

describe("the leaves of a Plan", () => {
  it("are numbered from 0 in reading order", () => {
    fc.assert(
      fc.property(arbitraryPlan, (plan) => {
        expect(sends(plan).map(({ leaf }) => leaf)).toEqual(leavesOf(plan).map((_, index) => index));
      }),
    );
  });

  it("are found by their numbers", () => {
    fc.assert(
      fc.property(arbitraryPlan, (plan) => {
        const leaves = leavesOf(plan);
        for (const { leaf, target } of sends(plan)) expect(leaves[leaf]).toBe(target);
      }),
    );
  });
});

describe("a leaf with an alternative", () => {
  it("is one that a later branch of some first around it could stand in for", () => {
    fc.assert(
      fc.property(arbitraryPlan, (plan) => {
        const expected = sends(plan).flatMap(({ leaf }) => (canBeReplaced(plan, leaf) ? [leaf] : []));
        expect([...leavesWithAlternative(plan)].toSorted((a, b) => a - b)).toEqual(expected);
      }),
      { numRuns: 1_000 },
    );
  });

  it("is every leaf of a failover but the last", () => {
    const plan = numbered(first([first([to("a"), to("b")]), first([to("c"), to("d")])]));
    expect(names(plan, leavesWithAlternative(plan))).toEqual(["a", "b", "c"]);
  });

  it("is not one whose only alternative is the last resort", () => {
    const plan = numbered(lastResort(first([to("a"), to("b")]), all([to("bell")])));
    expect(names(plan, leavesWithAlternative(plan))).toEqual(["a"]);
  });

  it("is not one whose alternatives are empty", () => {
    const plan = numbered(first([to("a"), all([]), first([])]));
    expect(leavesWithAlternative(plan).size).toBe(0);
  });
});

describe("a leaf of the last resort", () => {
  it("is one of the second half", () => {
    const plan = numbered(lastResort(all([to("a"), to("b")]), all([to("bell"), to("siren")])));
    expect(names(plan, leavesOfLastResort(plan))).toEqual(["bell", "siren"]);
  });

  it("does not exist where nothing is one", () => {
    expect(leavesOfLastResort(numbered(first([to("a"), to("b")]))).size).toBe(0);
  });
});

function sends(plan: Plan): Extract<Plan, { kind: "send" }>[] {
  switch (plan.kind) {
    case "send":
      return [plan];
    case "lastResort":
      return [...sends(plan.plan), ...sends(plan.otherwise)];
    default:
      return plan.plans.flatMap(sends);
  }
}

/** Does some first hold the leaf in one branch and any leaf at all in a later one? */
function canBeReplaced(plan: Plan, leaf: number): boolean {
  if (plan.kind === "send") return false;
  const children = plan.kind === "lastResort" ? [plan.plan, plan.otherwise] : plan.plans;
  const at = children.findIndex((child) => sends(child).some((one) => one.leaf === leaf));
  const child = children[at];
  if (!child) return false;
  const later = plan.kind === "first" && children.slice(at + 1).some((other) => sends(other).length > 0);
  return later || canBeReplaced(child, leaf);
}

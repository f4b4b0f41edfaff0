import fc from "fast-check";
import type { Ending } from "../model/next.ts";
import { all, type Draft, first, lastResort, numbered, type Plan, send } from "../model/plan.ts";

/** More than the leaves of the largest arbitrary Plan. */
const LEAVES = 40;

/** Plans nested up to four deep, empty groups among them. */
export const arbitraryPlan: fc.Arbitrary<Plan> = drafts(4).map(numbered);

/** What happens to a Plan: how each leaf will end, and who is first whenever several are under way. */
export interface Fate {
  readonly ending: (leaf: number) => Ending;
  /** Which of `choices` things happens at this step. */
  readonly choose: (step: number, choices: number) => number;
}

/** Fates, most of them grim: a Plan gets interesting when leaves fail. */
export const arbitraryFate: fc.Arbitrary<Fate> = fc
  .record({
    luck: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: LEAVES, maxLength: LEAVES }),
    luckiness: fc.integer({ min: 0, max: 9 }),
    order: fc.array(fc.nat({ max: 1_000 }), { minLength: LEAVES, maxLength: LEAVES }),
  })
  .map(({ luck, luckiness, order }) => ({
    ending: (leaf) => ((luck[leaf] ?? 0) < luckiness ? "success" : "failed"),
    choose: (step, choices) => (order[step % LEAVES] ?? 0) % choices,
  }));

function drafts(depth: number): fc.Arbitrary<Draft> {
  const leaf = fc
    .constantFrom("a", "b", "c", "d")
    .map((name): Draft => send({ channel: name, platform: "alpha", name }));
  if (depth === 1) return leaf;
  const inner = drafts(depth - 1);
  const group = fc.array(inner, { maxLength: 3 });
  return fc.oneof(
    { weight: 2, arbitrary: leaf },
    { weight: 3, arbitrary: group.map(all) },
    { weight: 4, arbitrary: group.map(first) },
    { weight: 1, arbitrary: fc.tuple(inner, inner).map(([plan, otherwise]) => lastResort(plan, otherwise)) },
  );
}

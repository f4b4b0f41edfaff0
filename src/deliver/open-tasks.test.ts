import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Ending, type Endings, next } from "../model/next.ts";
import { planFor } from "../model/strategy.ts";
import { arbitraryFate, arbitraryPlan } from "../testing/arbitrary-plan.ts";
import { aRecipient } from "../testing/samples.ts";
import { knownPlan } from "./known-plan.ts";
import { OpenTasks } from "./open-tasks.ts";

/** Endings in memory, that are there once they are written. */
const setup = (most?: number) => {
  const stored = new Map<number, Map<number, Ending>>();
  let reads = 0;
  let broken = false;
  const store = {
    async endings(task: number): Promise<Endings> {
      reads++;
      if (broken) throw new Error("the disk does not answer");
      return new Map(stored.get(task));
    },
  };
  const write = (task: number, leaf: number, ending: Ending) => {
    const endings = stored.get(task) ?? new Map<number, Ending>();
    stored.set(task, endings.set(leaf, ending));
  };
  const open = new OpenTasks(store, most);
  return { open, write, reads: () => reads, breakStore: (is: boolean) => (broken = is) };
};

const everywhere = knownPlan(planFor({ strategy: "all" }, aRecipient({ alpha: ["a", "b", "c"] }, ["bell"])));
const inOrder = knownPlan(planFor({ strategy: "failover" }, aRecipient({ alpha: ["a", "b"] }, ["bell"])));

describe("a Task whose Deliveries run side by side", () => {
  it("is settled by the last of them, though none was written before the others ended", async () => {
    const { open } = setup();
    const [a, b, c] = await Promise.all([0, 1, 2].map((leaf) => open.ended(1, everywhere, leaf, "success")));
    expect([a?.outcome, b?.outcome, c?.outcome]).toEqual([undefined, undefined, "completed"]);
  });

  it("rings its last resort once, when the last of them failed", async () => {
    const { open } = setup();
    const ends = await Promise.all([2, 0, 1].map((leaf) => open.ended(1, everywhere, leaf, "failed")));
    expect(ends.map(({ start }) => start)).toEqual([[], [], [3]]);
  });

  it("is read from the store once", async () => {
    const { open, write, reads } = setup();
    for (const leaf of [0, 1, 2]) {
      const { written } = await open.ended(1, everywhere, leaf, "failed");
      write(1, leaf, "failed");
      written();
    }
    expect(reads()).toBe(1);
  });

  it("goes on when the store could not be read at first", async () => {
    const { open, breakStore } = setup();
    breakStore(true);
    await expect(open.ended(1, everywhere, 0, "success")).rejects.toThrow("the disk does not answer");
    breakStore(false);
    const ends = await Promise.all([0, 1, 2].map((leaf) => open.ended(1, everywhere, leaf, "success")));
    expect(ends.map(({ outcome }) => outcome)).toEqual([undefined, undefined, "completed"]);
  });

  it("stands where it stood after it had to be forgotten for others", async () => {
    const { open, write } = setup(1);
    for (const leaf of [0, 1, 2]) {
      for (const task of [1, 2, 3]) {
        const { start, outcome, written } = await open.ended(task, everywhere, leaf, "failed");
        expect([start, outcome]).toEqual([leaf === 2 ? [3] : [], undefined]);
        write(task, leaf, "failed");
        written();
      }
    }
  });

  it("is not forgotten while one of its endings is not written", async () => {
    const { open, write } = setup(1);
    const unwritten = await open.ended(1, everywhere, 0, "success");
    const other = await open.ended(2, everywhere, 0, "success");
    write(2, 0, "success");
    other.written();
    await open.ended(3, everywhere, 0, "success");
    await open.ended(1, everywhere, 1, "failed");
    expect((await open.ended(1, everywhere, 2, "failed")).outcome).toBe("completed");
    unwritten.written();
  });
});

describe("a Task whose Deliveries run one after another", () => {
  it("is settled by a success without asking the store", async () => {
    const { open, reads } = setup();
    expect(await open.ended(1, inOrder, 0, "success")).toMatchObject({ start: [], outcome: "completed" });
    expect(reads()).toBe(0);
  });

  it("moves on after a failure", async () => {
    const { open, write } = setup();
    expect((await open.ended(1, inOrder, 0, "failed")).start).toEqual([1]);
    write(1, 0, "failed");
    expect((await open.ended(1, inOrder, 1, "failed")).start).toEqual([2]);
  });
});

it("any Plan is told what next tells, whatever is written when and however often it is forgotten", async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryPlan, arbitraryFate, fc.integer({ min: 1, max: 3 }), async (plan, fate, most) => {
      const { open, write } = setup(most);
      const known = knownPlan(plan);
      const endings = new Map<number, Ending>();
      let underWay = next(plan, endings).start;
      for (let step = 0; underWay.length > 0; step++) {
        const leaf = underWay[fate.choose(step, underWay.length)] ?? -1;
        const ending = fate.ending(leaf);
        endings.set(leaf, ending);
        const expected = next(plan, endings);
        const ended = await open.ended(1, known, leaf, ending);
        expect(ended.outcome).toBe(expected.outcome);
        expect(ended.start).toEqual(expected.start.filter((one) => !underWay.includes(one)));
        // Other Tasks come and go, so that this one may be forgotten.
        for (const other of [2, 3, 4]) (await open.ended(other, everywhere, 0, "success")).written();
        write(1, leaf, ending);
        ended.written();
        underWay = expected.start;
      }
    }),
    { numRuns: 300 },
  );
});

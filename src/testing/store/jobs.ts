import { describe, expect, it } from "vitest";
import { type StoreWorlds, worldOf } from "./worlds.ts";

/** Work that waits for its time. */
export function jobContract(open: StoreWorlds): void {
  describe("stored jobs", () => {
    it("are taken when due, the first due first, by one taker at a time", async () => {
      const { store } = await worldOf(open);
      const jobs = [3, 1, 2].map((n) => ({ key: `k${n}`, dueAt: n * 10, data: { n } }));
      expect(await store.addJobs("a", jobs, 5)).toBe(3);
      const [first, second] = await Promise.all([store.takeJobs("a", 25, 100, 9), store.takeJobs("a", 25, 100, 9)]);
      expect(first.map(({ key, data, attempts, createdAt }) => [key, data, attempts, createdAt])).toEqual([
        ["k1", { n: 1 }, 0, 5],
        ["k2", { n: 2 }, 0, 5],
      ]);
      expect(second).toEqual([]);
      expect(await store.nextJobAt("a")).toBe(30);
      expect(await store.takeJobs("b", 25, 100, 9)).toEqual([]);
    });

    it("are no more than their taker asks for; the others stay", async () => {
      const { store } = await worldOf(open);
      const jobs = ["a", "b", "c"].map((key) => ({ key, dueAt: 1, data: null }));
      await store.addJobs("a", jobs, 0);
      const taken = [await store.takeJobs("a", 1, 100, 2), await store.takeJobs("a", 1, 100, 2)];
      expect(taken.map((each) => each.map(({ key }) => key))).toEqual([["a", "b"], ["c"]]);
      expect([await store.jobCount("a"), await store.nextJobAt("a")]).toEqual([3, 100]);
    });

    it("of one kind are not those of another with the same key", async () => {
      const { store } = await worldOf(open);
      for (const kind of ["a", "b"]) await store.addJobs(kind, [{ key: "k", dueAt: 1, data: kind }], 0);
      await store.postponeJob("a", "k", 9, 1);
      expect(await store.takeJobs("b", 1, 100, 1)).toMatchObject([{ data: "b", attempts: 0 }]);
      await store.deleteJob("a", "k");
      expect([await store.jobCount("a"), await store.jobCount("b")]).toEqual([0, 1]);
    });

    it("come back when their taker says nothing more", async () => {
      const { store } = await worldOf(open);
      await store.addJobs("a", [{ key: "k", dueAt: 10, data: null }], 0);
      await store.takeJobs("a", 10, 100, 1);
      expect(await store.takeJobs("a", 99, 200, 1)).toEqual([]);
      expect(await store.takeJobs("a", 100, 200, 1)).toHaveLength(1);
    });

    it("come back after a restart, no later than that; those that were postponed when they are due", async () => {
      const world = await worldOf(open);
      const jobs = ["taken", "postponed"].map((key) => ({ key, dueAt: 10, data: null }));
      await world.store.addJobs("a", jobs, 0);
      await world.store.takeJobs("a", 10, 100, 2);
      await world.store.postponeJob("a", "postponed", 500, 1);
      const store = await world.reopen();
      expect((await store.takeJobs("a", 100, 200, 2)).map(({ key }) => key)).toEqual(["taken"]);
      expect(await store.takeJobs("a", 499, 900, 2)).toHaveLength(1);
      expect((await store.takeJobs("a", 500, 600, 2)).map(({ key }) => key)).toEqual(["postponed"]);
    });

    it("are added once, postponed with their attempts, and deleted", async () => {
      const { store } = await worldOf(open);
      await store.addJobs("a", [{ key: "k", dueAt: 10, data: 1 }], 0);
      expect(await store.addJobs("a", [{ key: "k", dueAt: 5, data: 2 }], 0)).toBe(0);
      await store.postponeJob("a", "k", 50, 3, "busy");
      expect(await store.takeJobs("a", 49, 100, 1)).toEqual([]);
      expect(await store.takeJobs("a", 50, 100, 1)).toMatchObject([{ attempts: 3, data: 1 }]);
      await store.deleteJob("a", "k");
      expect([await store.jobCount("a"), await store.nextJobAt("a")]).toEqual([0, undefined]);
    });
  });
}

import { describe, expect, it } from "vitest";
import { type StoreWorlds, worldOf } from "./worlds.ts";

/** What only one process may do at a time. */
export function leaseContract(open: StoreWorlds): void {
  describe("a lease", () => {
    it("is one owner's until it runs out", async () => {
      const { store } = await worldOf(open);
      expect(await store.takeLease("stream", "a", 1_000, 2_000)).toBe(true);
      expect(await store.takeLease("stream", "b", 1_999, 3_000)).toBe(false);
      expect(await store.takeLease("stream", "b", 2_000, 3_000)).toBe(true);
      expect(await store.takeLease("stream", "a", 2_001, 3_000)).toBe(false);
    });

    it("is renewed by its owner", async () => {
      const { store } = await worldOf(open);
      await store.takeLease("stream", "a", 1_000, 2_000);
      expect(await store.takeLease("stream", "a", 1_500, 2_500)).toBe(true);
      expect(await store.takeLease("stream", "b", 2_400, 3_000)).toBe(false);
    });

    it("can be given back, by its owner only", async () => {
      const { store } = await worldOf(open);
      await store.takeLease("stream", "a", 1_000, 2_000);
      await store.dropLease("stream", "b");
      expect(await store.takeLease("stream", "b", 1_500, 2_500)).toBe(false);
      await store.dropLease("stream", "a");
      expect(await store.takeLease("stream", "b", 1_500, 2_500)).toBe(true);
    });

    it("has one taker when many ask at the same moment", async () => {
      const { store } = await worldOf(open);
      const taken = await Promise.all(["a", "b", "c", "d"].map((owner) => store.takeLease("stream", owner, 1, 2)));
      expect(taken.filter(Boolean)).toHaveLength(1);
    });

    it("has nothing to do with another", async () => {
      const { store } = await worldOf(open);
      await store.takeLease("one", "a", 1_000, 2_000);
      expect(await store.takeLease("two", "b", 1_000, 2_000)).toBe(true);
    });
  });
}

import { describe, expect, it } from "vitest";
import { type StoreWorlds, worldOf } from "./worlds.ts";

/** Small things that a room remembers. */
export function stateContract(open: StoreWorlds): void {
  describe("a remembered state", () => {
    it("is as it was saved last, also after a restart", async () => {
      const world = await worldOf(open);
      await world.store.saveState("t", "mailbox", { uid: 1 });
      await world.store.saveState("t", "mailbox", { uid: 2, marks: ["驿站", null] });
      const store = await world.reopen();
      expect(await store.state("t", "mailbox")).toEqual({ uid: 2, marks: ["驿站", null] });
    });

    it("is nobody else's", async () => {
      const { store } = await worldOf(open);
      await store.saveState("t", "mailbox", 1);
      expect([await store.state("t", "other"), await store.state("other", "mailbox")]).toEqual([undefined, undefined]);
    });
  });
}

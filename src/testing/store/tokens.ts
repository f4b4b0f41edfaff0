import { describe, expect, it } from "vitest";
import { type StoreWorlds, worldOf } from "./worlds.ts";

/** Tokens of apps, shared by all processes. */
export function tokenContract(open: StoreWorlds): void {
  describe("stored tokens", () => {
    it("are read as they were saved last, also after a restart", async () => {
      const world = await worldOf(open);
      await world.store.saveToken("app", { token: "one", renewAt: 1, expiresAt: 2 });
      await world.store.saveToken("app", { token: "two", renewAt: 3, expiresAt: 4 });
      const store = await world.reopen();
      expect(await store.token("app")).toEqual({ token: "two", renewAt: 3, expiresAt: 4 });
      expect(await store.token("other")).toBeUndefined();
    });
  });
}

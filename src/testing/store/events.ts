import { describe, expect, it } from "vitest";
import type { Arrival } from "../../store/store.ts";
import { type StoreWorlds, worldOf } from "./worlds.ts";

/** Events that platforms told of, and how they are found again. */
export function eventContract(open: StoreWorlds): void {
  describe("an event that arrived", () => {
    it("is found by the key that its repeats have, within its account only", async () => {
      const { store } = await worldOf(open);
      await store.arrive(arrivalOf("main", "e1", "m1"));
      await store.arrive(arrivalOf("other", "e2", "m1"));
      await store.arrive(arrivalOf("main", "e3", "m3"));
      const place = { tenant: "default", platform: "chatter", account: "main" };
      expect(await store.eventByKey(place, "m1")).toMatchObject({
        receivedAt: 5,
        event: { id: "e1", account: "main" },
      });
      expect(await store.eventByKey({ ...place, account: "other" }, "m1")).toMatchObject({ event: { id: "e2" } });
      expect(await store.eventByKey({ ...place, platform: "talker" }, "m1")).toBeUndefined();
      expect(await store.eventByKey({ ...place, tenant: "guest" }, "m1")).toBeUndefined();
      expect(await store.eventByKey(place, "m2")).toBeUndefined();
    });

    it("stays the one that a repeat's key finds", async () => {
      const { store } = await worldOf(open);
      await store.arrive(arrivalOf("main", "e1", "m1"));
      expect(await store.arrive(arrivalOf("main", "e2", "m1"))).toEqual({ outcome: "stored", fresh: [] });
      const place = { tenant: "default", platform: "chatter", account: "main" };
      expect((await store.eventByKey(place, "m1"))?.event.id).toBe("e1");
    });
  });
}

function arrivalOf(account: string, id: string, key: string): Arrival {
  const event = { id, type: "yizhan.app.other", key, at: 1, data: {} } as const;
  return { tenant: "default", platform: "chatter", account, receivedAt: 5, events: [event], raw: "" };
}

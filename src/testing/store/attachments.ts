import { describe, expect, it } from "vitest";
import { type StoreWorlds, worldOf } from "./worlds.ts";

/** Files of received messages. */
export function attachmentContract(open: StoreWorlds): void {
  describe("what became of a file", () => {
    it("is known of the tenant's own Events, and gone with them", async () => {
      const { store } = await worldOf(open);
      await store.arrive(arrival);
      const file = { kind: "fetched", sha256: "ab", bytes: 7, contentType: "x/y", name: "n" } as const;
      await store.saveAttachment("e1", 0, file, 1);
      await store.saveAttachment("e1", 0, { kind: "failed", error: "later" }, 2);
      await store.saveAttachment("e1", 1, file, 2);
      await store.saveAttachment("unknown", 0, file, 2);
      expect(await store.attachment("t", "e1", 0)).toEqual(file);
      expect(await store.attachment("other", "e1", 0)).toBeUndefined();
      expect([await store.attachmentBytes(), await store.wantsBlob("ab")]).toEqual([7, true]);
      await store.purge({ tasks: 2, keys: 0 });
      expect(await store.attachment("t", "e1", 0)).toBeUndefined();
      expect([await store.attachmentBytes(), await store.wantsBlob("ab")]).toEqual([0, false]);
    });

    it("may be that it could not be fetched, and why, also after a restart", async () => {
      const world = await worldOf(open);
      await world.store.arrive(arrival);
      await world.store.saveAttachment("e1", 0, { kind: "failed", error: "[40007] gone" }, 1);
      const store = await world.reopen();
      expect(await store.attachment("t", "e1", 0)).toEqual({ kind: "failed", error: "[40007] gone" });
      expect(await store.attachment("t", "e1", 1)).toBeUndefined();
      expect(await store.attachmentBytes()).toBe(0);
    });

    it("can be that it is kept no longer, and why", async () => {
      const { store } = await worldOf(open);
      await store.arrive(arrival);
      for (const n of [0, 1, 2]) {
        await store.saveAttachment("e1", n, { kind: "fetched", sha256: `a${n}`, bytes: 1, name: "n" }, 10 * n);
      }
      expect(await store.expireAttachments(20, "[file-old] gone")).toBe(2);
      expect(await store.expireAttachments(20, "[file-old] gone")).toBe(0);
      expect(await store.attachment("t", "e1", 1)).toEqual({ kind: "failed", error: "[file-old] gone" });
      expect(await store.attachment("t", "e1", 2)).toMatchObject({ kind: "fetched", sha256: "a2" });
      expect([await store.wantsBlob("a1"), await store.wantsBlob("a2"), await store.attachmentBytes()]).toEqual([
        false,
        true,
        1,
      ]);
    });

    it("counts each content once", async () => {
      const { store } = await worldOf(open);
      await store.arrive(arrival);
      for (const n of [0, 1]) await store.saveAttachment("e1", n, { kind: "fetched", sha256: "ab", bytes: 7 }, 1);
      await store.saveAttachment("e1", 2, { kind: "fetched", sha256: "cd", bytes: 5 }, 1);
      expect(await store.attachmentBytes()).toBe(12);
    });
  });
}

const event = { id: "e1", type: "yizhan.message.received", key: "k", at: 1, data: {} } as const;
const arrival = { tenant: "t", account: "a", platform: "p", receivedAt: 1, events: [event], raw: "" } as const;

import { describe, expect, it } from "vitest";
import type { DeliveryKey, Recorded, Store } from "../../store/store.ts";
import { aTask } from "../samples.ts";
import { type StoreWorlds, worldOf } from "./worlds.ts";

/** Purging, closing, and opening again. */
export function lifeContract(open: StoreWorlds): void {
  describe("a purge", () => {
    it("deletes settled Tasks that are older, and no others", async () => {
      const { store } = await worldOf(open);
      await store.accept(aTask("old and done", { lane: "x", createdAt: 1_000 }));
      await store.accept(aTask("old and waiting", { lane: "y", createdAt: 1_000 }));
      await store.accept(aTask("new and done", { lane: "z", createdAt: 5_000 }));
      await settle(store, "x");
      await settle(store, "z");
      expect(await store.purge({ tasks: 5_000, keys: 0 })).toBe(1);
      expect(await store.task("default", "old and done")).toBeUndefined();
      expect((await store.task("default", "old and waiting"))?.deliveries).toHaveLength(1);
      expect((await store.task("default", "new and done"))?.deliveries).toHaveLength(1);
      expect(await store.backlog()).toBe(1);
    });

    it("gets through more than one batch", async () => {
      const { store } = await worldOf(open);
      await Promise.all(Array.from({ length: 1_200 }, (_, i) => store.accept(aTask(`t${i}`, { start: [] }))));
      expect(await store.purge({ tasks: 5_000, keys: 0 })).toBe(1_200);
      expect(await store.purge({ tasks: 5_000, keys: 0 })).toBe(0);
    });

    it("frees keys that are older, so that they can be used for something else", async () => {
      const { store } = await worldOf(open);
      const keyed = (id: string, bodyHash: string) => aTask(id, { idempotency: { key: "k", bodyHash } });
      await store.accept(keyed("t1", "one"));
      expect(await store.purge({ tasks: 0, keys: 1_000 })).toBe(0);
      expect(await store.accept(keyed("t2", "two"))).toEqual({ outcome: "conflict" });
      expect(await store.purge({ tasks: 0, keys: 1_001 })).toBe(1);
      expect(await store.accept(keyed("t2", "two"))).toEqual({ outcome: "created" });
    });

    it("lets a key whose Task is gone make a new one", async () => {
      const { store } = await worldOf(open);
      const keyed = (id: string) => aTask(id, { start: [], idempotency: { key: "k", bodyHash: "one" } });
      await store.accept(keyed("t1"));
      await store.purge({ tasks: 5_000, keys: 0 });
      expect(await store.accept(keyed("t2"))).toEqual({ outcome: "created" });
    });

    it("deletes notifications that are read and older, and no others", async () => {
      const { store } = await worldOf(open);
      const item = { title: "", message: "", strategy: "all", source: "s", taskId: "t", reason: "r" } as const;
      const add = (key: string, createdAt: number) =>
        store.addNotification("default", { ...item, type: "info", style: "text", createdAt }, key);
      const old = await add("old and read", 1_000);
      const unread = await add("old and unread", 1_000);
      const recent = await add("new and read", 5_000);
      await store.markRead("default", old.id);
      await store.markRead("default", recent.id);
      expect(await store.purge({ tasks: 5_000, keys: 0 })).toBe(1);
      const { notifications } = await store.notifications("default", { status: "all", limit: 9, offset: 0 });
      expect(notifications.map(({ id }) => id)).toEqual([recent.id, unread.id]);
    });
  });

  describe("a store that was closed and opened again", () => {
    it("has everything that was promised", async () => {
      const { store, reopen } = await worldOf(open);
      await store.accept(aTask("t1", { lane: "x", idempotency: { key: "k", bodyHash: "b" } }));
      await store.accept(aTask("t2", { lane: "y" }));
      const [delivery] = await store.pending("y", 1);
      const state = { holdUntil: 9_000, holdKind: "unavailable", failures: 3, recent: [5] } as const;
      await store.record(taken(delivery, { status: "pending", attempts: 3, lane: { channel: "y", state } }));
      const before = await store.task("default", "t2");

      const again = await reopen();
      expect(await again.task("default", "t2")).toEqual(before);
      expect((await again.pending("x", 9)).map(({ taskId }) => taskId)).toEqual(["t1"]);
      expect(await again.pending("y", 9)).toMatchObject([{ taskId: "t2", attempts: 3 }]);
      expect(await again.laneState("y")).toEqual(state);
      expect(await again.backlog()).toBe(2);
      expect(await again.accept(aTask("t3", { idempotency: { key: "k", bodyHash: "b" } }))).toMatchObject({
        outcome: "replayed",
      });
    });

    it("gives new Tasks places after all earlier ones", async () => {
      const { store, reopen } = await worldOf(open);
      await store.accept(aTask("t1"));
      const again = await reopen();
      await again.accept(aTask("t2"));
      expect((await again.pending("lane", 9)).map(({ taskId }) => taskId)).toEqual(["t1", "t2"]);
    });
  });

  describe("a store that is closed", () => {
    it("first does what it was asked before", async () => {
      const { store, reopen } = await worldOf(open);
      const accepted = store.accept(aTask("t1"));
      await store.close();
      expect(await accepted).toEqual({ outcome: "created" });
      expect((await (await reopen()).task("default", "t1"))?.task.id).toBe("t1");
    });

    it("may be closed again", async () => {
      const { store } = await worldOf(open);
      await store.close();
      await store.close();
    });

    it("answers everything with STORE_CLOSED", async () => {
      const { store } = await worldOf(open);
      await store.accept(aTask("t1"));
      const [delivery] = await store.pending("lane", 1);
      await store.close();
      const nothing = { accounts: [], channels: [], recipients: [] };
      const page = { status: "all", limit: 1, offset: 0 } as const;
      const answers = await Promise.allSettled([
        store.accept(aTask("t2")),
        store.task("default", "t1"),
        store.lanes(),
        store.pending("lane", 1),
        store.record(taken(delivery)),
        store.laneState("lane"),
        store.plan("p"),
        store.endings(1),
        store.failures(1),
        store.backlog(),
        store.applyDirectory("default", nothing, 1),
        store.directory("default"),
        store.notifications("default", page),
        store.notification("default", "n"),
        store.markRead("default", "n"),
        store.markAllRead("default"),
        store.deleteNotification("default", "n"),
        store.deleteAllNotifications("default"),
        store.notificationStatistics("default"),
        store.ping(),
        store.purge({ tasks: 1, keys: 1 }),
      ]);
      const codes = answers.map((answer) => (answer.status === "rejected" ? answer.reason.code : "answered"));
      expect(codes).toEqual(codes.map(() => "STORE_CLOSED"));
    });
  });

  it("a store that can take a write answers a ping", async () => {
    const { store } = await worldOf(open);
    await expect(store.ping()).resolves.toBeUndefined();
    expect(await store.lanes()).toEqual([]);
  });
}

function taken(delivery: DeliveryKey | undefined, said: Partial<Recorded> = {}): Recorded {
  if (!delivery) throw new Error("nothing waits");
  return { delivery, status: "success", attempts: 1, parts: 1, dueAt: 0, at: 2_000, start: [], ...said };
}

/** Ends what waits in a lane. */
async function settle(store: Store, lane: string): Promise<void> {
  for (const delivery of await store.pending(lane, 10)) {
    await store.record(taken(delivery, { taskStatus: "completed" }));
  }
}

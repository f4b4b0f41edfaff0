import { describe, expect, it } from "vitest";
import type { Notification } from "../../model/notification.ts";
import type { Store } from "../../store/store.ts";
import { type StoreWorlds, worldOf } from "./worlds.ts";

const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

function anItem(said: Partial<Notification> = {}): Omit<Notification, "id" | "status"> {
  return {
    title: "磁盘",
    message: "is full",
    type: "warning",
    strategy: "failover",
    style: "card",
    source: "yizhan",
    taskId: "t1",
    reason: "所有推送渠道均失败",
    createdAt: at,
    ...said,
  };
}

/** Adds items titled 1, 2, 3, …; the ids, in that order. */
async function filled(store: Store, count: number, said: Partial<Notification> = {}): Promise<string[]> {
  const added: string[] = [];
  for (let i = 1; i <= count; i++) {
    added.push((await store.addNotification("default", anItem({ title: `${i}`, ...said }), `key ${i}`)).id);
  }
  return added;
}

const everything = { status: "all", limit: 50, offset: 0 } as const;

/** The in-app inbox. */
export function inboxContract(open: StoreWorlds): void {
  describe("a notification", () => {
    it("gets an id of its second and a number, and is unread", async () => {
      const { store } = await worldOf(open);
      const added = await store.addNotification("default", anItem(), "key");
      expect(added).toEqual({
        ...anItem(),
        id: expect.stringMatching(/^notify_20260102030405_\d{6}$/),
        status: "unread",
      });
      expect(await store.notification("default", added.id)).toEqual(added);
    });

    it("of the same second has another id", async () => {
      const { store } = await worldOf(open);
      expect(new Set(await filled(store, 20)).size).toBe(20);
    });

    it("is stored once for its key, also when it arrives twice at once", async () => {
      const { store } = await worldOf(open);
      const add = () => store.addNotification("default", anItem(), "key");
      const [one, two] = await Promise.all([add(), add()]);
      expect(two).toEqual(one);
      expect(await add()).toEqual(one);
      expect((await store.notifications("default", everything)).total).toBe(1);
    });

    it("is a tenant's own", async () => {
      const { store } = await worldOf(open);
      const [id = ""] = await filled(store, 1);
      expect(await store.notification("other", id)).toBeUndefined();
      expect(await store.markRead("other", id)).toBe(false);
      expect(await store.deleteNotification("other", id)).toBe(false);
      expect(await store.deleteAllNotifications("other")).toBe(0);
      expect((await store.notifications("other", everything)).total).toBe(0);
      expect((await store.notification("default", id))?.status).toBe("unread");
    });

    it("survives a restart", async () => {
      const { store, reopen } = await worldOf(open);
      const [id = ""] = await filled(store, 1);
      await store.markRead("default", id);
      expect(await (await reopen()).notification("default", id)).toMatchObject({ id, status: "read" });
    });
  });

  describe("the list of notifications", () => {
    it("has the newest first, a page at a time, and how many there are in all", async () => {
      const { store } = await worldOf(open);
      await filled(store, 5);
      const page = await store.notifications("default", { status: "all", limit: 2, offset: 1 });
      expect(page.notifications.map(({ title }) => title)).toEqual(["4", "3"]);
      expect(page.total).toBe(5);
      const beyond = await store.notifications("default", { status: "all", limit: 2, offset: 10 });
      expect(beyond).toEqual({ notifications: [], total: 5 });
    });

    it("has only those that are read, or unread, when asked", async () => {
      const { store } = await worldOf(open);
      const ids = await filled(store, 3);
      await store.markRead("default", ids[1] ?? "");
      const titles = async (status: "read" | "unread") => {
        const { notifications, total } = await store.notifications("default", { ...everything, status });
        expect(total).toBe(notifications.length);
        return notifications.map(({ title }) => title);
      };
      expect(await titles("read")).toEqual(["2"]);
      expect(await titles("unread")).toEqual(["3", "1"]);
    });
  });

  describe("reading and deleting", () => {
    it("tells whether there was such an item", async () => {
      const { store } = await worldOf(open);
      const [id = ""] = await filled(store, 1);
      expect(await store.markRead("default", id)).toBe(true);
      expect(await store.markRead("default", id)).toBe(true);
      expect(await store.markRead("default", "notify_20260102030405_999999")).toBe(false);
      expect(await store.deleteNotification("default", id)).toBe(true);
      expect(await store.deleteNotification("default", id)).toBe(false);
      expect(await store.notification("default", id)).toBeUndefined();
    });

    it("of all tells how many", async () => {
      const { store } = await worldOf(open);
      const ids = await filled(store, 4);
      await store.markRead("default", ids[0] ?? "");
      expect(await store.markAllRead("default")).toBe(3);
      expect(await store.markAllRead("default")).toBe(0);
      expect(await store.deleteAllNotifications("default")).toBe(4);
      expect(await store.deleteAllNotifications("default")).toBe(0);
    });

    it("never gives the id of a deleted item to another", async () => {
      const { store } = await worldOf(open);
      const ids = await filled(store, 2);
      await store.deleteNotification("default", ids[1] ?? "");
      const next = await store.addNotification("default", anItem(), "another key");
      expect(ids).not.toContain(next.id);
    });
  });

  it("the statistics count by state and by type", async () => {
    const { store } = await worldOf(open);
    expect(await store.notificationStatistics("default")).toEqual({ total: 0, unread: 0, read: 0, by_type: {} });
    const ids = await filled(store, 2);
    await store.addNotification("default", anItem({ type: "error" }), "an error");
    await store.markRead("default", ids[0] ?? "");
    expect(await store.notificationStatistics("default")).toEqual({
      total: 3,
      unread: 2,
      read: 1,
      by_type: { warning: 2, error: 1 },
    });
  });
}

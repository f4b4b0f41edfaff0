import { describe, expect, it } from "vitest";
import type { Message } from "../../model/message.ts";
import { all, numbered, send } from "../../model/plan.ts";
import { aMessage, aTarget, aTask } from "../samples.ts";
import { type StoreWorlds, worldOf } from "./worlds.ts";

const DAY_MS = 24 * 3_600_000;

/** Accepting Tasks, and idempotency keys. */
export function taskContract(open: StoreWorlds): void {
  describe("a Task that was accepted", () => {
    it.each<[string, Message]>([
      ["plain", aMessage()],
      ["with mentions", aMessage({ mentions: { all: true, users: ["ou_1"], mobiles: ["13800000000"] } })],
      ["with actions", aMessage({ actions: [{ text: "看", url: "https://example.com/?a=1&b=2" }], style: "card" })],
      [
        "of any script",
        aMessage({ title: "磁盘 💾 ‏שלום", body: "第一行\n\t\"引号\" 'and' \\ 👩‍👩‍👧‍👦\u0000尾", level: "error" }),
      ],
      ["that is empty", aMessage({ title: "", body: "" })],
    ])("is read back as it was, %s", async (_, message) => {
      const { store } = await worldOf(open);
      const plan = numbered(all([send(aTarget("a")), send(aTarget("b", "beta"))]));
      const task = aTask("t1", { message, plan: { id: "p", plan }, start: [0, 1], createdAt: 5_000 });
      expect(await store.accept(task)).toEqual({ outcome: "created" });
      const found = await store.task("default", "t1");
      expect(found?.task).toEqual({
        tenant: "default",
        id: "t1",
        recipient: "ops",
        recipientName: "Operations",
        strategy: "failover",
        message,
        plan,
        status: "processing",
        createdAt: 5_000,
        updatedAt: 5_000,
      });
      const waiting = { task: "t1", status: "pending", attempts: 0, dueAt: 5_000, createdAt: 5_000, updatedAt: 5_000 };
      expect(found?.deliveries).toEqual([
        { ...waiting, leaf: 0, platform: "alpha", channel: "a", name: "a" },
        { ...waiting, leaf: 1, platform: "beta", channel: "b", name: "b" },
      ]);
    });

    it("has Deliveries only for the leaves that start", async () => {
      const { store } = await worldOf(open);
      const plan = numbered(all([send(aTarget("a")), send(aTarget("b")), send(aTarget("c"))]));
      await store.accept(aTask("t1", { plan: { id: "p", plan }, start: [1] }));
      expect((await store.task("default", "t1"))?.deliveries.map(({ channel }) => channel)).toEqual(["b"]);
      expect(await store.pending("a", 10)).toEqual([]);
    });

    it("has failed at once when nothing starts", async () => {
      const { store } = await worldOf(open);
      await store.accept(aTask("t1", { start: [] }));
      expect((await store.task("default", "t1"))?.task.status).toBe("failed");
    });

    it("is not shown to another tenant", async () => {
      const { store } = await worldOf(open);
      await store.accept(aTask("t1"));
      expect(await store.task("other", "t1")).toBeUndefined();
    });

    it("shares its Plan with those that have the same", async () => {
      const { store } = await worldOf(open);
      const task = aTask("t1");
      await store.accept(task);
      await store.accept(aTask("t2"));
      expect(await store.plan(task.plan.id)).toEqual(task.plan.plan);
      expect(await store.plan("no such plan")).toBeUndefined();
    });
  });

  it("a Task that nobody accepted is not found", async () => {
    const { store } = await worldOf(open);
    expect(await store.task("default", "t1")).toBeUndefined();
  });

  it("a Task with an id that is taken is refused, and changes nothing", async () => {
    const { store } = await worldOf(open);
    await store.accept(aTask("t1", { message: aMessage({ title: "first" }) }));
    await expect(store.accept(aTask("t1", { message: aMessage({ title: "second" }) }))).rejects.toThrow();
    expect((await store.task("default", "t1"))?.task.message.title).toBe("first");
    expect(await store.backlog()).toBe(1);
  });

  describe("an idempotency key", () => {
    const keyed = (id: string, bodyHash: string, createdAt = 1_000, tenant = "default") =>
      aTask(id, { tenant, createdAt, idempotency: { key: "k", bodyHash } });

    it("answers the first Task again for the same body, and adds nothing", async () => {
      const { store } = await worldOf(open);
      await store.accept(keyed("t1", "body"));
      const again = await store.accept(keyed("t2", "body", 2_000));
      expect(again).toMatchObject({ outcome: "replayed", task: { id: "t1", createdAt: 1_000 } });
      expect(await store.task("default", "t2")).toBeUndefined();
      expect(await store.backlog()).toBe(1);
    });

    it("is a conflict for another body", async () => {
      const { store } = await worldOf(open);
      await store.accept(keyed("t1", "body"));
      expect(await store.accept(keyed("t2", "another"))).toEqual({ outcome: "conflict" });
      expect(await store.task("default", "t2")).toBeUndefined();
    });

    it("is a tenant's own", async () => {
      const { store } = await worldOf(open);
      await store.accept(keyed("t1", "body"));
      expect(await store.accept(keyed("t2", "another", 1_000, "other"))).toEqual({ outcome: "created" });
    });

    it("holds for 24 hours, and is free afterwards", async () => {
      const { store } = await worldOf(open);
      await store.accept(keyed("t1", "body", 1_000));
      expect(await store.accept(keyed("t2", "body", 1_000 + DAY_MS))).toMatchObject({ outcome: "replayed" });
      expect(await store.accept(keyed("t3", "another", 1_001 + DAY_MS))).toEqual({ outcome: "created" });
      expect(await store.accept(keyed("t4", "another", 2_000 + DAY_MS))).toMatchObject({ task: { id: "t3" } });
    });

    it("makes one Task of many requests that arrive together", async () => {
      const { store } = await worldOf(open);
      const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => store.accept(keyed(`t${i}`, "body"))));
      expect(answers.filter(({ outcome }) => outcome === "created")).toHaveLength(1);
      expect(new Set(answers.flatMap((answer) => ("task" in answer ? [answer.task.id] : []))).size).toBe(1);
      expect(await store.backlog()).toBe(1);
    });

    it("makes one Task and one conflict of two bodies that arrive together", async () => {
      const { store } = await worldOf(open);
      const answers = await Promise.all([store.accept(keyed("t1", "one")), store.accept(keyed("t2", "two"))]);
      expect(answers.map(({ outcome }) => outcome)).toEqual(["created", "conflict"]);
    });
  });
}

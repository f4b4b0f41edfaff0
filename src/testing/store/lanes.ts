import { describe, expect, it } from "vitest";
import { first, numbered, send } from "../../model/plan.ts";
import type { PlatformError } from "../../model/platform-error.ts";
import type { DeliveryKey, LaneState, Recorded, Store } from "../../store/store.ts";
import { aTarget, aTask } from "../samples.ts";
import { type StoreWorlds, worldOf } from "./worlds.ts";

const down: PlatformError = { kind: "unavailable", code: "http-502", message: "HTTP 502", advice: "等待" };

/** A Task of two alternatives, `a` and then `b`. */
const failover = numbered(first([send(aTarget("a")), send(aTarget("b", "beta"))]));
const aFailover = (id: string, createdAt = 1_000) =>
  aTask(id, { plan: { id: "failover", plan: failover }, start: [0], createdAt });

function recorded(delivery: DeliveryKey, said: Partial<Recorded>): Recorded {
  return { delivery, status: "success", attempts: 1, parts: 1, dueAt: 0, at: 2_000, start: [], ...said };
}

async function firstOf(store: Store, lane: string) {
  const [delivery] = await store.pending(lane, 1);
  if (!delivery) throw new Error(`nothing waits in ${lane}`);
  return delivery;
}

/** What waits in lanes, and what became of it. */
export function laneContract(open: StoreWorlds): void {
  describe("a lane", () => {
    it("gives what waits in the order in which it was accepted, with all that sending needs", async () => {
      const { store } = await worldOf(open);
      await Promise.all(["t3", "t1", "t2"].map((id) => store.accept(aTask(id, { createdAt: 1_000 }))));
      const waiting = await store.pending("lane", 10);
      expect(waiting.map(({ taskId }) => taskId)).toEqual(["t3", "t1", "t2"]);
      const { message, plan } = aTask("t3");
      expect(waiting[0]).toEqual({
        taskSeq: waiting[0]?.taskSeq,
        leaf: 0,
        taskId: "t3",
        tenant: "default",
        plan: plan.id,
        strategy: "failover",
        message,
        attempts: 0,
        parts: 0,
        dueAt: 1_000,
        createdAt: 1_000,
      });
    });

    it("gives no more than asked for, and goes on after the one it is told", async () => {
      const { store } = await worldOf(open);
      for (const id of ["t1", "t2", "t3", "t4"]) await store.accept(aTask(id));
      const two = await store.pending("lane", 2);
      expect(two.map(({ taskId }) => taskId)).toEqual(["t1", "t2"]);
      const rest = await store.pending("lane", 10, two.at(-1));
      expect(rest.map(({ taskId }) => taskId)).toEqual(["t3", "t4"]);
    });

    it("knows two leaves of one Task apart", async () => {
      const { store } = await worldOf(open);
      const plan = numbered(first([send(aTarget("a")), send(aTarget("a"))]));
      await store.accept(aTask("t1", { plan: { id: "twice", plan }, start: [0, 1] }));
      const waiting = await store.pending("a", 10);
      expect(waiting.map(({ leaf }) => leaf)).toEqual([0, 1]);
      expect((await store.pending("a", 10, waiting[0])).map(({ leaf }) => leaf)).toEqual([1]);
    });

    it("is listed with the earliest time at which something in it is due, while something waits", async () => {
      const { store } = await worldOf(open);
      await store.accept(aTask("t1", { lane: "x", createdAt: 3_000 }));
      await store.accept(aTask("t2", { lane: "x", createdAt: 2_000 }));
      await store.accept(aTask("t3", { lane: "y", createdAt: 9_000 }));
      const byName = (await store.lanes()).toSorted((a, b) => a.lane.localeCompare(b.lane));
      expect(byName).toEqual([
        { lane: "x", dueAt: 2_000 },
        { lane: "y", dueAt: 9_000 },
      ]);
      await store.record(recorded(await firstOf(store, "y"), {}));
      expect((await store.lanes()).map(({ lane }) => lane)).toEqual(["x"]);
    });

    it("has no state until one is recorded, then has it exactly", async () => {
      const { store } = await worldOf(open);
      await store.accept(aTask("t1"));
      expect(await store.laneState("lane")).toBeUndefined();
      const states: LaneState[] = [
        { holdUntil: 9_000, holdKind: "unavailable", failures: 5, recent: [1, 2, 1_767_225_600_123] },
        { holdUntil: 0, holdKind: "none", failures: 0, recent: [] },
        { holdUntil: 1_767_225_600_000, holdKind: "rate-limited", failures: 0, recent: [7] },
      ];
      for (const state of states) {
        const delivery = await firstOf(store, "lane");
        await store.record(recorded(delivery, { status: "pending", lane: { channel: "lane", state } }));
        expect(await store.laneState("lane")).toEqual(state);
      }
    });
  });

  describe("what is recorded", () => {
    it("as taken, leaves its lane and shows in its Task", async () => {
      const { store } = await worldOf(open);
      await store.accept(aTask("t1"));
      const delivery = await firstOf(store, "lane");
      await store.record(recorded(delivery, { messageId: "om_1", taskStatus: "completed", at: 2_500 }));
      expect(await store.pending("lane", 10)).toEqual([]);
      const found = await store.task("default", "t1");
      expect(found?.task).toMatchObject({ status: "completed", createdAt: 1_000, updatedAt: 2_500 });
      expect(found?.deliveries).toEqual([
        {
          task: "t1",
          leaf: 0,
          platform: "alpha",
          channel: "lane",
          name: "lane",
          status: "success",
          attempts: 1,
          messageId: "om_1",
          createdAt: 1_000,
          updatedAt: 2_500,
        },
      ]);
    });

    it("as to be tried again, stays in its place with its attempts, parts and time", async () => {
      const { store } = await worldOf(open);
      await store.accept(aTask("t1"));
      await store.accept(aTask("t2"));
      const delivery = await firstOf(store, "lane");
      await store.record(recorded(delivery, { status: "pending", attempts: 2, parts: 3, dueAt: 7_000, error: down }));
      const waiting = await store.pending("lane", 10);
      expect(waiting.map(({ taskId }) => taskId)).toEqual(["t1", "t2"]);
      expect(waiting[0]).toMatchObject({ attempts: 2, parts: 3, dueAt: 7_000 });
      const found = await store.task("default", "t1");
      expect(found?.task.status).toBe("processing");
      expect(found?.deliveries[0]).toMatchObject({ status: "pending", attempts: 2, error: down });
    });

    it("as failed, starts what follows from it, due at once and in the Task's place of that lane", async () => {
      const { store } = await worldOf(open);
      await store.accept(aFailover("t1"));
      await store.accept(aTask("t2", { lane: "b" }));
      const delivery = await firstOf(store, "a");
      const start = [{ leaf: 1, channel: "b" }];
      await store.record(recorded(delivery, { status: "failed", error: down, start, at: 4_000 }));
      expect(await store.pending("a", 10)).toEqual([]);
      const waiting = await store.pending("b", 10);
      expect(waiting.map(({ taskId, leaf }) => [taskId, leaf])).toEqual([
        ["t1", 1],
        ["t2", 0],
      ]);
      expect(waiting[0]).toMatchObject({ attempts: 0, parts: 0, dueAt: 4_000, createdAt: 1_000 });
      const found = await store.task("default", "t1");
      expect(found?.task).toMatchObject({ status: "processing", updatedAt: 4_000 });
      expect(found?.deliveries.map(({ status, platform }) => [status, platform])).toEqual([
        ["failed", "alpha"],
        ["pending", "beta"],
      ]);
    });

    it("with an error keeps all of it", async () => {
      const { store } = await worldOf(open);
      await store.accept(aTask("t1"));
      const error: PlatformError = { ...down, kind: "rate-limited", retryAfterMs: 1_500, message: '频率 "超限"' };
      await store.record(recorded(await firstOf(store, "lane"), { status: "failed", error, taskStatus: "failed" }));
      const found = await store.task("default", "t1");
      expect(found?.deliveries[0]?.error).toEqual(error);
      expect(found?.task.status).toBe("failed");
    });

    it("twice, starts nothing twice", async () => {
      const { store } = await worldOf(open);
      await store.accept(aFailover("t1"));
      const failed = recorded(await firstOf(store, "a"), { status: "failed", start: [{ leaf: 1, channel: "b" }] });
      await store.record(failed);
      await store.record(recorded(await firstOf(store, "b"), {}));
      await store.record(failed);
      expect(await store.pending("b", 10)).toEqual([]);
      expect(await store.backlog()).toBe(0);
    });
  });

  describe("the endings of a Task", () => {
    it("are its leaves that ended, and how", async () => {
      const { store } = await worldOf(open);
      await store.accept(aFailover("t1"));
      const delivery = await firstOf(store, "a");
      expect(await store.endings(delivery.taskSeq)).toEqual(new Map());
      await store.record(recorded(delivery, { status: "failed", start: [{ leaf: 1, channel: "b" }] }));
      expect(await store.endings(delivery.taskSeq)).toEqual(new Map([[0, "failed"]]));
      await store.record(recorded(await firstOf(store, "b"), { taskStatus: "completed" }));
      expect(await store.endings(delivery.taskSeq)).toEqual(
        new Map([
          [0, "failed"],
          [1, "success"],
        ]),
      );
    });

    it("that are failures are told with their errors", async () => {
      const { store } = await worldOf(open);
      await store.accept(aFailover("t1"));
      await store.accept(aFailover("t2"));
      const delivery = await firstOf(store, "a");
      const start = [{ leaf: 1, channel: "b" }];
      await store.record(recorded(delivery, { status: "failed", attempts: 6, error: down, start }));
      await store.record(recorded(await firstOf(store, "b"), {}));
      const failures = await store.failures(delivery.taskSeq);
      expect(failures).toMatchObject([
        { task: "t1", leaf: 0, platform: "alpha", channel: "a", name: "a", status: "failed", attempts: 6, error: down },
      ]);
    });
  });

  it("the backlog counts what waits in all lanes", async () => {
    const { store } = await worldOf(open);
    expect(await store.backlog()).toBe(0);
    await Promise.all(["x", "y", "x"].map((lane, i) => store.accept(aTask(`t${i}`, { lane }))));
    expect(await store.backlog()).toBe(3);
    await store.record(recorded(await firstOf(store, "x"), {}));
    expect(await store.backlog()).toBe(2);
  });
}

import { describe, expect, it, onTestFinished } from "vitest";
import type { EventType } from "../model/event.ts";
import type { EventData } from "../model/event-data.ts";
import { all, numbered, send } from "../model/plan.ts";
import { aTarget, aTask } from "../testing/samples.ts";
import { sqliteWorld } from "../testing/sqlite-world.ts";
import { furthest } from "./message-record.ts";
import { Tracker } from "./tracker.ts";

const taskId = "00000000-0000-7000-8000-000000000001";

describe("a message that the hub sent", () => {
  it("is known by the Task's id, on every Channel it went to", async () => {
    const { tracker } = await setup();
    const record = await tracker.message("default", taskId);
    expect(record?.channels.map(({ channel, steps }) => [channel, steps.map(({ state }) => state)])).toEqual([
      ["a", ["accepted", "sent"]],
      ["b", ["accepted", "failed"]],
    ]);
    expect(record?.channels[1]?.steps[1]?.reason).toBe("[19021] sign match fail；请核对密钥");
  });

  it("is known by the platform's id too, there", async () => {
    const { tracker } = await setup();
    const record = await tracker.message("default", "om_1");
    expect(record).toMatchObject({ messageId: "om_1", task: taskId });
    expect(record?.channels.map(({ channel }) => channel)).toEqual(["a"]);
  });

  it("gathers what the platform tells of it, by person, in the order of time", async () => {
    const { tracker, tell } = await setup();
    await tell("yizhan.message.status", { messageId: "om_1", state: "read", person: { id: "u2" } }, 9_000);
    await tell("yizhan.message.status", { messageId: "om_1", state: "read", person: { id: "u1" } }, 8_000);
    const record = await tracker.message("default", taskId);
    const steps = record?.channels[0]?.steps ?? [];
    expect(steps.map(({ state, at, person }) => [state, at, person?.id])).toEqual([
      ["accepted", 1_000, undefined],
      ["sent", 2_000, undefined],
      ["read", 8_000, "u1"],
      ["read", 9_000, "u2"],
    ]);
    expect(furthest(steps)).toBe("read");
  });

  it("shows what people did with it", async () => {
    const { tracker, tell } = await setup();
    await tell(
      "yizhan.message.interaction",
      { messageId: "om_1", kind: "click", person: { id: "u1" }, key: "ack" },
      9_000,
    );
    const record = await tracker.message("default", "om_1");
    expect(record?.channels[0]?.interactions).toMatchObject([{ kind: "click", key: "ack", at: 9_000 }]);
  });

  it("is not mixed up with another platform's message of the same id", async () => {
    const { tracker, tell } = await setup();
    await tell("yizhan.message.status", { messageId: "om_1", state: "recalled" }, 9_000, "elsewhere");
    const record = await tracker.message("default", taskId);
    expect(furthest(record?.channels[0]?.steps ?? [])).toBe("sent");
  });
});

describe("a message that somebody else sent", () => {
  it("is known by what the platform told of it", async () => {
    const { tracker, tell } = await setup();
    await tell("yizhan.message.status", { messageId: "om_9", state: "delivered" }, 9_000);
    expect(await tracker.message("default", "om_9")).toMatchObject({
      messageId: "om_9",
      channels: [{ platform: "alpha", channel: "main", steps: [{ state: "delivered", at: 9_000 }] }],
    });
  });
});

describe("a message that nobody knows", () => {
  it("is none, and neither is another tenant's", async () => {
    const { tracker } = await setup();
    expect(await tracker.message("default", "nothing")).toBeUndefined();
    expect(await tracker.message("other", taskId)).toBeUndefined();
    expect(await tracker.message("other", "om_1")).toBeUndefined();
  });
});

/** A Task for two Channels: the platform of the first took it as `om_1`, that of the second refused. */
async function setup() {
  const world = await sqliteWorld();
  onTestFinished(() => world.remove());
  const { store } = world;
  const plan = numbered(all([send(aTarget("a")), send(aTarget("b", "beta"))]));
  await store.accept(aTask(taskId, { plan: { id: "p", plan }, start: [0, 1] }));
  const [pending] = await store.pending("a", 1);
  const taskSeq = pending?.taskSeq ?? 0;
  const recorded = { attempts: 1, parts: 1, dueAt: 0, at: 2_000, start: [] };
  await store.record({ delivery: { taskSeq, leaf: 0 }, status: "success", messageId: "om_1", ...recorded });
  const error = { kind: "unauthorized", code: "19021", message: "sign match fail", advice: "请核对密钥" } as const;
  await store.record({ delivery: { taskSeq, leaf: 1 }, status: "failed", error, ...recorded });

  let count = 0;
  const tell = async <Type extends EventType>(type: Type, data: EventData[Type], at: number, platform = "alpha") => {
    const message = "messageId" in data ? String(data.messageId) : undefined;
    const event = { id: `e${++count}`, type, message, key: `k${count}`, at, data };
    await store.arrive({ tenant: "default", account: "main", platform, receivedAt: at, events: [event], raw: "" });
  };
  return { tracker: new Tracker(store), tell };
}

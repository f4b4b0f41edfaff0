import { describe, expect, it } from "vitest";
import type { MessageStatus } from "../model/event-data.ts";
import { type AppsWorld, appsWorld } from "../testing/apps-world.ts";
import type { Watched } from "./polling.ts";

const direct = { tenant: "default", platform: "dingtalk", account: "main", messageId: "key/1==", kind: "direct" };

describe("a message that is watched", () => {
  it("becomes an Event for each state of each person, once, and is asked about no more when all have read it", async () => {
    const world = await watching(direct);
    const people = (...states: string[]) =>
      states.map((readStatus, n) => ({ name: `n${n}`, userId: `u${n}`, readStatus }));
    world.sandbox.apis.setStatus("dingtalk", "key/1==", {
      sendStatus: "SUCCESS",
      messageReadInfoList: people("READ", "UNREAD"),
    });
    await world.clock.advance(30_000);
    await world.until(async () => (await statesOf(world)).length === 2);
    world.sandbox.apis.setStatus("dingtalk", "key/1==", {
      sendStatus: "SUCCESS",
      messageReadInfoList: people("READ", "READ"),
    });
    await nextAsked(world);
    await world.clock.advance(90_000);
    await world.until(async () => (await world.store.jobCount("status")) === 0);
    expect(await statesOf(world)).toEqual(["sent ", "read u0", "read u1"]);
  });

  it("is asked about again where the platform does not know it yet", async () => {
    const world = await watching(direct);
    await world.clock.advance(30_000);
    await nextAsked(world);
    world.sandbox.apis.setStatus("dingtalk", "key/1==", { sendStatus: "RECALLED", messageReadInfoList: [] });
    await world.clock.advance(90_000);
    await world.until(async () => (await world.store.jobCount("status")) === 0);
    expect(await statesOf(world)).toEqual(["recalled "]);
  });

  it("to a group of DingTalk tells who read it", async () => {
    const world = await watching({ ...direct, kind: "group", chat: "cid" });
    world.sandbox.apis.setStatus("dingtalk", "key/1==", { sendStatus: "SUCCESS", readUserIds: ["a", "b"] });
    await world.clock.advance(30_000);
    await world.until(async () => (await statesOf(world)).length === 3);
    expect(await statesOf(world)).toEqual(["sent ", "read a", "read b"]);
  });

  it("to a group of Feishu tells who read it and when, page by page", async () => {
    const world = await watching({ ...direct, platform: "feishu", kind: "group", messageId: "om_1" });
    const items = Array.from({ length: 150 }, (_, n) => ({ user_id: `ou_${n}`, timestamp: "1767225600000" }));
    world.sandbox.apis.setStatus("feishu", "om_1", { items });
    await world.clock.advance(30_000);
    await world.until(async () => (await statesOf(world, "om_1")).length === 150);
    const [first] = await world.store.eventsOfMessage("default", "om_1", 1);
    expect(first?.event).toMatchObject({ time: "2026-01-01T00:00:00.000Z", account: "main", platform: "feishu" });
  });

  it("that is a work notification tells who got it, who read it and who did not, and why", async () => {
    const world = await watching({ ...direct, kind: "work-notification", agent: "42" });
    world.sandbox.apis.setStatus("dingtalk", "key/1==", {
      read_user_id_list: ["a"],
      unread_user_id_list: ["b"],
      forbidden_user_id_list: ["c"],
      forbidden_list: [{ userid: "c", code: "143106", count: 1 }],
      invalid_user_id_list: ["d"],
    });
    await world.clock.advance(30_000);
    await world.until(async () => (await statesOf(world)).length === 5);
    expect(await statesOf(world)).toEqual(["sent a", "sent b", "read a", "failed d invalid", "failed c 143106"]);
  });

  it("is given up when the platform refuses to tell, saying why", async () => {
    const world = await watching({ ...direct, platform: "feishu", kind: "group", messageId: "om_unknown" });
    await world.clock.advance(30_000);
    await world.until(async () => world.told.length > 0);
    expect(world.told).toEqual([expect.stringContaining("gave up om_unknown: [230001]")]);
    await world.until(async () => (await world.store.jobCount("status")) === 0);
  });

  it("that was sent a while ago is asked about at once, and then as if it had been watched from the start", async () => {
    const world = await appsWorld();
    world.polling.start();
    const { clock } = world;
    const sentAt = clock.now() - 5 * 60_000;
    expect(await world.polling.watch(direct, sentAt)).toEqual({ outcome: "watching", nextAt: clock.now() });
    const people = [{ name: "n", userId: "u", readStatus: "UNREAD" }];
    world.sandbox.apis.setStatus("dingtalk", "key/1==", { sendStatus: "SUCCESS", messageReadInfoList: people });
    await clock.advance(1);
    await world.until(async () => (await statesOf(world)).length === 1);
    await world.until(async () => (await world.store.nextJobAt("status")) === sentAt + 10 * 60_000);
  });

  it("that is to be sent only in a moment, by the sender's clock, counts as sent now", async () => {
    const world = await appsWorld();
    const now = world.clock.now();
    expect(await world.polling.watch(direct, now + 5_000)).toEqual({ outcome: "watching", nextAt: now + 30_000 });
  });

  it("is watched once", async () => {
    const world = await watching(direct);
    expect(await world.polling.watch(direct)).toEqual({ outcome: "known" });
    expect(await world.store.jobCount("status")).toBe(1);
  });
});

describe("a message that cannot be watched", () => {
  it("as the platform has forgotten it, is refused", async () => {
    const world = await appsWorld();
    const limitMs = 24 * 3_600_000;
    expect(await world.polling.watch(direct, world.clock.now() - limitMs)).toEqual({ outcome: "too-old", limitMs });
    expect(await world.store.jobCount("status")).toBe(0);
  });

  it.each<[string, Partial<Watched>, object]>([
    ["of an account that nobody configured", { account: "other" }, { outcome: "unknown-account" }],
    [
      "of a kind that the platform does not tell of",
      { kind: "card" },
      { outcome: "unknown-kind", kinds: ["direct", "group", "work-notification"] },
    ],
    ["of a platform that tells nothing", { platform: "wecom" }, { outcome: "unknown-kind", kinds: [] }],
    ["to a group that is not named", { kind: "group" }, { outcome: "lacking", field: "chat" }],
    ["of an app that is not named", { kind: "work-notification" }, { outcome: "lacking", field: "agent" }],
    [
      "of a kind named like what every object has",
      { kind: "constructor" },
      expect.objectContaining({ outcome: "unknown-kind" }),
    ],
  ])("%s, is refused", async (_what, change, result) => {
    const world = await appsWorld();
    expect(await world.polling.watch({ ...direct, ...change })).toEqual(result);
    expect(await world.store.jobCount("status")).toBe(0);
  });
});

async function watching(message: Watched): Promise<AppsWorld> {
  const world = await appsWorld();
  world.polling.start();
  const nextAt = world.clock.now() + 30_000;
  expect(await world.polling.watch(message)).toEqual({ outcome: "watching", nextAt });
  return world;
}

/** The answer was taken in, and the next question is 2 minutes after sending. */
async function nextAsked(world: AppsWorld): Promise<void> {
  const due = world.clock.now() + 90_000;
  await world.until(async () => (await world.store.nextJobAt("status")) === due);
}

async function statesOf({ store }: AppsWorld, message = direct.messageId): Promise<string[]> {
  const events = await store.eventsOfMessage("default", message, 1_000);
  return events.map(({ event }) => {
    const { state, person, reason } = event.data as MessageStatus;
    return `${state} ${person?.id ?? ""}${reason === undefined ? "" : ` ${reason}`}`;
  });
}

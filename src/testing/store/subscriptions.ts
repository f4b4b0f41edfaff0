import { describe, expect, it } from "vitest";
import type { Store, SubscriptionSettings, SubscriptionStep } from "../../store/store.ts";
import { type StoreWorlds, worldOf } from "./worlds.ts";

const at = Date.UTC(2026, 0, 2);

const wanted: SubscriptionSettings = {
  url: "https://example.com/hook?token=hush",
  secrets: [{ secret: "whsec_new" }, { secret: "whsec_old", until: at + 1 }],
  types: [],
  enabled: true,
};

/** Stores Events that arrived a second apart; their places. */
async function arrived(store: Store, count: number, account = "a", tenant = "default"): Promise<number[]> {
  const seqs: number[] = [];
  for (let n = 0; n < count; n++) {
    const id = `${tenant} ${account} ${(await store.newestEvent(tenant)) + 1}`;
    const event = { id, type: "yizhan.message.received", key: id, at, data: {} } as const;
    const receivedAt = at + n * 1_000;
    const stored = await store.arrive({ tenant, account, platform: "feishu", receivedAt, events: [event], raw: "" });
    if (stored.outcome === "stored") seqs.push(...stored.fresh.map(({ seq }) => seq));
  }
  return seqs;
}

function step(event: SubscriptionStep["event"], said: Partial<SubscriptionStep> = {}): SubscriptionStep {
  return { subscription: "s1", at, holdUntil: 0, failures: 0, event, ...said };
}

function failed(seq: number, outcome: "parked" | "dead", dueAt = at): SubscriptionStep["event"] {
  return { seq, outcome, attempts: 3, dueAt, error: "HTTP 500" };
}

/** Outgoing subscriptions, and the cursors of handlers. */
export function subscriptionContract(open: StoreWorlds): void {
  describe("a subscription", () => {
    it("starts after the newest Event of its tenant, and is read back as it was written", async () => {
      const { store, reopen } = await worldOf(open);
      const [, last] = await arrived(store, 2);
      await arrived(store, 1, "a", "other");
      const added = await store.addSubscription("default", "s1", wanted, at);
      const expected = { id: "s1", tenant: "default", ...wanted, cursor: last, holdUntil: 0, failures: 0 };
      expect(added).toEqual({ ...expected, createdAt: at, updatedAt: at });
      expect(await (await reopen()).subscription("s1")).toEqual(added);
    });

    it("is changed as a whole, and held no longer; its cursor stays", async () => {
      const { store } = await worldOf(open);
      await store.addSubscription("default", "s1", { ...wanted, accounts: ["a"] }, at);
      const [seq = 0] = await arrived(store, 1);
      await store.recordStep(step(undefined, { cursor: seq, holdUntil: at + 9, failures: 4, disable: "HTTP 410" }));
      expect(await store.subscription("s1")).toMatchObject({
        cursor: seq,
        holdUntil: at + 9,
        failures: 4,
        enabled: false,
        disabledReason: "HTTP 410",
      });
      const changed = await store.changeSubscription("default", "s1", { ...wanted, types: ["t"] }, at + 5);
      expect(changed).toEqual({
        ...wanted,
        id: "s1",
        tenant: "default",
        types: ["t"],
        cursor: seq,
        holdUntil: 0,
        failures: 0,
        createdAt: at,
        updatedAt: at + 5,
      });
    });

    it("is a tenant's own", async () => {
      const { store } = await worldOf(open);
      await store.addSubscription("default", "s1", wanted, at);
      expect(await store.subscriptions("other")).toEqual([]);
      expect(await store.changeSubscription("other", "s1", { ...wanted, enabled: false }, at)).toBeUndefined();
      expect(await store.deleteSubscription("other", "s1")).toBe(false);
      expect(await store.subscriptions("default")).toMatchObject([{ id: "s1", enabled: true }]);
    });

    it("takes with it what was parked, when it is deleted; a step that comes late is nothing", async () => {
      const { store } = await worldOf(open);
      await store.addSubscription("default", "s1", wanted, at);
      const [seq = 0] = await arrived(store, 1);
      await store.recordStep(step(failed(seq, "parked")));
      expect(await store.deleteSubscription("default", "s1")).toBe(true);
      await store.recordStep(step(failed(seq, "parked")));
      expect(await store.parked("s1", 10)).toEqual([]);
      expect(await store.deleteSubscription("default", "s1")).toBe(false);
    });

    it("never goes back", async () => {
      const { store } = await worldOf(open);
      await store.addSubscription("default", "s1", wanted, at);
      await store.recordStep(step(undefined, { cursor: 7 }));
      await store.recordStep(step(undefined, { cursor: 5 }));
      expect((await store.subscription("s1"))?.cursor).toBe(7);
    });
  });

  describe("a parked Event", () => {
    it("waits with the others, the first due first, until it is delivered", async () => {
      const { store, reopen } = await worldOf(open);
      await store.addSubscription("default", "s1", wanted, at);
      const [one = 0, two = 0] = await arrived(store, 2);
      await store.recordStep(step(failed(one, "parked", at + 20)));
      await store.recordStep(step(failed(two, "parked", at + 10)));
      const again = await reopen();
      const first = { seq: two, attempts: 3, dueAt: at + 10, error: "HTTP 500", type: "yizhan.message.received" };
      expect(await again.parked("s1", 10)).toMatchObject([first, { seq: one }]);
      expect(await again.parked("s1", 1)).toHaveLength(1);
      await again.recordStep(step({ seq: two, outcome: "delivered" }));
      expect(await again.parked("s1", 10)).toMatchObject([{ seq: one }]);
    });

    it("that is given up is a dead letter, newest first, and can start over", async () => {
      const { store } = await worldOf(open);
      await store.addSubscription("default", "s1", wanted, at);
      const [one = 0, two = 0] = await arrived(store, 2);
      await store.recordStep(step(failed(one, "dead")));
      await store.recordStep(step(failed(two, "dead")));
      expect(await store.parked("s1", 10)).toEqual([]);
      const [newest] = await store.deadLetters("s1", { limit: 1 });
      expect(newest).toMatchObject({ seq: two, attempts: 3 });
      expect(await store.deadLetters("s1", { limit: 5, before: two })).toMatchObject([{ seq: one }]);
      expect(await store.retryDeadLetter("s1", newest?.id ?? "", at + 5)).toBe(true);
      expect(await store.retryDeadLetter("s1", newest?.id ?? "", at + 5)).toBe(false);
      expect(await store.parked("s1", 10)).toMatchObject([{ seq: two, attempts: 0, dueAt: at + 5 }]);
    });

    it("goes with its Event when that is purged, and one that is purged is not parked", async () => {
      const { store } = await worldOf(open);
      await store.addSubscription("default", "s1", wanted, at);
      const [seq = 0] = await arrived(store, 1);
      await store.recordStep(step(failed(seq, "dead")));
      await store.purge({ tasks: at + 1, keys: at });
      expect(await store.deadLetters("s1", { limit: 10 })).toEqual([]);
      await store.recordStep(step(failed(seq, "parked"), { cursor: seq }));
      expect(await store.parked("s1", 10)).toEqual([]);
      expect((await store.subscription("s1"))?.cursor).toBe(seq);
    });
  });

  describe("a replay", () => {
    it("of one Event parks it as due, with the attempts it had", async () => {
      const { store } = await worldOf(open);
      const [fresh = 0, waiting = 0, dead = 0] = await arrived(store, 3);
      await store.addSubscription("default", "s1", wanted, at);
      await store.recordStep(step(failed(waiting, "parked", at + 100)));
      await store.recordStep(step(failed(dead, "dead")));
      for (const seq of [fresh, waiting, dead]) await store.replayEvent("s1", seq, at + 1);
      expect((await store.parked("s1", 10)).map(({ seq, attempts, dueAt }) => [seq, attempts, dueAt])).toEqual([
        [fresh, 0, at + 1],
        [waiting, 3, at + 1],
        [dead, 0, at + 1],
      ]);
    });

    it("of a span counts what matches, goes on where it was, and ends", async () => {
      const { store, reopen } = await worldOf(open);
      const [, second = 0, third = 0] = await arrived(store, 4);
      await arrived(store, 4, "other");
      await arrived(store, 4, "a", "another tenant");
      await store.addSubscription("default", "s1", { ...wanted, accounts: ["feishu/a"] }, at);
      expect(await store.replaySpan("s1", at + 1_000, at + 3_000)).toBe(2);
      expect(await store.replaySpan("s1", at + 90_000, at + 99_000)).toBe(0);
      const [replay] = await store.replays("s1", 10);
      expect(replay).toMatchObject({ cursor: second - 1, untilSeq: third });
      const id = replay?.id ?? 0;
      await store.recordStep(step({ seq: second, outcome: "delivered" }, { replay: { id, cursor: second } }));
      const again = await reopen();
      expect(await again.replays("s1", 10)).toEqual([{ id, cursor: second, untilSeq: third }]);
      await again.recordStep(step(undefined, { replay: { id, cursor: third } }));
      expect(await again.replays("s1", 10)).toEqual([]);
    });
  });

  it("the state of a subscription counts what waits, and only what it asks for", async () => {
    const { store } = await worldOf(open);
    await store.addSubscription(
      "default",
      "s1",
      { ...wanted, types: ["yizhan.message.received"], accounts: ["a"] },
      at,
    );
    const [one = 0, two = 0] = await arrived(store, 3);
    await arrived(store, 2, "b");
    await store.recordStep(step(failed(one, "parked"), { cursor: one }));
    await store.recordStep(step(failed(two, "dead"), { cursor: two }));
    await store.replaySpan("s1", at, at + 1);
    expect(await store.subscriptionState("s1")).toEqual({ parked: 1, dead: 1, replays: 1, behind: 1 });
  });

  describe("a handler's cursor", () => {
    it("starts at the newest Event of its tenant, and stays where it was moved to", async () => {
      const { store, reopen } = await worldOf(open);
      expect(await store.handlerCursor("default", "early")).toBe(0);
      const [one = 0, two = 0] = await arrived(store, 2);
      expect(await store.newestEvent("default")).toBe(two);
      expect(await store.newestEvent("other")).toBe(0);
      expect(await store.handlerCursor("default", "early")).toBe(0);
      expect(await store.handlerCursor("default", "late")).toBe(two);
      await store.moveHandler("default", "early", one);
      const again = await reopen();
      expect(await again.handlerCursor("default", "early")).toBe(one);
      expect(await again.handlerCursor("other", "early")).toBe(0);
    });
  });
}

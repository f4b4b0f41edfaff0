import { describe, expect, it } from "vitest";
import type { ForwardLane, NewForwards } from "../../model/forward.ts";
import type { Arrival, Store } from "../../store/store.ts";
import { type StoreWorlds, worldOf } from "./worlds.ts";

const tenant = "default";
const relay = "wework";
const lane: ForwardLane = { relay, receiver: "crm", chat: "c1" };

/** Callbacks on their way to a relay's receivers. */
export function forwardContract(open: StoreWorlds): void {
  describe("a callback that is passed on", () => {
    it("waits for each receiver, byte for byte, and over a restart", async () => {
      const { store, reopen } = await worldOf(open);
      await store.arrive(arrivalOf(1, { receivers: ["crm", "oa"], raw: "<xml>明文</xml>" }));
      const again = await reopen();
      for (const receiver of ["crm", "oa"]) {
        expect(await again.forwards.next(tenant, { ...lane, receiver })).toMatchObject({
          id: `f1-${receiver}`,
          receiver,
          state: "waiting",
          attempts: 0,
          refusals: 0,
          replays: 0,
          key: "k1",
          raw: "<xml>明文</xml>",
          receivedAt: 1,
          request: { ...requestOf(1), body: Buffer.from([0, 255, 13, 1]) },
        });
      }
    });

    it("is stored together with its Events, and not again for a repeat", async () => {
      const { store } = await worldOf(open);
      await store.arrive(arrivalOf(1));
      await store.arrive({ ...arrivalOf(1), forwards: forwardsOf(2) });
      await store.arrive(arrivalOf(1, { event: "other" }));
      expect(await ids(store)).toEqual(["f1-crm"]);
    });

    it("is stored once too when it is no Event that anybody knows", async () => {
      const { store } = await worldOf(open);
      await store.arrive({ ...arrivalOf(1), events: [] });
      await store.arrive({ ...arrivalOf(1), events: [] });
      expect(await ids(store)).toEqual(["f1-crm"]);
    });

    it("is not stored for a replay", async () => {
      const { store } = await worldOf(open);
      const nonce = { value: "n", bodyHash: "one", until: 9_000 };
      await store.arrive({ ...arrivalOf(1), nonce });
      for (const events of [arrivalOf(2).events, []]) {
        const forged = { ...arrivalOf(2), events, nonce: { ...nonce, bodyHash: "two" } };
        expect(await store.arrive(forged)).toEqual({ outcome: "replayed" });
      }
      expect(await ids(store)).toEqual(["f1-crm"]);
    });

    it("keeps its order within a lane, and lanes apart", async () => {
      const { store } = await worldOf(open);
      await store.arrive(arrivalOf(1));
      await store.arrive(arrivalOf(2, { chat: "c2" }));
      await store.arrive(arrivalOf(3));
      expect(await store.forwards.lanes(tenant)).toEqual([
        { ...lane, dueAt: 1 },
        { ...lane, chat: "c2", dueAt: 2 },
      ]);
      await settle(store, lane, "done");
      expect((await store.forwards.next(tenant, lane))?.id).toBe("f3-crm");
      await settle(store, lane, "done");
      expect(await store.forwards.next(tenant, lane)).toBeUndefined();
      expect(await store.forwards.lanes(tenant)).toEqual([{ ...lane, chat: "c2", dueAt: 2 }]);
    });

    it("is another tenant's and another relay's business", async () => {
      const { store } = await worldOf(open);
      await store.arrive(arrivalOf(1));
      expect(await store.forwards.next("guest", lane)).toBeUndefined();
      expect(await store.forwards.get(tenant, "other", "f1-crm")).toBeUndefined();
      expect(await store.forwards.page("guest", { relay }, { limit: 9 })).toEqual([]);
    });
  });

  describe("a forward that was tried", () => {
    it("stays first until its time, with what went wrong", async () => {
      const { store } = await worldOf(open);
      await store.arrive(arrivalOf(1));
      await store.arrive(arrivalOf(2));
      const step = { state: "waiting", attempts: 3, refusals: 1, dueAt: 900, error: "HTTP 500", at: 20 } as const;
      await store.forwards.record({ seq: (await first(store)).seq, ...step });
      expect(await first(store)).toMatchObject({ id: "f1-crm", attempts: 3, dueAt: 900, error: "HTTP 500" });
      await store.forwards.release(tenant, relay, "crm", 30);
      expect((await first(store)).dueAt).toBe(30);
    });

    it("that is dead lets the next one pass", async () => {
      const { store } = await worldOf(open);
      await store.arrive(arrivalOf(1));
      await store.arrive(arrivalOf(2));
      await settle(store, lane, "dead");
      expect((await first(store)).id).toBe("f2-crm");
      expect(await store.forwards.counts(tenant)).toEqual([
        { relay, receiver: "crm", waiting: 1, dead: 1, oldestWaiting: 2 },
      ]);
    });

    it("goes nowhere when it was skipped meanwhile", async () => {
      const { store } = await worldOf(open);
      await store.arrive(arrivalOf(1));
      const { seq } = await first(store);
      expect(await store.forwards.skip(tenant, relay, "f1-crm", 5)).toMatchObject({ state: "skipped", updatedAt: 5 });
      const step = { seq, state: "waiting", attempts: 1, refusals: 0, dueAt: 9, at: 6 } as const;
      await store.forwards.record(step);
      expect(await store.forwards.get(tenant, relay, "f1-crm")).toMatchObject({ state: "skipped", attempts: 0 });
      expect(await store.forwards.counts(tenant)).toEqual([]);
      expect(await store.forwards.skip(tenant, relay, "nothing", 5)).toBeUndefined();
    });

    it("that is done stays so when somebody skips it", async () => {
      const { store } = await worldOf(open);
      await store.arrive(arrivalOf(1));
      await settle(store, lane, "done");
      expect(await store.forwards.skip(tenant, relay, "f1-crm", 5)).toMatchObject({ state: "done" });
    });
  });

  describe("a replay", () => {
    it("of one has it wait again, with its refusals forgotten and its attempts not", async () => {
      const { store } = await worldOf(open);
      await store.arrive(arrivalOf(1));
      await settle(store, lane, "dead", { attempts: 10, refusals: 10 });
      expect(await store.forwards.replay(tenant, relay, "f1-crm", 70)).toMatchObject({
        state: "waiting",
        attempts: 10,
        refusals: 0,
        replays: 1,
        dueAt: 70,
      });
      expect(await store.forwards.replay(tenant, relay, "f1-crm", 80)).toMatchObject({ replays: 1, dueAt: 70 });
      expect(await store.forwards.replay(tenant, relay, "nothing", 80)).toBeUndefined();
    });

    it("of a span takes what came in it and waits no longer, for one receiver or all, in order", async () => {
      const { store } = await worldOf(open);
      for (const n of [1, 2, 3, 4]) await store.arrive(arrivalOf(n, { receivers: ["crm", "oa"] }));
      for (const receiver of ["crm", "oa"]) {
        for (const state of ["done", "dead", "done"] as const) await settle(store, { ...lane, receiver }, state);
      }
      const span = { relay, since: 2, until: 5 };
      expect(await store.forwards.replaySpan(tenant, { ...span, receiver: "crm", states: ["dead"] }, 90)).toBe(1);
      expect(await store.forwards.replaySpan(tenant, span, 91)).toBe(3);
      expect((await first(store)).id).toBe("f2-crm");
      await settle(store, lane, "done");
      expect((await first(store)).id).toBe("f3-crm");
    });

    it("of a long span takes all of it", async () => {
      const { store } = await worldOf(open);
      await Promise.all(Array.from({ length: 1_201 }, (_, n) => store.arrive(arrivalOf(n + 1, { chat: `${n}` }))));
      for (const { chat } of await store.forwards.lanes(tenant)) await settle(store, { ...lane, chat }, "done");
      expect(await store.forwards.replaySpan(tenant, { relay }, 90)).toBe(1_201);
      expect(await store.forwards.counts(tenant)).toMatchObject([{ waiting: 1_201 }]);
    });
  });

  describe("forwards that are looked at", () => {
    it("come newest first, a page at a time, by state, receiver and time", async () => {
      const { store } = await worldOf(open);
      for (const n of [1, 2, 3]) await store.arrive(arrivalOf(n, { receivers: ["crm", "oa"] }));
      await settle(store, lane, "done");
      const page = async (filter: object, more = {}) =>
        (await store.forwards.page(tenant, { relay, ...filter }, { limit: 2, ...more })).map(({ id }) => id);
      expect(await page({})).toEqual(["f3-oa", "f3-crm"]);
      const [, second] = await store.forwards.page(tenant, { relay }, { limit: 2 });
      expect(await page({}, { before: second?.seq })).toEqual(["f2-oa", "f2-crm"]);
      expect(await page({ states: ["done"] })).toEqual(["f1-crm"]);
      expect(await page({ receiver: "oa", since: 2, until: 3 })).toEqual(["f2-oa"]);
      expect(await page({ states: [] })).toEqual([]);
    });
  });

  describe("old forwards", () => {
    it("go when they are settled, and with the last of them what they carried", async () => {
      const { store } = await worldOf(open);
      for (const n of [1, 2, 3]) await store.arrive(arrivalOf(n, { receivers: ["crm", "oa"] }));
      await settle(store, lane, "done");
      await settle(store, lane, "dead");
      await store.forwards.skip(tenant, relay, "f3-crm", 5);
      await settle(store, { ...lane, receiver: "oa" }, "done");
      await store.purge({ tasks: 3, keys: 0 });
      expect((await ids(store)).sort()).toEqual(["f2-crm", "f2-oa", "f3-crm", "f3-oa"]);
      // What the callback was is gone with its last Forward: it is new if it comes again.
      await store.arrive(arrivalOf(1));
      expect(await ids(store)).toContain("f1-crm");
      expect((await store.forwards.next(tenant, { ...lane, receiver: "oa" }))?.id).toBe("f2-oa");
    });
  });
}

async function ids(store: Store): Promise<string[]> {
  return (await store.forwards.page(tenant, { relay }, { limit: 100 })).map(({ id }) => id);
}

async function first(store: Store) {
  const found = await store.forwards.next(tenant, lane);
  if (!found) throw new Error("nothing waits");
  return found;
}

async function settle(store: Store, where: ForwardLane, state: "done" | "dead", counts = { attempts: 1, refusals: 0 }) {
  const found = await store.forwards.next(tenant, where);
  if (!found) throw new Error("nothing waits");
  await store.forwards.record({ seq: found.seq, state, ...counts, dueAt: 0, at: 10 });
}

interface Given {
  readonly event?: string;
  readonly chat?: string;
  readonly receivers?: readonly string[];
  readonly raw?: string;
}

/** The n-th callback, which came at that millisecond. */
function arrivalOf(n: number, given: Given = {}): Arrival {
  const { event = `e${n}` } = given;
  const events = [{ id: event, type: "yizhan.app.other", key: event, at: 1, data: {} } as const];
  const forwards = forwardsOf(n, given);
  return { tenant, platform: "chatter", account: "main", receivedAt: n, events, raw: "", forwards };
}

function forwardsOf(n: number, { chat = "c1", receivers = ["crm"], raw }: Given = {}): NewForwards {
  const to = receivers.map((receiver) => ({ id: `f${n}-${receiver}`, receiver }));
  return { relay, key: `k${n}`, chat, request: requestOf(n), raw, to };
}

function requestOf(n: number) {
  const headers = ["Content-Type", "text/xml", "X-Two", "a", "X-Two", "b"];
  return { method: "POST", path: "/a%2Fb", query: "msg_signature=%2B", headers, body: Uint8Array.of(0, 255, 13, n) };
}

import { describe, expect, it } from "vitest";
import type { Arrival, EventPage, NewEvent, Store } from "../../store/store.ts";
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

    it("is found by the message it is about, with all others about it in their order, also after a restart", async () => {
      const { store, reopen } = await worldOf(open);
      const about = (id: string, message: string) => arrivalOf("main", id, id, { message });
      await Promise.all(["e1", "e2", "e3", "e4"].map((id, n) => store.arrive(about(id, n === 2 ? "m2" : "m1"))));
      await store.arrive({ ...about("e5", "m1"), tenant: "guest" });
      const ids = async (from: Store, limit: number) =>
        (await from.eventsOfMessage("default", "m1", limit)).map(({ event }) => event.id);
      expect([await ids(store, 9), await ids(store, 2)]).toEqual([
        ["e1", "e2", "e4"],
        ["e1", "e2"],
      ]);
      expect(await ids(await reopen(), 9)).toEqual(["e1", "e2", "e4"]);
    });

    it("leaves nothing behind that would make its repeat look stored, when it could not be", async () => {
      const { store } = await worldOf(open);
      await store.arrive(arrivalOf("main", "e1", "m1"));
      // Ids are unique: the second cannot be stored, those beside it can.
      const answers = await Promise.allSettled(
        ["e2", "e1", "e3"].map((id, n) => store.arrive(arrivalOf("main", id, `other ${n}`))),
      );
      expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      const fresh = async (n: number) => await store.arrive(arrivalOf("main", `again ${n}`, `other ${n}`));
      expect(await fresh(0)).toMatchObject({ fresh: [] });
      expect(await fresh(1)).toMatchObject({ fresh: [{ id: "again 1" }] });
      expect(await store.rawOf("default", "again 1")).toBe("body of again 1");
    });
  });

  describe("thousands of events", () => {
    const types = ["yizhan.app.other", "yizhan.app.menu", "yizhan.app.entered"] as const;

    it("are counted by type, without those that are gone or another tenant's", async () => {
      const { store, reopen } = await worldOf(open);
      await store.arrive({ ...arrivalOf("main", "guest", "m1"), tenant: "guest" });
      const all = Array.from({ length: 2_600 }, (_, n) => ({ n, type: types[n % 5 === 0 ? 1 : 0], at: 1_000 + n }));
      await Promise.all(all.map(({ n, type, at }) => store.arrive(arrivalOf("main", `e${n}`, `m${n}`, { type, at }))));
      const counted = async (from: Store) => [await from.eventCounts("default"), await from.eventCounts("guest")];
      const guest = { "yizhan.app.other": 1 };
      expect(await counted(store)).toEqual([{ "yizhan.app.other": 2_080, "yizhan.app.menu": 520 }, guest]);
      expect(await store.purge({ tasks: 1_000 + 1_503, keys: 0 })).toBe(1_503 + 1);
      const left = { "yizhan.app.other": 878, "yizhan.app.menu": 219 };
      expect(await counted(store)).toEqual([left, {}]);
      const again = await reopen();
      expect(await counted(again)).toEqual([left, {}]);
      expect(await again.purge({ tasks: 1_000_000, keys: 0 })).toBe(878 + 219);
      expect(await counted(again)).toEqual([{}, {}]);
    });

    it("are found by when they arrived, also where the clock was set back", async () => {
      const { store } = await worldOf(open);
      const all = Array.from({ length: 3_500 }, (_, n) => ({ n, at: n < 2_000 ? 10_000 + n : 8_000 + n }));
      await Promise.all(all.map(({ n, at }) => store.arrive(arrivalOf("main", `e${n}`, `m${n}`, { at }))));
      const spans = [
        { since: 10_500, until: 10_510 },
        { since: 11_990 },
        { until: 10_003 },
        { since: 11_499, until: 11_501 },
        { since: 20_000 },
        { until: 10_000 },
      ];
      for (const span of spans) {
        const { since = 0, until = Number.POSITIVE_INFINITY } = span;
        const wanted = all.filter(({ at }) => at >= since && at < until).map(({ n }) => `e${n}`);
        const ids = async (page: EventPage) => (await store.events("default", span, page)).map(({ event }) => event.id);
        expect(await ids({ after: 0, limit: 5_000 })).toEqual(wanted);
        expect(await ids({ limit: 5_000 })).toEqual(wanted.toReversed());
      }
    });
  });

  describe("the body that events came in", () => {
    it("is found by each of them, whatever came with it, also after a restart", async () => {
      const { store, reopen } = await worldOf(open);
      const long = "长".repeat(50_000);
      const arrivals = Array.from({ length: 40 }, (_, n) => {
        const events = Array.from({ length: 1 + (n % 3) }, (_, nth) => eventOf(`e${n}-${nth}`, `m${n}-${nth}`));
        return { ...arrivalOf("main", "", ""), events, raw: n % 10 === 3 ? `${n} ${long}` : `body ${n}` };
      });
      await Promise.all(arrivals.map((arrival) => store.arrive(arrival)));
      const check = async (from: Store) => {
        for (const { events, raw } of arrivals) {
          for (const { id } of events) expect((await from.rawOf("default", id)) === raw, id).toBe(true);
        }
      };
      await check(store);
      await check(await reopen());
    });

    it("is not given to another tenant", async () => {
      const { store } = await worldOf(open);
      await store.arrive(arrivalOf("main", "e1", "m1"));
      expect(await store.rawOf("guest", "e1")).toBeUndefined();
      expect(await store.rawOf("default", "e2")).toBeUndefined();
    });

    it("goes with the last of them", async () => {
      const { store } = await worldOf(open);
      const at = [1, 2, 3];
      await Promise.all(at.map((at) => store.arrive(arrivalOf("main", `e${at}`, `m${at}`, { at }))));
      expect(await store.purge({ tasks: 3, keys: 0 })).toBe(2);
      expect(await Promise.all(at.map((at) => store.rawOf("default", `e${at}`)))).toEqual([
        undefined,
        undefined,
        "body of e3",
      ]);
    });
  });

  describe("a nonce", () => {
    const signed = (id: string, bodyHash: string, value = "n1"): Arrival => {
      return { ...arrivalOf("main", id, id), nonce: { value, bodyHash, until: 1_000 } };
    };

    it("is good for one body, within its account, also after a restart", async () => {
      const { store, reopen } = await worldOf(open);
      expect(await store.arrive(signed("e1", "one"))).toMatchObject({ fresh: [{ id: "e1" }] });
      expect(await store.arrive(signed("e2", "two"))).toEqual({ outcome: "replayed" });
      expect(await store.arrive({ ...signed("e3", "two"), account: "other" })).toMatchObject({ fresh: [{ id: "e3" }] });
      expect(await store.arrive(signed("e4", "two", "n2"))).toMatchObject({ fresh: [{ id: "e4" }] });
      const again = await reopen();
      expect(await again.arrive(signed("e5", "two"))).toEqual({ outcome: "replayed" });
      expect(await again.arrive(signed("e1", "one"))).toEqual({ outcome: "stored", fresh: [] });
      expect(await again.eventCounts("default")).toEqual({ "yizhan.app.other": 3 });
    });

    it("may come with another body that tells of what is stored", async () => {
      const { store } = await worldOf(open);
      await store.arrive(signed("e1", "one"));
      expect(await store.arrive({ ...signed("e1", "sealed anew") })).toEqual({ outcome: "stored", fresh: [] });
    });

    it("is forgotten when its time is long over", async () => {
      const { store } = await worldOf(open);
      await store.arrive(signed("e1", "one"));
      await store.purge({ tasks: 0, keys: 1_000 });
      expect(await store.arrive(signed("e2", "two"))).toEqual({ outcome: "replayed" });
      await store.purge({ tasks: 0, keys: 1_001 });
      expect(await store.arrive(signed("e2", "two"))).toMatchObject({ fresh: [{ id: "e2" }] });
    });
  });
}

interface Particulars {
  readonly message?: string;
  readonly type?: NewEvent["type"];
  readonly at?: number;
}

function arrivalOf(account: string, id: string, key: string, { at = 5, ...event }: Particulars = {}): Arrival {
  const events = [{ ...eventOf(id, key), ...event }];
  return { tenant: "default", platform: "chatter", account, receivedAt: at, events, raw: `body of ${id}` };
}

function eventOf(id: string, key: string): NewEvent {
  return { id, type: "yizhan.app.other", key, at: 1, data: {} };
}

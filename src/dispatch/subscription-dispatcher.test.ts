import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { eventTypes } from "../model/event.ts";
import { deadOrigin } from "../testing/scripted-server.ts";
import { matches } from "./matching.ts";
import { createWebhookClient } from "./webhook-client.ts";
import { dispatcherOver, dispatchWorld, quick, receiver, run, settings } from "./world-for-tests.ts";

const HOUR_MS = 3_600_000;

describe("an Event that a subscription wants", () => {
  it("is posted as a CloudEvent, with a signature over the bytes that are sent", async () => {
    const world = await dispatchWorld();
    const { server, subscription, lane } = await receiver(world);
    const [id] = await world.happen({ data: { text: "你好 😀" } });
    await run(world, dispatcherOver(world), lane);
    const [request] = server.requests;
    expect(request).toMatchObject({ method: "POST", url: "/hook" });
    expect(request?.headers["content-type"]).toBe("application/cloudevents+json; charset=utf-8");
    expect(JSON.parse(request?.body ?? "")).toMatchObject({ specversion: "1.0", id, data: { text: "你好 😀" } });
    const seconds = String(world.clock.now() / 1000);
    expect(request?.headers).toMatchObject({ "webhook-id": id, "webhook-timestamp": seconds });
    const key = Buffer.from((subscription.secrets[0]?.secret ?? "").slice("whsec_".length), "base64");
    const expected = createHmac("sha256", key).update(`${id}.${seconds}.${request?.body}`).digest("base64");
    expect(request?.headers["webhook-signature"]).toBe(`v1,${expected}`);
  });

  it("comes in the order of arrival, once, and nothing that came before the subscription", async () => {
    const world = await dispatchWorld();
    await world.happen({}, {});
    const { lane, ids } = await receiver(world);
    const events = await world.happen(...Array.from({ length: 120 }, () => ({})));
    const dispatcher = dispatcherOver(world);
    expect(await run(world, dispatcher, lane)).toBeUndefined();
    expect(ids()).toEqual(events);
    const [more] = await world.happen({});
    await run(world, dispatcher, lane);
    expect(ids().slice(events.length)).toEqual([more]);
  });

  it("is told by its type and account, and no other is posted", async () => {
    const world = await dispatchWorld();
    const types = ["yizhan.message.received", "yizhan.app.menu"];
    const { lane, ids } = await receiver(world, undefined, { types, accounts: ["a", "wecom/b"] });
    const [one, , , , five] = await world.happen(
      { account: "a" },
      { account: "a", type: "yizhan.member.left" },
      { account: "b", platform: "feishu" },
      { account: "a", tenant: "other" },
      { account: "b", platform: "wecom", type: "yizhan.app.menu" },
    );
    await run(world, dispatcherOver(world), lane);
    expect(ids()).toEqual([one, five]);
  });

  it("is found behind thousands that do not match, which a restart does not look through again", async () => {
    const world = await dispatchWorld();
    const { subscription, lane, ids } = await receiver(world, undefined, { accounts: ["rare"] });
    await world.happen(...Array.from({ length: 2_500 }, () => ({ account: "common" })));
    await run(world, dispatcherOver(world), lane);
    expect((await world.store.subscription(subscription.id))?.cursor).toBe(2_500);
    const [wanted] = await world.happen({ account: "rare" });
    await run(world, dispatcherOver(world), lane);
    expect(ids()).toEqual([wanted]);
  });

  it("never goes to a subscription that is switched off, until it is switched on", async () => {
    const world = await dispatchWorld();
    const { server, subscription, lane, ids } = await receiver(world, undefined, { enabled: false });
    const [id] = await world.happen({});
    const dispatcher = dispatcherOver(world);
    expect(await dispatcher.drain(lane)).toBeUndefined();
    expect(server.requests).toEqual([]);
    await world.store.changeSubscription("default", subscription.id, { ...subscription, enabled: true }, 0);
    await run(world, dispatcher, lane);
    expect(ids()).toEqual([id]);
  });
});

describe("an attempt that failed", () => {
  it.each([199 + 101, 301, 302, 400, 401, 404, 500, 503])("with %i is made again, with the same id", async (status) => {
    const world = await dispatchWorld();
    const headers = { location: "/elsewhere" };
    const { server, lane, ids } = await receiver(world, (_id, nth) =>
      nth === 1 ? { status, headers, body: "" } : 200,
    );
    const [id] = await world.happen({});
    await run(world, dispatcherOver(world), lane, 10_000);
    expect(ids()).toEqual([id, id]);
    expect(server.requests.map(({ url }) => url)).toEqual(["/hook", "/hook"]);
    const [first, second] = server.requests.map(({ headers }) => Number(headers["webhook-timestamp"]));
    expect(Number(second) - Number(first)).toBe(5);
  });

  it.each(["hang-up", "stall"] as const)("with a receiver that does %s is made again", async (how) => {
    const world = await dispatchWorld();
    const { lane, ids } = await receiver(world, (_id, nth) => (nth === 1 ? how : 200));
    await world.happen({});
    await run(world, dispatcherOver(world, { timeoutMs: 100 }), lane, 10_000);
    expect(ids()).toHaveLength(2);
  });

  it("does not hold up the Events behind it", async () => {
    const world = await dispatchWorld();
    let poison: string | undefined;
    const { lane, ids } = await receiver(world, (id) => (id === poison ? 500 : 200));
    const events = await world.happen({}, {}, {});
    poison = events[0];
    await run(world, dispatcherOver(world), lane);
    expect(ids()).toEqual(events);
  });

  it("is made eight times within 27 hours, at the published pauses; then the Event is a dead letter", async () => {
    const world = await dispatchWorld();
    const { server, subscription, lane } = await receiver(world, () => 500);
    const [id] = await world.happen({});
    const startedAt = world.clock.now();
    expect(await run(world, dispatcherOver(world), lane, 30 * HOUR_MS)).toBeUndefined();
    const after = server.requests.map(({ headers }) => Number(headers["webhook-timestamp"]) - startedAt / 1000);
    expect(after).toEqual([0, 5, 305, 2_105, 9_305, 27_305, 61_505, 97_200]);
    expect(after.at(-1)).toBe((27 * HOUR_MS) / 1000);
    expect(await world.store.deadLetters(subscription.id, { limit: 10 })).toMatchObject([
      { id, attempts: 8, error: "HTTP 500" },
    ]);
    expect(await world.store.parked(subscription.id, 10)).toEqual([]);
  });

  it("is spread by a tenth of its pause at most", async () => {
    const world = await dispatchWorld();
    const { lane } = await receiver(world, () => 500);
    await world.happen({});
    const startedAt = world.clock.now();
    const dueAt = await run(world, dispatcherOver(world, { random: () => 0.999 }), lane);
    expect((dueAt ?? 0) - startedAt).toBe(5_500);
  });

  it.each([
    [429, { "retry-after": "120" }, 120_000],
    [429, {}, 60_000],
    [503, { "retry-after": "120" }, 120_000],
    [502, {}, 10_000],
    [504, {}, 10_000],
  ])("with %i %j holds everything for that long", async (status, headers, waitMs) => {
    const world = await dispatchWorld();
    const { lane, ids } = await receiver(world, (_id, nth) => (nth === 1 ? { status, headers, body: "" } : 200));
    const [one, two] = await world.happen({}, {});
    const startedAt = world.clock.now();
    expect(await run(world, dispatcherOver(world), lane)).toBe(startedAt + waitMs);
    expect(ids()).toEqual([one]);
    // The hold is a row: another process keeps to it too.
    expect(await run(world, dispatcherOver(world), lane)).toBe(startedAt + waitMs);
    await run(world, dispatcherOver(world), lane, waitMs);
    expect(ids().sort()).toEqual([one, one, two].sort());
  });

  it("with 410 switches the subscription off; switched on again it goes on with that very Event", async () => {
    const world = await dispatchWorld();
    const told: string[] = [];
    const { subscription, lane, ids } = await receiver(world, (_id, nth) => (nth === 1 ? 410 : 200));
    const events = await world.happen({}, {});
    const observer = { attempted: () => {}, told: (_id: string, what: string) => void told.push(what) };
    expect(await run(world, dispatcherOver(world, { observer }), lane, HOUR_MS)).toBeUndefined();
    expect(ids()).toEqual([events[0]]);
    expect(told).toEqual(["disabled"]);
    expect(await world.store.subscription(subscription.id)).toMatchObject({
      enabled: false,
      disabledReason: "HTTP 410",
    });
    await world.store.changeSubscription("default", subscription.id, { ...subscription, enabled: true }, 0);
    await run(world, dispatcherOver(world), lane);
    expect(ids()).toEqual([events[0], ...events]);
  });
});

describe("the breaker", () => {
  const breaker = { failures: 3, cooldownMs: 10_000, maxCooldownMs: 40_000 };
  // Pauses long enough that nothing but the breaker makes an attempt.
  const patient = { delaysMs: [HOUR_MS, HOUR_MS], jitter: 0 };

  it("opens after some failures in a row, probes with one Event at a time, and closes when it is taken", async () => {
    const world = await dispatchWorld();
    let down = true;
    const told: string[] = [];
    const { lane, ids } = await receiver(world, () => (down ? 500 : 200));
    const events = await world.happen(...Array.from({ length: 20 }, () => ({})));
    const observer = { attempted: () => {}, told: (_id: string, what: string) => void told.push(what) };
    const dispatcher = dispatcherOver(world, { breaker, schedule: patient, observer });
    const startedAt = world.clock.now();
    expect(await run(world, dispatcher, lane)).toBe(startedAt + 10_000);
    expect(ids()).toHaveLength(3);
    await run(world, dispatcher, lane, 10_000 + 20_000 + 40_000 + 40_000);
    expect(ids()).toHaveLength(3 + 4);
    expect(told).toEqual(["opened"]);
    down = false;
    await run(world, dispatcher, lane, 40_000);
    expect(told).toEqual(["opened", "closed"]);
    expect(ids()).toEqual(events);
    await run(world, dispatcher, lane, HOUR_MS);
    expect(ids().slice(20)).toEqual(events.slice(0, 7));
  });

  it("keeps what it skipped: with every place taken the cursor waits, and probes use up no attempt", async () => {
    const world = await dispatchWorld();
    let down = true;
    const { subscription, lane, ids } = await receiver(world, () => (down ? 500 : 200));
    const events = await world.happen(...Array.from({ length: 10 }, () => ({})));
    const dispatcher = dispatcherOver(world, { breaker, schedule: patient, maxParked: 4 });
    await run(world, dispatcher, lane, 20 * 60_000);
    const parked = await world.store.parked(subscription.id, 100);
    expect(parked.map(({ id }) => id).sort()).toEqual(events.slice(0, 4));
    expect(parked.map(({ attempts }) => attempts)).toEqual([1, 1, 1, 1]);
    expect(ids().length).toBeGreaterThan(20);
    const before = ids().length;
    down = false;
    await run(world, dispatcher, lane, 40_000);
    // The probe, then what waited behind the cursor; the three others keep their appointments.
    expect(ids().slice(before)).toEqual([events[0], ...events.slice(4)]);
    await run(world, dispatcher, lane, HOUR_MS);
    expect(ids().slice(before + 7)).toEqual(events.slice(1, 4));
  });

  it("does not open because a receiver asks for less", async () => {
    const world = await dispatchWorld();
    const { subscription, lane } = await receiver(world, () => ({
      status: 429,
      headers: { "retry-after": "1" },
      body: "",
    }));
    await world.happen({}, {}, {}, {}, {});
    await run(world, dispatcherOver(world, { breaker }), lane, 4_000);
    expect(await world.store.subscription(subscription.id)).toMatchObject({ failures: 0 });
  });
});

describe("a restart", () => {
  it("goes on with what waits and with what was not sent, in a new process over the same store", async () => {
    const world = await dispatchWorld();
    let poison: string | undefined;
    const { lane, ids } = await receiver(world, (id) => (id === poison ? 500 : 200));
    const events = await world.happen({}, {});
    poison = events[0];
    await run(world, dispatcherOver(world, { schedule: quick }), lane);
    const [late] = await world.happen({});
    await world.reopen();
    poison = undefined;
    await run(world, dispatcherOver(world, { schedule: quick }), lane, 1_000);
    expect(ids()).toEqual([...events, late, events[0]]);
  });

  it("between an answer and its recording repeats that one Event", async () => {
    const world = await dispatchWorld();
    const { lane, ids } = await receiver(world);
    const [one, two] = await world.happen({}, {});
    const { store } = world;
    const dying = new Proxy(store, {
      get(target, name) {
        if (name === "recordStep") return () => Promise.reject(new Error("killed"));
        const value = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    await expect(dispatcherOver(world, { store: dying }).drain(lane)).rejects.toThrow("killed");
    await world.reopen();
    await run(world, dispatcherOver(world), lane);
    expect(ids()).toEqual([one, one, two]);
  });
});

describe("a replay", () => {
  it("of one Event sends it again, under the same id", async () => {
    const world = await dispatchWorld();
    const { subscription, lane, ids } = await receiver(world);
    const [one, two] = await world.happen({}, {});
    const dispatcher = dispatcherOver(world);
    await run(world, dispatcher, lane);
    const seq = (await world.store.event("default", one ?? ""))?.seq ?? 0;
    await world.store.replayEvent(subscription.id, seq, world.clock.now());
    await run(world, dispatcher, lane);
    expect(ids()).toEqual([one, two, one]);
  });

  it("of a span sends what arrived in it and matches, also from before the subscription", async () => {
    const world = await dispatchWorld();
    const at = world.clock.now();
    const [, second, third] = await world.happen(
      { receivedAt: at },
      { receivedAt: at + 10 },
      { receivedAt: at + 20 },
      { receivedAt: at + 20, account: "other" },
      { receivedAt: at + 30 },
    );
    const { subscription, lane, ids } = await receiver(world, undefined, { accounts: ["a"] });
    expect(await world.store.replaySpan(subscription.id, at + 10, at + 30)).toBe(2);
    await run(world, dispatcherOver(world), lane);
    expect(ids()).toEqual([second, third]);
    expect(await world.store.subscriptionState(subscription.id)).toEqual({ parked: 0, dead: 0, replays: 0, behind: 0 });
  });

  it("takes turns with what arrives meanwhile, and survives a restart in its middle", async () => {
    const world = await dispatchWorld();
    const old = await world.happen(...Array.from({ length: 60 }, () => ({})));
    const { subscription, lane, ids } = await receiver(world);
    await world.store.replaySpan(subscription.id, 0, world.clock.now() + 1);
    const fresh = await world.happen(...Array.from({ length: 10 }, () => ({})));
    await dispatcherOver(world).drain(lane);
    expect(ids().slice(0, 4)).toEqual([fresh[0], old[0], fresh[1], old[1]]);
    expect(ids()).toHaveLength(50);
    await world.reopen();
    await run(world, dispatcherOver(world), lane);
    expect(ids().filter((id) => old.includes(id))).toEqual(old);
    expect(ids().filter((id) => fresh.includes(id))).toEqual(fresh);
  });

  it("of a dead letter starts over with all its attempts", async () => {
    const world = await dispatchWorld();
    let down = true;
    const { subscription, lane, ids } = await receiver(world, () => (down ? 500 : 200));
    const [id = ""] = await world.happen({});
    const dispatcher = dispatcherOver(world, { schedule: quick });
    await run(world, dispatcher, lane, 10_000);
    expect(ids()).toHaveLength(3);
    expect(await world.store.retryDeadLetter(subscription.id, id, world.clock.now())).toBe(true);
    expect(await world.store.retryDeadLetter(subscription.id, id, world.clock.now())).toBe(false);
    down = false;
    await run(world, dispatcher, lane);
    expect(ids()).toHaveLength(4);
    expect(await world.store.deadLetters(subscription.id, { limit: 1 })).toEqual([]);
  });
});

describe("an address that may not be reached", () => {
  it("gets nothing; the Event waits like after any failure, with the reason", async () => {
    const world = await dispatchWorld();
    const { server, subscription, lane } = await receiver(world);
    await world.happen({});
    const client = createWebhookClient({ allowPrivate: false, timeoutMs: 1_000 });
    onTestFinished(() => client.close());
    await run(world, dispatcherOver(world, { client }), lane);
    expect(server.requests).toEqual([]);
    const [parked] = await world.store.parked(subscription.id, 1);
    expect(parked?.error).toContain("the hub's own network");
  });

  it("or where nobody listens is named by its fault alone: addresses may hold credentials", async () => {
    const world = await dispatchWorld();
    const { subscription, lane } = await receiver(world);
    const url = `${await deadOrigin()}/hook?token=hush`;
    await world.store.changeSubscription("default", subscription.id, settings(url), 0);
    await world.happen({});
    await run(world, dispatcherOver(world), lane);
    const [parked] = await world.store.parked(subscription.id, 1);
    expect(parked?.error).toBe("the connection failed (ECONNREFUSED)");
  });
});

it("every Event that matches is delivered at least once and no other, whatever fails and restarts meanwhile", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ type: fc.constantFrom(...eventTypes.slice(0, 3)), account: fc.constantFrom("a", "b", "c") }),
        {
          minLength: 1,
          maxLength: 25,
        },
      ),
      fc.subarray([...eventTypes.slice(0, 3)]),
      fc.option(fc.subarray(["a", "feishu/b"], { minLength: 1 }), { nil: undefined }),
      fc.infiniteStream(fc.constantFrom(200, 200, 204, 500, 429, 503, "hang-up" as const)),
      fc.array(fc.nat(24)),
      async (events, types, accounts, answers, restarts) => {
        const world = await dispatchWorld();
        let calm = false;
        const taken = new Set<string>();
        const { lane, ids, subscription } = await receiver(
          world,
          (id) => {
            const answer = calm ? 200 : (answers.next().value ?? 200);
            if (answer === 200 || answer === 204) taken.add(id);
            return answer;
          },
          { types, accounts },
        );
        const schedule = { delaysMs: Array.from({ length: 200 }, () => 1_000), jitter: 0 };
        const options = { schedule, maxParked: 3, breaker: { failures: 2, cooldownMs: 500, maxCooldownMs: 2_000 } };
        let dispatcher = dispatcherOver(world, options);
        const wanted: string[] = [];
        for (const [index, event] of events.entries()) {
          const [id = ""] = await world.happen(event);
          const stored = await world.store.event("default", id);
          if (stored && matches(subscription, stored.event)) wanted.push(id);
          await run(world, dispatcher, lane, 700);
          if (restarts.includes(index)) dispatcher = dispatcherOver(world, options);
        }
        calm = true;
        await run(world, dispatcher, lane, HOUR_MS);
        expect([...taken].sort()).toEqual(wanted.sort());
        expect(new Set(ids())).toEqual(new Set(wanted));
      },
    ),
    { numRuns: 25 },
  );
});

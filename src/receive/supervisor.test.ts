import { describe, expect, it, onTestFinished } from "vitest";
import { type OpenStream, type StreamEnd, type Streamer, StreamFailure } from "../platforms/streaming.ts";
import { StoreError } from "../store/errors.ts";
import { testClock } from "../testing/clock.ts";
import { sqliteWorld } from "../testing/sqlite-world.ts";
import { StreamSupervisor } from "./supervisor.ts";
import { reconnectDelayMs } from "./supervisor-backoff.ts";

const account = { tenant: "default", platform: "chatter", name: "main", settings: {} };

describe("the pause before the next attempt", () => {
  it("doubles with every failure in a row, up to a minute, and is never the same for all", () => {
    const longest = [1, 2, 3, 4, 7, 100].map((failures) => reconnectDelayMs(failures, "closed", 1));
    expect(longest).toEqual([1_000, 2_000, 4_000, 8_000, 60_000, 60_000]);
    expect(reconnectDelayMs(3, "unavailable", 0)).toBe(2_000);
  });

  it("is minutes for wrong credentials, and a minute for who was replaced, from the first time on", () => {
    expect(reconnectDelayMs(1, "unauthorized", 1)).toBe(300_000);
    expect(reconnectDelayMs(1, "replaced", 1)).toBe(60_000);
  });
});

describe("an account that cannot be connected", () => {
  it("is tried again after pauses that grow, and after short ones again once a connection has lasted", async () => {
    const { clock, attempts, health, streams, start, script } = await setup();
    script("refuse", "refuse", "refuse");
    await start();
    expect(await pauses()).toEqual([1_000, 2_000, 4_000]);
    expect(health()).toMatchObject({ state: "connected", reconnects: 0, lastError: "nobody there" });
    await clock.advance(60_000);
    script("refuse");
    streams[0]?.end({ reason: "closed", detail: "for a change" });
    expect(await pauses()).toEqual([1_000, 2_000]);

    async function pauses(): Promise<number[]> {
      const lengths: number[] = [];
      await clock.settle();
      while (health()?.state === "waiting") {
        const [from, before] = [clock.now(), attempts()];
        while (attempts() === before) await clock.advanceTo(clock.nextAt ?? clock.now());
        lengths.push(clock.now() - from);
      }
      return lengths;
    }
  });

  it("is tried again after an error that nobody foresaw", async () => {
    const { clock, health, start, script, log } = await setup();
    script("blunder");
    await start();
    expect(health()).toMatchObject({ state: "waiting", lastError: "an unexpected error, see the log" });
    expect(log).toContain("the stream failed in a way that is not known");
    await clock.advance(1_000);
    expect(health()?.state).toBe("connected");
  });
});

describe("a store that cannot renew the lease", () => {
  it("does not end the connection before the lease has run out", async () => {
    const { clock, health, start, breakLeases } = await setup();
    await start();
    breakLeases();
    await clock.advance(29_000);
    expect(health()?.state).toBe("connected");
    await clock.advance(1_000);
    expect(health()).toMatchObject({
      state: "waiting",
      lastError: expect.stringMatching(/^the store could not be written/),
    });
  });
});

describe("the health of a stream", () => {
  it("tells since when it is so, and when something came last", async () => {
    const { clock, health, start, streams } = await setup();
    await start();
    const startedAt = clock.now();
    await clock.advance(5_000);
    expect(health()).toMatchObject({ state: "connected", since: startedAt, lastAliveAt: startedAt });
    streams[0]?.alive();
    expect(health()?.lastAliveAt).toBe(startedAt + 5_000);
    streams[0]?.end({ reason: "closed", detail: "bye" });
    await clock.settle();
    expect(health()).toMatchObject({ state: "waiting", since: startedAt + 5_000, lastAliveAt: startedAt + 5_000 });
  });

  it("is none for accounts that are called back, and for platforms without streams", async () => {
    const { supervisor } = await setup();
    await supervisor.configure([
      { ...account, settings: { callback: true } },
      { ...account, platform: "other" },
    ]);
    expect(supervisor.health(account)).toBeUndefined();
    expect(supervisor.health({ ...account, platform: "other" })).toBeUndefined();
  });
});

describe("a supervisor that stops", () => {
  it("gives the lease back at once, opens nothing any more, and may be stopped twice", async () => {
    const { supervisor, start, store, clock, attempts } = await setup();
    await start();
    await Promise.all([supervisor.stop(), supervisor.stop()]);
    expect(await store.takeLease("stream:default/chatter/main", "other", clock.now(), clock.now() + 1)).toBe(true);
    await supervisor.configure([account]);
    await clock.advance(100_000);
    expect(attempts()).toBe(1);
  });
});

type Step = "refuse" | "blunder";

/** A platform whose attempts go as scripted; with nothing scripted they succeed. */
async function setup() {
  const clock = testClock();
  const disk = await sqliteWorld();
  onTestFinished(() => disk.remove());
  const { store } = disk;
  const log: string[] = [];
  const steps: Step[] = [];
  const streams: { alive(): void; end(end: StreamEnd): void }[] = [];
  let attempts = 0;
  let leasesBroken = false;

  const streamer: Streamer = {
    wants: (settings) => !Object.hasOwn(settings as object, "callback"),
    async open(_settings, { signal }): Promise<OpenStream> {
      attempts++;
      const step = steps.shift();
      if (step === "refuse") throw new StreamFailure("unavailable", "nobody there");
      if (step === "blunder") throw new TypeError("ours");
      const closed = Promise.withResolvers<StreamEnd>();
      let lastAliveAt = clock.now();
      const end = (why: StreamEnd = { reason: "stopped", detail: "the hub ended it" }) => closed.resolve(why);
      signal.addEventListener("abort", () => end());
      const alive = () => {
        lastAliveAt = clock.now();
      };
      streams.push({ alive, end });
      return {
        closed: closed.promise,
        close: end,
        lastAliveAt: () => lastAliveAt,
        pingIntervalMs: () => 3_600_000,
      };
    },
  };
  const supervisor = new StreamSupervisor({
    streamers: new Map([["chatter", streamer]]),
    leases: {
      takeLease: (...lease) =>
        leasesBroken ? Promise.reject(new StoreError("STORE_FULL", "full")) : store.takeLease(...lease),
      dropLease: (...lease) => store.dropLease(...lease),
    },
    owner: "hub",
    http: { post: () => Promise.reject(new Error("not used")) },
    clock,
    random: () => 1,
    log: { info: (_, text) => log.push(text), warn: (_, text) => log.push(text) },
    onFrame: async () => {},
  });
  onTestFinished(() => supervisor.stop());
  return {
    clock,
    store,
    supervisor,
    log,
    streams,
    attempts: () => attempts,
    health: () => supervisor.health(account),
    script: (...next: Step[]) => steps.push(...next),
    breakLeases() {
      leasesBroken = true;
    },
    async start() {
      await supervisor.configure([account]);
      await clock.settle();
    },
  };
}

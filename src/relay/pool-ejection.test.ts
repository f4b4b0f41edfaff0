import { Readable } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RelayFailure } from "./failure.ts";
import { type PoolWorld, poolWorld } from "./pool-for-tests.ts";

const gone = new RelayFailure("caller-gone", "the caller left", { sent: true });

/** Sends until the target has another request, whose end decides; the others are answered well. */
function requestAt(world: PoolWorld, name: string) {
  for (let tried = 0; tried < 10; tried++) {
    const sent = world.send({ method: "POST" });
    const target = world.targets.find((one) => one.name === sent.at);
    if (sent.at === name && target) return { ...sent, request: target.last };
    target?.last.answer(200);
  }
  throw new Error(`${name} gets no requests`);
}

/** Answers of 503 until the target is out. */
function ejected(world: PoolWorld, name: string): void {
  for (let failed = 0; failed < 3; failed++) requestAt(world, name).request.answer(503);
}

describe("a target of a pool", () => {
  it("is out after three failures of any kind, and tells until when", () => {
    const world = poolWorld();
    requestAt(world, "a").request.answer(504);
    requestAt(world, "a").request.fail("target-closed", { sent: true });
    expect(world.state("a")).toBe("up");
    const begun = requestAt(world, "a").request;
    begun.head(200);
    begun.fail("target-idle-timeout", { sent: true });
    expect(world.pool.health()[0]).toEqual({
      name: "a",
      weight: 1,
      state: "ejected",
      ejectedUntil: world.clock.now() + 10_000,
      pending: 0,
      failures: 3,
    });
    expect(world.heard).toEqual(["a ejected"]);
    expect([world.send().at, world.send().at]).toEqual(["b", "b"]);
  });

  it("is not out for other errors of the system behind it, nor for callers that leave", () => {
    const world = poolWorld();
    for (let failed = 0; failed < 5; failed++) {
      for (const status of [500, 501, 404, 429]) requestAt(world, "a").request.answer(status);
      for (const said of ["reason", "silence", "target-closed"] as const) {
        world.targets[0].afterAbort = said;
        requestAt(world, "a").sending.abort(gone);
      }
    }
    expect(world.pool.health()[0]).toMatchObject({ state: "up", failures: 0 });
  });

  it("counts a 503 that breaks off once", () => {
    const world = poolWorld();
    for (let failed = 0; failed < 2; failed++) {
      const { request } = requestAt(world, "a");
      request.head(503);
      request.fail("target-closed", { sent: true });
    }
    expect(world.pool.health()[0]).toMatchObject({ state: "up", failures: 2 });
  });

  it("answers for a request that was given up because it took too long", () => {
    const world = poolWorld();
    const late = new RelayFailure("target-answer-timeout", "too long", { sent: true });
    for (let failed = 0; failed < 3; failed++) requestAt(world, "a").sending.abort(late);
    expect(world.pool.health()[0]).toMatchObject({ state: "ejected", failures: 3 });
  });

  it("does not answer for callers that send slowly, but for bodies that it does not take", () => {
    const world = poolWorld();
    const failing = (body: Readable) => {
      for (let failed = 0; failed < 6; failed++) {
        const { at } = world.send({ method: "POST", body });
        const request = world.targets.find(({ name }) => name === at)?.last;
        request?.fail("target-answer-timeout", { sent: true });
      }
    };
    failing(new Readable({ read() {} }));
    expect(world.pool.health().map(({ failures }) => failures)).toEqual([0, 0]);
    const waiting = new Readable({ read() {} });
    waiting.push("bytes that nobody takes");
    failing(waiting);
    expect(world.pool.health().map(({ failures }) => failures)).not.toContain(0);
  });

  it("stays when it is the last one", () => {
    const world = poolWorld();
    ejected(world, "a");
    for (let failed = 0; failed < 5; failed++) {
      world.send();
      world.targets[1].last.answer(503);
    }
    expect([world.state("a"), world.state("b")]).toEqual(["ejected", "up"]);
    expect(world.send().at).toBe("b");
  });

  it("stays when it is the only one", () => {
    const world = poolWorld({}, [1]);
    for (let failed = 0; failed < 5; failed++) {
      world.send({ method: "POST" });
      world.targets[0].last.fail("target-refused", { sent: false });
    }
    expect(world.pool.health()[0]).toMatchObject({ state: "up", failures: 5 });
  });
});

describe("a target whose pause is over", () => {
  async function onTrial() {
    const world = poolWorld();
    ejected(world, "a");
    await world.clock.advance(9_999);
    expect([world.send().at, world.state("a")]).toEqual(["b", "ejected"]);
    await world.clock.advance(1);
    expect(world.state("a")).toBe("on-trial");
    return { ...world, probe: requestAt(world, "a") };
  }

  it("gets one request; others go elsewhere until that one is answered", async () => {
    const { send, probe, heard, state } = await onTrial();
    expect([send().at, send().at, send().at]).toEqual(["b", "b", "b"]);
    probe.request.head(200);
    expect([state("a"), heard]).toEqual(["up", ["a ejected", "a restored"]]);
    expect([send().at, send().at]).toContain("a");
  });

  it("is out again, for longer, when that one fails", async () => {
    const { pool, clock, probe } = await onTrial();
    probe.request.answer(502);
    expect(pool.health()[0]).toMatchObject({ state: "ejected", ejectedUntil: clock.now() + 20_000 });
  });

  it.each(["reason", "silence"] as const)("gets another when that one's caller leaves: %s", async (said) => {
    const world = await onTrial();
    world.targets[0].afterAbort = said;
    world.probe.sending.abort(gone);
    expect(world.state("a")).toBe("on-trial");
    requestAt(world, "a").request.answer(200);
    expect(world.state("a")).toBe("up");
  });

  it("costs the caller nothing when it refuses that one", async () => {
    const { probe, targets, heard, state } = await onTrial();
    probe.request.fail("target-refused", { sent: false });
    expect(state("a")).toBe("ejected");
    targets[1].last.answer(200);
    expect([probe.sink.outcome, heard.at(-1)]).toEqual([200, "a → b target-refused"]);
  });

  it("is not let in by what it was sent before", async () => {
    const world = poolWorld();
    const before = requestAt(world, "a");
    ejected(world, "a");
    before.request.answer(200);
    expect(world.state("a")).toBe("ejected");
  });
});

it("whatever its targets answer, a pool always has one for the next request", async () => {
  const ends = fc.constantFrom("good", "503", "refused", "closed", "left", "nothing");
  const steps = fc.array(fc.tuple(fc.nat(3_000), ends), { maxLength: 120 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), steps, async (count, given) => {
      const world = poolWorld({ pendingPerTarget: 1_000 }, Array<number>(count).fill(1));
      for (const [passedMs, end] of given) {
        await world.clock.advance(passedMs);
        const { at, sending } = world.send({ method: "POST" });
        expect(at).toBeDefined();
        const last = world.targets.find(({ name }) => name === at)?.last;
        if (end === "good") last?.answer(200);
        else if (end === "503") last?.answer(503);
        else if (end === "refused") last?.fail("target-refused", { sent: false });
        else if (end === "closed") last?.fail("target-closed", { sent: true });
        else if (end === "left") sending.abort(gone);
        expect(world.pool.health().map(({ state }) => state)).toContain("up");
      }
    }),
    { numRuns: 40 },
  );
});

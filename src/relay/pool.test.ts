import { describe, expect, it } from "vitest";
import { RelayFailure } from "./failure.ts";
import { poolWorld } from "./pool-for-tests.ts";

const gone = new RelayFailure("caller-gone", "the caller left", { sent: true });

describe("a pool", () => {
  it("sends requests to its targets in turn, by weight", () => {
    const { send } = poolWorld({}, [2, 1]);
    expect(Array.from({ length: 6 }, () => send().at)).toEqual(["a", "b", "a", "a", "b", "a"]);
  });

  it("passes the answer on as it comes, and what the caller says back", () => {
    const { send, targets } = poolWorld({}, [1]);
    const { sink, sending } = send();
    const [a] = targets;
    a.last.interim(103);
    a.last.head(207);
    expect(a.last.data("one ")).toBe(true);
    sink.wantsMore = false;
    expect(a.last.data("two")).toBe(false);
    sending.resume();
    expect(a.last.resumed).toBe(1);
    a.last.end();
    expect(sink).toMatchObject({ interims: [103], heads: [207], body: "one two", ends: 1, failure: undefined });
  });

  it("sends to the least busy where it is told to", () => {
    const { send, targets } = poolWorld({ balance: { by: "least-busy" } }, [1, 1]);
    const [a, b] = targets;
    expect([send().at, send().at]).toEqual(["a", "b"]);
    b.last.answer(200);
    expect([send().at, a.pending]).toEqual(["b", 1]);
  });

  it("says how many requests are under way", () => {
    const { send, pool, targets } = poolWorld();
    for (let sent = 0; sent < 3; sent++) send();
    targets[0].last.answer(200);
    expect(pool.pending).toBe(2);
    expect(pool.health().map(({ pending }) => pending)).toEqual([1, 1]);
  });

  it("closes its targets, which ends what is under way; closed twice, it is closed", async () => {
    const { send, pool, targets } = poolWorld();
    const { sink } = send({ method: "POST" });
    await pool.close();
    await pool.close();
    expect(sink).toMatchObject({ outcome: "target-closed", ends: 1 });
    expect(targets.map(({ isClosed }) => isClosed)).toEqual([true, true]);
  });
});

describe("requests with the same value of the sticky header", () => {
  const balance = { by: "sticky", header: "X-User" } as const;
  const of = (user: string) => ({ headers: ["Accept", "*/*", "x-user", user] });
  const users = Array.from({ length: 60 }, (_, index) => `user ${index}`);

  it("go to the same target, each value to its own", () => {
    const { send } = poolWorld({ balance }, [1, 1, 1]);
    const first = users.map((user) => send(of(user)).at);
    expect(users.map((user) => send(of(user)).at)).toEqual(first);
    expect(new Set(first)).toEqual(new Set(["a", "b", "c"]));
  });

  it("move only when their own target is out, and come back with it", async () => {
    const { send, targets, clock } = poolWorld({ balance }, [1, 1, 1]);
    const first = users.map((user) => send(of(user)).at);
    const [a] = targets;
    for (const one of a.requests.slice(0, 3)) one.answer(503);
    const second = users.map((user) => send(of(user)).at);
    expect(second).not.toContain("a");
    expect(second.filter((_, index) => first[index] !== "a")).toEqual(first.filter((at) => at !== "a"));
    await clock.advance(10_000);
    send(of(users[first.indexOf("a")] ?? ""));
    a.last.answer(200);
    expect(users.map((user) => send(of(user)).at)).toEqual(first);
  });

  it("wait for their target rather than to overtake one another on a free one", async () => {
    const { send, clock } = poolWorld({ balance, pendingPerTarget: 1 });
    expect(send(of("user 1")).at).toBeDefined();
    const { sink } = send(of("user 1"));
    await clock.settle();
    expect(sink.outcome).toBe("overloaded");
  });

  it("are sent in turn where the header is absent or says nothing", () => {
    const { send } = poolWorld({ balance });
    expect([send().at, send(of("")).at, send().at]).toEqual(["a", "b", "a"]);
  });
});

describe("a pool whose targets are busy", () => {
  it("sends to those that have room", () => {
    const { send, targets } = poolWorld({ pendingPerTarget: 2 });
    const [a, b] = targets;
    for (let sent = 0; sent < 4; sent++) send();
    a.last.answer(200);
    expect([send().at, b.pending]).toEqual(["a", 2]);
  });

  it("refuses what is more than they may have, and says when to try again", async () => {
    const { send, clock, pool } = poolWorld({ pendingPerTarget: 2 });
    for (let sent = 0; sent < 4; sent++) send();
    const { sink, sending } = send();
    expect(sink.ends).toBe(0);
    sending.abort(gone);
    await clock.settle();
    expect(sink.failure).toMatchObject({ failure: "overloaded", status: 503, sent: false, retryAfterMs: 1_000 });
    expect([sink.ends, pool.pending]).toEqual([1, 4]);
  });
});

describe("a pool with health checks", () => {
  const activeHealth = { path: "/healthz", everyMs: 5_000, timeoutMs: 2_000, up: 2, down: 1 };

  /** Each target's check is answered with its status. */
  async function checked(world: ReturnType<typeof poolWorld>, ...statuses: number[]) {
    await world.clock.advance(world.pool.health().some(({ state }) => state === "down") ? 5_000 : 2_500);
    for (const [index, status] of statuses.entries()) world.targets[index]?.last.answer(status);
    await world.clock.settle();
  }

  it("leaves out what is down, and says so", async () => {
    const world = poolWorld({ activeHealth });
    world.pool.start();
    await checked(world, 500, 200);
    expect([world.state("a"), world.heard]).toEqual(["down", ["a down"]]);
    expect([world.send().at, world.send().at]).toEqual(["b", "b"]);
    await world.pool.close();
    expect(world.clock.nextAt).toBeUndefined();
  });

  it("refuses requests while all are down, and says when to try again", async () => {
    const world = poolWorld({ activeHealth });
    world.pool.start();
    await checked(world, 500, 503);
    const { sink } = world.send();
    await world.clock.settle();
    expect(sink.failure).toMatchObject({ failure: "no-target", status: 503, sent: false, retryAfterMs: 10_000 });
    await checked(world, 200, 500);
    await checked(world, 200, 500);
    expect([world.send().at, world.heard]).toEqual(["a", ["a down", "b down", "a up"]]);
    await world.pool.close();
  });

  it("rather asks one that is out for what became of requests than one that is down", async () => {
    const world = poolWorld({ activeHealth });
    const [a] = world.targets;
    for (let sent = 0; sent < 6; sent++) world.send();
    for (const one of a.requests) one.answer(502);
    expect(world.state("a")).toBe("ejected");
    world.pool.start();
    await checked(world, 200, 500);
    expect([world.state("b"), world.send().at]).toEqual(["down", "a"]);
    await world.pool.close();
  });

  it("keeps one that fails while all others are down", async () => {
    const world = poolWorld({ activeHealth });
    world.pool.start();
    await checked(world, 200, 500);
    for (let sent = 0; sent < 3; sent++) {
      world.send();
      world.targets[0].last.answer(503);
    }
    expect(world.pool.health().map(({ state }) => state)).toEqual(["up", "down"]);
    await world.pool.close();
  });
});

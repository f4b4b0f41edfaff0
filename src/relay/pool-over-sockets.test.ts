import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import { testClock } from "../testing/clock.ts";
import { deadOrigin, type ScriptedAnswer, type ScriptedServer, scriptedServer } from "../testing/scripted-server.ts";
import { RelayFailure } from "./failure.ts";
import { send } from "./forward-sending.ts";
import { OriginTarget } from "./origin-target.ts";
import { TargetPool } from "./pool.ts";
import { standardSettings } from "./pool-for-tests.ts";
import { RecordingSink } from "./scripted-target-for-tests.ts";
import type { TargetPoolSettings } from "./settings.ts";
import type { OutgoingRequest } from "./target.ts";

const ok: ScriptedAnswer = { status: 200, body: "taken" };

/** A pool of real origins, on a clock that a test moves; the connections' own time limits are real. */
function poolOf(bases: readonly string[], settings: Partial<TargetPoolSettings> = {}) {
  const clock = testClock();
  const repeats: string[] = [];
  const pool = new TargetPool(
    {
      ...standardSettings,
      ...settings,
      targets: bases.map((base) => ({ kind: "origin", base, weight: 1 })),
    },
    {
      open: (one) => new OriginTarget(one.kind === "origin" ? one.base : "", { connectMs: 10_000 }),
      clock,
      random: () => 0.5,
      observer: { onTarget() {}, onRepeat: (_from, to) => repeats.push(to) },
    },
  );
  onTestFinished(() => pool.close());
  return {
    clock,
    pool,
    repeats,
    /** The status, or the cause of its failure. */
    async ask(method: string, path: string, body?: OutgoingRequest["body"]) {
      const headers = body instanceof Uint8Array ? ["Content-Length", `${body.byteLength}`] : [];
      const limits = { answerMs: 15_000, idleMs: 15_000 };
      const answer = await send(pool, { method, path, headers, body }, limits, 1_000);
      return answer.kind === "answered" ? answer.status : answer.failure.failure;
    },
    state: (base: string) => pool.health().find(({ name }) => name === base)?.state,
  };
}

async function serving(answer: () => ScriptedAnswer): Promise<ScriptedServer> {
  const server = await scriptedServer(answer);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

const text = (body: string) => new TextEncoder().encode(body);
const paths = (server: ScriptedServer) => server.requests.map(({ url }) => url);

describe("two targets, one of which refuses", () => {
  it("take a hundred POSTs: none fails, and each is delivered once", async () => {
    const alive = await serving(() => ok);
    const { ask, state, repeats } = poolOf([await deadOrigin(), alive.origin]);
    const wanted = Array.from({ length: 100 }, (_, index) => `/${index}`);
    const answers = [];
    for (let sent = 0; sent < wanted.length; sent += 10) {
      const some = wanted.slice(sent, sent + 10);
      answers.push(...(await Promise.all(some.map((path) => ask("POST", path, text(path))))));
    }
    expect(new Set(answers)).toEqual(new Set([200]));
    expect(paths(alive).toSorted()).toEqual(wanted.toSorted());
    expect(alive.requests.every(({ url, body }) => url === body)).toBe(true);
    expect([state(alive.origin), repeats.length > 0]).toEqual(["up", true]);
  });

  it("take a streamed body whole, which the first one never saw", async () => {
    const alive = await serving(() => ok);
    const dead = await deadOrigin();
    const { ask, repeats } = poolOf([dead, alive.origin]);
    const pieces = Array.from({ length: 50 }, (_, index) => Buffer.alloc(10_000, index));
    expect(await ask("POST", "/stream", Readable.from(pieces))).toBe(200);
    expect(repeats).toEqual([alive.origin]);
    expect(alive.requests[0]?.body).toBe(Buffer.concat(pieces).toString("utf8"));
  });
});

describe("two targets, one of which hangs up on what it was sent", () => {
  it("do not get a POST twice", async () => {
    const [rude, alive] = [await serving(() => "hang-up"), await serving(() => ok)];
    const { ask } = poolOf([rude.origin, alive.origin]);
    expect(await ask("POST", "/once", text("x"))).toBe("target-closed");
    expect([paths(rude), paths(alive)]).toEqual([["/once"], []]);
  });

  it("get a PUT twice, since that is as good as once", async () => {
    const [rude, alive] = [await serving(() => "hang-up"), await serving(() => ok)];
    const { ask } = poolOf([rude.origin, alive.origin]);
    expect(await ask("PUT", "/twice", text("x"))).toBe(200);
    expect([paths(rude), paths(alive)]).toEqual([["/twice"], ["/twice"]]);
  });

  it("get a POST twice where they recognise repeats", async () => {
    const [rude, alive] = [await serving(() => "hang-up"), await serving(() => ok)];
    const { ask } = poolOf([rude.origin, alive.origin], { idempotent: true });
    expect(await ask("POST", "/known", text("x"))).toBe(200);
    expect([paths(rude), paths(alive)]).toEqual([["/known"], ["/known"]]);
  });
});

describe("a target that answers 503 three times", () => {
  it("gets nothing for ten seconds, and is back when it answers the one request that it gets then", async () => {
    let answer: ScriptedAnswer = { status: 503, body: "" };
    const ill = await serving(() => answer);
    const well = await serving(() => ok);
    const { ask, clock, state } = poolOf([ill.origin, well.origin]);
    const statuses = [];
    for (let sent = 0; sent < 20; sent++) statuses.push(await ask("POST", "/", text("x")));
    expect(statuses.filter((status) => status === 503)).toHaveLength(3);
    expect([ill.requests.length, state(ill.origin)]).toEqual([3, "ejected"]);

    await clock.advance(10_000);
    for (let sent = 0; sent < 4; sent++) await ask("POST", "/", text("x"));
    expect([ill.requests.length, state(ill.origin)]).toEqual([4, "ejected"]);

    answer = ok;
    await clock.advance(20_000);
    for (let sent = 0; sent < 10; sent++) expect(await ask("POST", "/", text("x"))).toBe(200);
    expect([ill.requests.length, state(ill.origin)]).toEqual([9, "up"]);
  });
});

describe("a target with a health check", () => {
  it("gets no requests while its check fails, whatever else it would answer", async () => {
    let isWell = true;
    const asked: string[] = [];
    const checked = await scriptedServer(({ url }) => {
      asked.push(url);
      return url === "/base/healthz" && !isWell ? { status: 500, body: "" } : ok;
    });
    onTestFinished(() => checked[Symbol.asyncDispose]());
    const other = await serving(() => ok);
    const activeHealth = { path: "/healthz", everyMs: 5_000, timeoutMs: 2_000, up: 1, down: 1 };
    const base = `${checked.origin}/base`;
    const { pool, ask, clock, state } = poolOf([base, other.origin], { activeHealth });
    pool.start();
    /** Until both checks of this round were answered. */
    const round = async () => {
      const before = asked.length + other.requests.length;
      await clock.advanceTo(clock.nextAt ?? 0);
      while (asked.length + other.requests.length < before + 2 || pool.pending > 0) await immediately();
      await clock.settle();
    };

    await round();
    expect([asked, state(base)]).toEqual([["/base/healthz"], "up"]);
    isWell = false;
    await round();
    expect(state(base)).toBe("down");
    const before = asked.length;
    for (let sent = 0; sent < 4; sent++) expect(await ask("GET", "/x")).toBe(200);
    expect(asked.length).toBe(before);
    isWell = true;
    await round();
    expect(state(base)).toBe("up");
  });
});

describe("a caller that leaves while its target is thinking", () => {
  it("frees the target's connection, and its place", async () => {
    const server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { pool } = poolOf([`http://127.0.0.1:${(server.address() as AddressInfo).port}`]);
    const sink = new RecordingSink();
    const request = { method: "GET", path: "/", headers: [], body: undefined };
    const sending = pool.send(request, sink, { answerMs: 15_000, idleMs: 15_000 });
    const [incoming] = await once(server, "request");
    expect(pool.pending).toBe(1);
    sending.abort(new RelayFailure("caller-gone", "left", { sent: true }));
    await once(incoming.socket, "close");
    expect([pool.pending, sink.heads, pool.health()[0]?.failures]).toEqual([0, [], 0]);
  });
});

function immediately(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { RelayFailure } from "./failure.ts";
import { poolWorld } from "./pool-for-tests.ts";

const gone = new RelayFailure("caller-gone", "the caller left", { sent: true });

describe("a request that its target did not take", () => {
  it("goes to another one, and the caller sees only that one's answer", () => {
    const { send, targets, heard } = poolWorld();
    const [a, b] = targets;
    const { sink } = send({ method: "POST", body: new Uint8Array(100_000) });
    a.last.fail("target-refused", { sent: false });
    b.last.answer(200);
    expect(sink).toMatchObject({ outcome: 200, heads: [200], ends: 1 });
    expect(b.last.request).toBe(a.last.request);
    expect(heard).toEqual(["a → b target-refused"]);
  });

  it("goes to one more at most", () => {
    const { send, targets, pool } = poolWorld({}, [1, 1, 1]);
    const [a, b, c] = targets;
    const { sink } = send();
    a.last.fail("target-refused", { sent: false });
    b.last.fail("target-connect-timeout", { sent: false });
    expect([sink.outcome, sink.ends, c.requests.length]).toEqual(["target-connect-timeout", 1, 0]);
    expect(pool.health().map(({ failures }) => failures)).toEqual([1, 1, 0]);
  });

  it("goes nowhere when there is no other", () => {
    const { send, targets } = poolWorld({}, [1]);
    const { sink } = send();
    targets[0].last.fail("target-refused", { sent: false });
    expect([sink.outcome, targets[0].requests.length]).toEqual(["target-refused", 1]);
  });

  it("goes nowhere when the others are out or busy", () => {
    const busy = poolWorld({ pendingPerTarget: 1 });
    busy.send();
    const { sink } = busy.send();
    busy.targets[1].last.fail("target-refused", { sent: false });
    expect([sink.outcome, busy.targets[0].requests.length]).toEqual(["target-refused", 1]);

    const out = poolWorld();
    for (let failed = 0; failed < 3; failed++) {
      while (out.send({ method: "POST" }).at !== "a") out.targets[1].last.answer(200);
      out.targets[0].last.answer(503);
    }
    const last = out.send();
    out.targets[1].last.fail("target-refused", { sent: false });
    expect([out.state("a"), last.sink.outcome]).toEqual(["ejected", "target-refused"]);
  });

  it("goes on with a stream of which nothing was read", () => {
    const { send, targets } = poolWorld();
    const untouched = send({ method: "POST", body: Readable.from(["a"]) });
    targets[0].last.fail("target-refused", { sent: false });
    expect(untouched.at).toBe("b");
  });

  it("goes nowhere with a stream that was begun", async () => {
    const { send, targets } = poolWorld();
    const body = new Readable({ read() {} });
    body.push("a");
    const begun = send({ method: "POST", body });
    await new Promise((resolve) => body.once("data", resolve));
    targets[0].last.fail("target-refused", { sent: false });
    expect([begun.sink.outcome, targets[1].requests.length]).toEqual(["target-refused", 0]);
  });

  it.each([
    ["PUT", "b"],
    ["POST", undefined],
  ])("but may have seen goes on where twice is once: %s", (method, at) => {
    const { send, targets } = poolWorld();
    const sent = send({ method, body: new Uint8Array(10) });
    targets[0].last.fail("target-closed", { sent: true });
    expect([sent.at, sent.sink.outcome]).toEqual([at, at ? undefined : "target-closed"]);
  });

  it("goes on whatever it is where the targets recognise repeats", () => {
    const { send, targets } = poolWorld({ idempotent: true });
    const post = send({ method: "POST", body: new Uint8Array(10) });
    targets[0].last.fail("target-closed", { sent: true });
    expect(post.at).toBe("b");
  });

  it("keeps its time limit: the second target has what the first one left", async () => {
    const { send, targets, clock } = poolWorld();
    send({}, { answerMs: 10_000, idleMs: 7_000 });
    await clock.advance(4_000);
    targets[0].last.fail("target-connect-timeout", { sent: false });
    expect(targets[1].last.limits).toEqual({ answerMs: 6_000, idleMs: 7_000 });
  });

  it("goes nowhere when its time is up", async () => {
    const { send, targets, clock } = poolWorld();
    const { sink } = send({}, { answerMs: 10_000, idleMs: 7_000 });
    await clock.advance(10_000);
    targets[0].last.fail("target-answer-timeout", { sent: true });
    expect([sink.outcome, targets[1].requests.length]).toEqual(["target-answer-timeout", 0]);
  });
});

describe("a request that goes nowhere else", () => {
  it.each(["interim", "head"] as const)("is one whose answer began: %s", (begun) => {
    const { send, targets } = poolWorld();
    const { sink } = send();
    if (begun === "interim") targets[0].last.interim(103);
    else targets[0].last.head(200);
    targets[0].last.fail("target-closed", { sent: true });
    expect([sink.outcome, sink.ends, targets[1].requests.length]).toEqual(["target-closed", 1, 0]);
  });

  it.each([502, 503, 504, 500])("is one that was answered, be it with %d", (status) => {
    const { send, targets } = poolWorld();
    const { sink } = send();
    targets[0].last.answer(status);
    expect([sink.outcome, targets[1].requests.length]).toEqual([status, 0]);
  });

  it.each(["caller-gone", "target-answer-timeout"] as const)("is one that its caller gave up: %s", (cause) => {
    const { send, targets } = poolWorld();
    const { sink, sending } = send();
    sending.abort(new RelayFailure(cause, "given up", { sent: true }));
    expect([sink.outcome, sink.ends, targets[1].requests.length]).toEqual([cause, 1, 0]);
  });
});

describe("a caller that leaves", () => {
  it("frees the connection of the target that has its request then", () => {
    const { send, targets } = poolWorld();
    const { sink, sending } = send();
    targets[0].last.fail("target-refused", { sent: false });
    sending.resume();
    sending.abort(gone);
    expect(targets[1].last).toMatchObject({ abortReason: gone, resumed: 1 });
    expect(sink).toMatchObject({ outcome: "caller-gone", ends: 1 });
  });

  it("after the end changes nothing", () => {
    const { send, targets, pool } = poolWorld();
    const { sink, sending } = send();
    targets[0].last.answer(200);
    sending.abort(new RelayFailure("target-answer-timeout", "late", { sent: true }));
    expect(sink).toMatchObject({ outcome: 200, ends: 1 });
    expect([targets[0].last.abortReason, pool.health()[0]?.failures]).toEqual([undefined, 0]);
  });
});

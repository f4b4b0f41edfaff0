import { describe, expect, it } from "vitest";
import { testClock } from "../testing/clock.ts";
import { HealthCheck } from "./active-health.ts";
import { ScriptedTarget } from "./scripted-target-for-tests.ts";

const settings = { path: "/healthz", everyMs: 5_000, timeoutMs: 2_000, up: 2, down: 3 };

/** Dice in the middle: the first check after half an interval, then one each interval. */
function setup(random = () => 0.5) {
  const clock = testClock();
  const target = new ScriptedTarget("http://one");
  const changes: boolean[] = [];
  const check = new HealthCheck(target, settings, { clock, random, onChange: (isUp) => changes.push(isUp) });
  /** Goes on to the next check and gives its answer: a status, or none in time. */
  const next = async (...answers: (number | "silence" | "refused")[]) => {
    for (const answer of answers) {
      const before = target.requests.length;
      while (target.requests.length === before) await clock.advanceTo(clock.nextAt ?? Number.NaN);
      if (answer === "silence") await clock.advance(settings.timeoutMs);
      else if (answer === "refused") target.last.fail("target-refused", { sent: false });
      else target.last.answer(answer);
      await clock.settle();
    }
  };
  return { clock, target, changes, check, next };
}

describe("a health check", () => {
  it("asks for its path, with its own time limit", async () => {
    const { target, check, next } = setup();
    check.start();
    await next(200);
    expect(target.last.request).toMatchObject({ method: "GET", path: "/healthz", body: undefined });
    expect(target.last.limits).toEqual({ answerMs: 2_000, idleMs: 2_000 });
  });

  it("asks within one interval, and then once an interval", async () => {
    const { clock, check, next } = setup();
    const began = clock.now();
    check.start();
    const times: number[] = [];
    for (let asked = 0; asked < 3; asked++) {
      await next(200);
      times.push(clock.now() - began);
    }
    expect(times).toEqual([2_500, 7_500, 12_500]);
  });

  it.each([
    [0, 4_500],
    [1, 5_500],
  ])("varies its interval by a tenth, so that many targets are not asked at once: %d", async (dice, pauseMs) => {
    const { clock, check, next } = setup(() => dice);
    check.start();
    await next(200);
    const asked = clock.now();
    await next(200);
    expect(clock.now() - asked).toBeCloseTo(pauseMs);
  });

  it("asks nothing while an answer is outstanding", async () => {
    const { clock, target, check } = setup();
    check.start();
    await clock.advance(2_500);
    expect(target.requests).toHaveLength(1);
    await clock.advance(1_999);
    expect(target.requests).toHaveLength(1);
  });
});

describe("a target", () => {
  it("is up until three bad answers in a row", async () => {
    const { check, changes, next } = setup();
    check.start();
    await next(500, 404, 200, 500, 500);
    expect([check.isUp, changes]).toEqual([true, []]);
    await next(500);
    expect([check.isUp, changes]).toEqual([false, [false]]);
  });

  it("is down until two good answers in a row", async () => {
    const { check, changes, next } = setup();
    check.start();
    await next(500, 500, 500, 200, 500, 204);
    expect(check.isUp).toBe(false);
    await next(301);
    expect([check.isUp, changes]).toEqual([true, [false, true]]);
  });

  it("that refuses, or does not answer in time, is down as well", async () => {
    const { target, check, next } = setup();
    check.start();
    await next("refused", "silence", "silence");
    expect(check.isUp).toBe(false);
    expect(target.last.abortReason?.failure).toBe("target-answer-timeout");
  });

  it("is judged by its status: what it sends after that is read and forgotten, up to a limit", async () => {
    const { clock, target, check } = setup();
    check.start();
    await clock.advance(2_500);
    target.last.head(200);
    for (let sent = 0; sent < 65; sent++) target.last.data("x".repeat(1_024));
    expect(target.last.abortReason?.failure).toBe("caller-gone");
    await clock.settle();
    expect(check.isUp).toBe(true);
  });

  it("that trickles its answer for ever is let go in time", async () => {
    const { clock, target, check } = setup();
    check.start();
    await clock.advance(2_500);
    target.last.head(200);
    await clock.advance(2_000);
    expect([target.last.isOver, check.isUp]).toEqual([true, true]);
    await clock.advance(3_000);
    expect(target.requests).toHaveLength(2);
  });
});

describe("a health check that is stopped", () => {
  it.each(["reason", "silence"] as const)("breaks off what it asked and asks nothing more: %s", async (said) => {
    const { clock, target, check, changes, next } = setup();
    target.afterAbort = said;
    check.start();
    await next(500, 500);
    await clock.advance(5_000);
    expect(target.requests).toHaveLength(3);
    await check.stop();
    expect(target.last.abortReason?.failure).toBe("caller-gone");
    await clock.advance(60_000);
    expect([target.requests.length, changes, clock.nextAt]).toEqual([3, [], undefined]);
  });

  it("may be stopped twice, and before it was started; started twice, it asks once", async () => {
    const { clock, target, check } = setup();
    await check.stop();
    check.start();
    check.start();
    await clock.advance(2_500);
    expect(target.requests).toHaveLength(1);
    await check.stop();
    await check.stop();
    expect(clock.nextAt).toBeUndefined();
  });
});

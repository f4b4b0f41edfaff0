import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failureStatus } from "./failure.ts";
import {
  afterFailure,
  afterProbeBegan,
  afterProbeSucceeded,
  afterProbeWithoutVerdict,
  isFailureStatus,
  isOnTrial,
  isTargetsFault,
  type Standing,
  takesRequests,
  unblemished,
} from "./passive-health.ts";

const policy = { failures: 3, windowMs: 10_000, ejectMs: 10_000, maxEjectMs: 60_000 };

function afterFailures(times: readonly number[], from: Standing = unblemished): Standing {
  return times.reduce((standing, at) => afterFailure(standing, policy, { at, wasProbe: false, isLast: false }), from);
}

/** As it is when its probe, begun at the end of its pause, failed. */
function afterFailedProbe(standing: Standing): Standing {
  const at = standing.ejectedUntil ?? 0;
  return afterFailure(afterProbeBegan(standing), policy, { at, wasProbe: true, isLast: false });
}

describe("a target that fails", () => {
  it("three times within ten seconds is out for ten", () => {
    const standing = afterFailures([1_000, 5_000, 10_999]);
    expect(standing.ejectedUntil).toBe(20_999);
    expect(takesRequests(standing, 20_998)).toBe(false);
    expect(takesRequests(standing, 20_999)).toBe(true);
  });

  it("three times in more than ten seconds stays", () => {
    expect(afterFailures([1_000, 5_000, 11_000]).ejectedUntil).toBeUndefined();
    expect(afterFailures([1_000, 5_000, 11_000, 14_999]).ejectedUntil).toBe(24_999);
  });

  it("stays when it is the last one, and goes at the next failure once another is back", () => {
    const failing = [0, 1, 2, 3, 4, 5].reduce(
      (standing, at) => afterFailure(standing, policy, { at, wasProbe: false, isLast: true }),
      unblemished,
    );
    expect(failing.ejectedUntil).toBeUndefined();
    expect(failing.failedAt.length).toBeLessThanOrEqual(3);
    expect(afterFailures([6], failing).ejectedUntil).toBe(10_006);
  });

  it("is not held longer by failures of requests that were under way when it went", () => {
    const out = afterFailures([0, 1, 2]);
    expect(afterFailures([3, 4, 5, 6], out)).toEqual(out);
  });
});

describe("a target whose pause is over", () => {
  const out = afterFailures([0, 0, 0]);
  const until = out.ejectedUntil ?? 0;

  it("gets one request, and no other before that one's answer", () => {
    expect([isOnTrial(out, until - 1), isOnTrial(out, until)]).toEqual([false, true]);
    const probing = afterProbeBegan(out);
    expect([isOnTrial(probing, until), takesRequests(probing, until + 1_000_000)]).toEqual([false, false]);
  });

  it("is back when that one was answered, with its failures forgotten", () => {
    const back = afterProbeSucceeded(afterProbeBegan(out), until);
    expect(back).toMatchObject({ ejectedUntil: undefined, isProbing: false, failedAt: [] });
    expect(afterFailures([until + 1, until + 2], back).ejectedUntil).toBeUndefined();
  });

  it("gets another when that one said nothing of it", () => {
    expect(isOnTrial(afterProbeWithoutVerdict(afterProbeBegan(out)), until)).toBe(true);
  });

  it("is out twice as long each time that one failed, a minute at most", () => {
    const pauses: number[] = [];
    for (let standing = out; pauses.length < 5; standing = afterFailedProbe(standing)) pauses.push(standing.pauseMs);
    expect(pauses).toEqual([10_000, 20_000, 40_000, 60_000, 60_000]);
  });

  it("is out for longer when it fails again soon after it came back, and starts over after a good minute", () => {
    const back = afterProbeSucceeded(afterProbeBegan(out), until);
    const soon = until + 60_000;
    expect(afterFailures([soon, soon, soon], back).pauseMs).toBe(20_000);
    const late = until + 60_001;
    expect(afterFailures([late, late, late], back).pauseMs).toBe(10_000);
  });
});

it("whatever happens, a pause is between the shortest and the longest, and one probe at a time decides", () => {
  const steps = fc.array(fc.tuple(fc.nat(30_000), fc.constantFrom("good", "bad", "nothing")), { maxLength: 80 });
  fc.assert(
    fc.property(steps, (given) => {
      let standing = unblemished;
      let now = 0;
      for (const [passedMs, verdict] of given) {
        now += passedMs;
        if (!takesRequests(standing, now)) continue;
        const wasProbe = isOnTrial(standing, now);
        if (wasProbe) standing = afterProbeBegan(standing);
        expect(takesRequests(standing, now)).toBe(!wasProbe);
        if (verdict === "bad") standing = afterFailure(standing, policy, { at: now, wasProbe, isLast: false });
        else if (wasProbe && verdict === "good") standing = afterProbeSucceeded(standing, now);
        else if (wasProbe) standing = afterProbeWithoutVerdict(standing);
        const { ejectedUntil } = standing;
        if (ejectedUntil === undefined || ejectedUntil <= now) continue;
        expect(ejectedUntil - now).toBeGreaterThanOrEqual(10_000);
        expect(ejectedUntil - now).toBeLessThanOrEqual(60_000);
      }
    }),
  );
});

it("counts what says that nobody is behind the target, and nothing that a living system says", () => {
  expect([200, 302, 400, 401, 404, 429, 500, 501, 505].filter(isFailureStatus)).toEqual([]);
  expect([502, 503, 504].every(isFailureStatus)).toBe(true);
  const causes = Object.keys(failureStatus) as (keyof typeof failureStatus)[];
  expect(causes.filter((cause) => !isTargetsFault(cause))).toEqual(["overloaded", "caller-gone", "unexpected"]);
});

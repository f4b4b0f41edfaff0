import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backoffMs, type RetryPolicy } from "./backoff.ts";

const policy: RetryPolicy = { attempts: 6, initialDelayMs: 5_000, maxDelayMs: 60_000, jitter: 0.2 };

describe("the backoff", () => {
  it("doubles from the initial delay up to the longest", () => {
    const delays = [1, 2, 3, 4, 5, 6, 100].map((attempt) => backoffMs(policy, attempt, 0));
    expect(delays).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000]);
  });

  it("is shortened at random by no more than the jitter, and never longer than the longest", () => {
    const part = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), part, part, (attempt, jitter, random) => {
        const full = backoffMs({ ...policy, jitter }, attempt, 0);
        const delay = backoffMs({ ...policy, jitter }, attempt, random);
        expect(delay).toBeLessThanOrEqual(full);
        expect(delay).toBeGreaterThanOrEqual(Math.floor(full * (1 - jitter)));
        expect(delay).toBeLessThanOrEqual(policy.maxDelayMs);
        expect(Number.isInteger(delay)).toBe(true);
      }),
    );
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Limit, paced, RateMeter } from "./rate.ts";

describe("a rate meter", () => {
  it("never lets more through in any span than its windows hold, and refuses only when one is full", () => {
    const limits: Limit[] = [
      { messages: 5, perMs: 100 },
      { messages: 2, perMs: 10 },
    ];
    const gaps = fc.array(fc.nat(30), { maxLength: 200 });
    fc.assert(
      fc.property(gaps, (steps) => {
        const meter = new RateMeter(limits);
        const admitted: number[] = [];
        let now = 0;
        for (const step of steps) {
          now += step;
          const isFull = limits.some(
            ({ messages, perMs }) => admitted.filter((at) => at > now - perMs).length >= messages,
          );
          expect(meter.admit(now)).toBe(!isFull);
          if (!isFull) admitted.push(now);
        }
      }),
    );
  });

  it("that blocks refuses everything until the block is over, and the block is not prolonged", () => {
    const meter = new RateMeter([{ messages: 1, perMs: 10, blockMs: 1_000 }]);
    expect([0, 5, 15, 1_004, 1_005].map((at) => meter.admit(at))).toEqual([true, false, false, false, true]);
  });
});

describe("a pace", () => {
  const limits: Limit[] = [{ messages: 20, perMs: 60_000, blockMs: 600_000 }];

  it("scales how many and how long", () => {
    expect(paced(limits, { enabled: true, messageFactor: 0.01, timeFactor: 0.01 })).toEqual([
      { messages: 1, perMs: 600, blockMs: 6_000 },
    ]);
  });

  it("can switch limits off", () => {
    expect(paced(limits, { enabled: false, messageFactor: 1, timeFactor: 1 })).toEqual([]);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextAllowed, remembered } from "./rate.ts";

const windows = fc.array(
  fc.record({ messages: fc.integer({ min: 1, max: 6 }), perMs: fc.integer({ min: 1, max: 50 }) }),
  { maxLength: 3 },
);
const step = fc.record({ wait: fc.nat({ max: 20 }), latency: fc.nat({ max: 10 }) });

describe("limits that are kept by waiting", () => {
  it("let no more answers than allowed into any window of time", () => {
    fc.assert(
      fc.property(windows, fc.array(step, { maxLength: 60 }), (limits, steps) => {
        const answers: number[] = [];
        let recent: number[] = [];
        let now = 0;
        for (const { wait, latency } of steps) {
          now = nextAllowed(recent, limits, now + wait) + latency;
          answers.push(now);
          recent = remembered(recent, limits, now);
        }
        for (const { messages, perMs } of limits) {
          answers.forEach((at, index) => {
            const within = answers.slice(index).filter((other) => other < at + perMs);
            expect(within.length).toBeLessThanOrEqual(messages);
          });
        }
      }),
    );
  });

  it("never wait longer than they must", () => {
    fc.assert(
      fc.property(windows, fc.array(step, { maxLength: 40 }), (limits, steps) => {
        let all: number[] = [];
        let recent: number[] = [];
        let now = 0;
        for (const { wait } of steps) {
          const wanted = now + wait;
          now = nextAllowed(recent, limits, wanted);
          if (now > wanted) {
            const tooEarly = now - 1;
            const full = limits.some(
              ({ messages, perMs }) => all.filter((at) => at > tooEarly - perMs).length >= messages,
            );
            expect(full).toBe(true);
          }
          all = [...all, now];
          recent = remembered(recent, limits, now);
        }
      }),
    );
  });

  it("remember no more than they look back at", () => {
    fc.assert(
      fc.property(windows, fc.array(fc.nat({ max: 9 }), { maxLength: 60 }), (limits, gaps) => {
        let recent: number[] = [];
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          recent = remembered(recent, limits, now);
        }
        expect(recent.length).toBeLessThanOrEqual(Math.max(0, ...limits.map(({ messages }) => messages)));
      }),
    );
  });

  it("do not exist where none are given", () => {
    expect(nextAllowed([5, 5, 5], [], 5)).toBe(5);
    expect(remembered([1], [], 5)).toEqual([]);
  });

  it("of 5 a second and 100 a minute are both kept", () => {
    const limits = [
      { messages: 100, perMs: 60_000 },
      { messages: 5, perMs: 1_000 },
    ];
    let recent: number[] = [];
    const times: number[] = [];
    for (let i = 0, now = 0; i < 101; i++) {
      now = nextAllowed(recent, limits, now);
      times.push(now);
      recent = remembered(recent, limits, now);
    }
    expect([times[4], times[5], times[99], times[100]]).toEqual([0, 1_000, 19_000, 60_000]);
  });
});

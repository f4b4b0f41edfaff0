import { describe, expect, it } from "vitest";
import { nextPollAt } from "./polling-schedule.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** All times of asking, in seconds after sending, each asked exactly when it was due. */
function pollsOf(limitMs: number): number[] {
  const sentAt = 1_000_000;
  const polls: number[] = [];
  for (let at = nextPollAt(sentAt, sentAt, limitMs); at !== undefined; at = nextPollAt(sentAt, at, limitMs)) {
    polls.push((at - sentAt) / 1000);
  }
  return polls;
}

describe("what became of a message", () => {
  it("is asked soon, then seldom, and once more before the platform forgets", () => {
    expect(pollsOf(dayMs)).toEqual([30, 120, 600, 3_600, 10_800, 28_800, 85_800]);
  });

  it("is asked daily for a week where the platform remembers that long", () => {
    const days = [1, 2, 3, 4, 5, 6].map((day) => day * 86_400);
    expect(pollsOf(7 * dayMs)).toEqual([30, 120, 600, 3_600, 10_800, 28_800, ...days, 7 * 86_400 - 600]);
  });

  it("is not made up for where the hub was away", () => {
    expect(nextPollAt(0, 2 * hourMs, dayMs)).toBe(3 * hourMs);
    expect(nextPollAt(0, 30 * hourMs, dayMs)).toBeUndefined();
  });
});

import { expect, it } from "vitest";
import { testClock } from "./clock.ts";

it("stands still until it is moved", async () => {
  const clock = testClock(1_000);
  await clock.settle();
  expect(clock.now()).toBe(1_000);
  await clock.advance(5);
  expect(clock.now()).toBe(1_005);
});

it("calls back in the order of time, each at its own time, and those of one time in the order they were asked for", async () => {
  const clock = testClock(0);
  const calls: string[] = [];
  const note = (name: string) => () => calls.push(`${name}@${clock.now()}`);
  clock.at(30, note("late"));
  clock.at(10, note("early"));
  clock.at(10, note("early too"));
  await clock.advance(20);
  expect(calls).toEqual(["early@10", "early too@10"]);
  await clock.advance(20);
  expect(calls.at(-1)).toBe("late@30");
});

it("lets a callback's own promises and timers run before it moves on", async () => {
  const clock = testClock(0);
  const calls: number[] = [];
  clock.at(10, () => {
    void (async () => {
      await new Promise<void>((resolve) => setImmediate(resolve));
      clock.at(15, () => calls.push(clock.now()));
    })();
  });
  await clock.advanceTo(100);
  expect(calls).toEqual([15]);
});

it("does not call back what was called off", async () => {
  const clock = testClock(0);
  const calls: string[] = [];
  const off = clock.at(10, () => calls.push("called"));
  off();
  await clock.advance(20);
  expect(calls).toEqual([]);
  expect(clock.nextAt).toBeUndefined();
});

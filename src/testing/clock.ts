import type { Clock } from "../queue/clock.ts";

/** Time that stands still until a test moves it. */
export interface TestClock extends Clock {
  /** Moves on by `ms`, calling back everything that falls due on the way, in order, each at its own time. */
  advance(ms: number): Promise<void>;
  /** Moves on to `at` (epoch milliseconds). */
  advanceTo(at: number): Promise<void>;
  /** Lets what was started run until it waits for time, without moving on. */
  settle(): Promise<void>;
  /** When the next callback is due, or undefined when nothing waits. */
  readonly nextAt: number | undefined;
}

/** Turns of the event loop in a row without a question about the time after which nothing is under way. */
const QUIET_TURNS = 6;

/**
 * A clock for tests. Whatever runs on it asks it for the time at least every few turns of the event loop
 * (a commit to the store takes one), so a few turns without a question mean that everything waits.
 *
 * @param start Epoch milliseconds.
 */
export function testClock(start = Date.UTC(2026, 0, 1)): TestClock {
  let now = start;
  let asked = 0;
  let made = 0;
  const waiting = new Map<number, { readonly at: number; readonly callback: () => void }>();

  const earliest = (): number | undefined => {
    let found: number | undefined;
    let foundAt = Number.POSITIVE_INFINITY;
    // In the order they were made, so of two at the same time the older goes first.
    for (const [id, { at }] of waiting) {
      if (at < foundAt) [found, foundAt] = [id, at];
    }
    return found;
  };

  const settle = async (): Promise<void> => {
    for (let quiet = 0, before = asked; quiet < QUIET_TURNS; quiet++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (asked !== before) [quiet, before] = [-1, asked];
    }
  };

  const advanceTo = async (target: number): Promise<void> => {
    await settle();
    for (let id = earliest(); id !== undefined; id = earliest()) {
      const timer = waiting.get(id);
      if (!timer || timer.at > target) break;
      waiting.delete(id);
      now = Math.max(now, timer.at);
      timer.callback();
      await settle();
    }
    now = Math.max(now, target);
    await settle();
  };

  return {
    now() {
      asked++;
      return now;
    },
    at(at, callback) {
      asked++;
      const id = made++;
      waiting.set(id, { at, callback });
      return () => {
        waiting.delete(id);
      };
    },
    advance: (ms) => advanceTo(now + ms),
    advanceTo,
    settle,
    get nextAt() {
      const id = earliest();
      return id === undefined ? undefined : waiting.get(id)?.at;
    },
  };
}

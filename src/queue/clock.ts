/** Time as a room sees it; tests bring their own. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Calls back once at or after `at` (epoch milliseconds); gives a function that calls it off. */
  at(at: number, callback: () => void): () => void;
}

/** `setTimeout` takes 32 bits of milliseconds; a later time is reached by waking up and asking again. */
const LONGEST_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: Date.now,
  at(at, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(at - Date.now(), 0), LONGEST_MS));
    return () => clearTimeout(timer);
  },
};

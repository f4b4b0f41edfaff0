/** Time as the calling side sees it; tests bring their own. */
export interface Timer {
  /** Epoch milliseconds. */
  now(): number;
  /** Calls back once at or after `at` (epoch milliseconds); gives a function that calls it off. */
  at(at: number, callback: () => void): () => void;
}

/** `setTimeout`, measured on this clock. Platforms wait for hours at most, which it can. */
export function timerOn(now: () => number): Timer {
  return {
    now,
    at(at, callback) {
      const timer = setTimeout(callback, Math.max(at - now(), 0));
      return () => clearTimeout(timer);
    },
  };
}

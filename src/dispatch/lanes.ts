/** Time as this room sees it; the queue's clock fits. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Calls back once at or after `at` (epoch milliseconds); gives a function that calls it off. */
  at(at: number, callback: () => void): () => void;
}

/** Does a lane's due work in order and answers when it is next due (epoch milliseconds). */
export type Drain = (lane: string) => Promise<number | undefined>;

/** Who runs lanes when they are due, each at most once at a time; the queue fits. */
export interface Lanes {
  wake(lane: string, dueAt: number): void;
  start(): void;
  /** Starts no more lanes and waits for the running ones. Harmless to repeat. */
  stop(): Promise<void>;
}

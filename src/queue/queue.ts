/**
 * Which lanes are due, and who drains them. A queue holds lanes, not messages: what a lane has to do is in
 * the store, so losing a queue loses nothing.
 */
export interface Queue {
  /** This lane has something to do at `dueAt` (epoch milliseconds), or earlier if it was told so before. */
  wake(lane: string, dueAt: number): void;
  /** Starts draining. */
  start(): void;
  /** Starts no more lanes and waits for the running ones. Harmless to repeat. */
  stop(): Promise<void>;
}

/**
 * Does a lane's due work in order and answers when it is next due (epoch milliseconds), or undefined when
 * nothing waits. Runs at most once at a time per lane. A drain that throws is tried again later.
 */
export type Drain = (lane: string) => Promise<number | undefined>;

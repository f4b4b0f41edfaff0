import { setTimeout as pause } from "node:timers/promises";

export interface Patience {
  /** What is waited for, for the error. */
  readonly what: string;
  /** Milliseconds; default 10,000. */
  readonly deadlineMs?: number;
}

const LOOK_MS = 10;

/**
 * Asks again until there is an answer other than undefined or false.
 *
 * @throws Error saying what did not happen in time.
 */
export async function until<T>(
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  { what, deadlineMs = 10_000 }: Patience,
): Promise<T> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await pause(LOOK_MS);
  }
}

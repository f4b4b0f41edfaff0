import type { Clock } from "./clock.ts";

/** What the platform gets. */
export interface PlatformAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string | Uint8Array;
}

/** A callback; the same for its repeats. */
export interface AnsweredCallback {
  readonly relay: string;
  readonly key: string;
}

interface Entry {
  readonly lane: string;
  readonly expiresAt: number;
  settled: boolean;
  readonly answer: Promise<PlatformAnswer | undefined>;
  readonly settle: (answer: PlatformAnswer | undefined) => void;
}

/** Longer than the tries of any platform take: a repeat gets the same answer, or waits for it with the first. */
const REMEMBERED_MS = 60_000;
const MOST = 10_000;

/** Answers that callbacks wait for, and those that were given lately. */
export class ForwardAnswers {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on an answer to this callback is of interest. Harmless to repeat. */
  expect(callback: AnsweredCallback, lane: string): void {
    const key = keyOf(callback);
    const now = this.#clock.now();
    this.#forget(now);
    if (this.#entries.has(key)) return;
    const { promise, resolve } = Promise.withResolvers<PlatformAnswer | undefined>();
    this.#entries.set(key, {
      lane,
      expiresAt: now + REMEMBERED_MS,
      settled: false,
      answer: promise,
      settle: resolve,
    });
  }

  /** Undefined when it did not come in time, or will not come soon. */
  async answer(callback: AnsweredCallback, withinMs: number): Promise<PlatformAnswer | undefined> {
    const entry = this.#entries.get(keyOf(callback));
    if (!entry) return undefined;
    const late = Promise.withResolvers<undefined>();
    const callOff = this.#clock.at(this.#clock.now() + withinMs, () => late.resolve(undefined));
    const answer = await Promise.race([entry.answer, late.promise]);
    callOff();
    return answer;
  }

  isExpected(callback: AnsweredCallback): boolean {
    return this.#entries.get(keyOf(callback))?.settled === false;
  }

  settle(callback: AnsweredCallback, answer: PlatformAnswer | undefined): void {
    this.#settle(keyOf(callback), answer);
  }

  #settle(key: string, answer: PlatformAnswer | undefined): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    entry.settled = true;
    entry.settle(answer);
    // What was not answered is not remembered: a repeat may be luckier.
    if (answer === undefined) this.#entries.delete(key);
  }

  /** Nothing of this lane will be answered soon: something before it is tried again. */
  giveUp(lane: string): void {
    for (const [key, entry] of this.#entries) if (entry.lane === lane && !entry.settled) this.#settle(key, undefined);
  }

  /** Nobody is to wait any more: whoever answers is stopping. */
  close(): void {
    for (const [key, { settled }] of this.#entries) if (!settled) this.#settle(key, undefined);
  }

  /** Entries are in the order of their time. */
  #forget(now: number): void {
    for (const [key, entry] of this.#entries) {
      if (entry.expiresAt > now && this.#entries.size < MOST) return;
      this.#settle(key, undefined);
      this.#entries.delete(key);
    }
  }
}

function keyOf({ relay, key }: AnsweredCallback): string {
  return `${relay}:${key}`;
}

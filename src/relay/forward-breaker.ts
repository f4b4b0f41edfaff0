/** When a receiver that takes nothing is left alone. */
export interface ForwardBreakerPolicy {
  /** Failures in a row, whatever chats they are of, that open it. */
  readonly failures: number;
  /** How long until one callback probes; doubles while probes fail. Milliseconds. */
  readonly pauseMs: number;
  readonly maxPauseMs: number;
}

/**
 * Keeps a receiver that is down from being asked by every chat: while it is open, lanes are held here, and one of them
 * probes. They take turns, so that one callback that is refused does not keep the others waiting.
 */
export class ForwardBreaker {
  readonly #policy: ForwardBreakerPolicy;
  readonly #random: () => number;
  readonly #held = new Set<string>();
  #failures = 0;
  /** Pauses since it was opened; 0 while it is closed. */
  #pauses = 0;
  #openUntil = 0;
  #error: string | undefined;

  /** @param random In [0, 1): spreads the probes of receivers that went down together. */
  constructor(policy: ForwardBreakerPolicy, random: () => number) {
    this.#policy = policy;
    this.#random = random;
  }

  get isOpen(): boolean {
    return this.#pauses > 0;
  }

  /** When the next probe is due. Epoch milliseconds; only while it is open. */
  get openUntil(): number {
    return this.#openUntil;
  }

  /** What went wrong last, while it is open. */
  get error(): string | undefined {
    return this.isOpen ? this.#error : undefined;
  }

  hold(lane: string): void {
    this.#held.add(lane);
  }

  /** The lane whose turn it is to probe. */
  takeHeld(): string | undefined {
    const [lane] = this.#held;
    if (lane !== undefined) this.#held.delete(lane);
    return lane;
  }

  /** Was it opened by this? */
  failed(error: string, now: number): boolean {
    this.#error = error;
    // Those that were under way when it opened say nothing new.
    if (this.isOpen || ++this.#failures < this.#policy.failures) return false;
    this.#pause(now);
    return true;
  }

  probeFailed(error: string, now: number): void {
    this.#error = error;
    if (this.isOpen) this.#pause(now);
  }

  /** The lanes that were held, where it was open; undefined where it was not. */
  close(): string[] | undefined {
    this.#failures = 0;
    if (!this.isOpen) return undefined;
    this.#pauses = 0;
    this.#openUntil = 0;
    const held = [...this.#held];
    this.#held.clear();
    return held;
  }

  #pause(now: number): void {
    const { pauseMs, maxPauseMs } = this.#policy;
    const full = Math.min(pauseMs * 2 ** Math.min(this.#pauses, 30), maxPauseMs);
    this.#pauses++;
    this.#openUntil = now + Math.round(full * (1 - 0.2 * this.#random()));
  }
}

/**
 * How many Deliveries wait, counted in memory so that an accept need not ask the store. Places are reserved
 * before the commit, so requests that arrive together cannot overrun the limit.
 */
export class Backlog {
  readonly #limit: number;
  #waiting: number;
  /** What a refused client is told to wait. */
  readonly retryAfterSeconds = 5;

  /** @param waiting What the store holds already. */
  constructor(limit: number, waiting: number) {
    this.#limit = limit;
    this.#waiting = waiting;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** False when there is no room; then nothing is reserved. One push is always let into an empty backlog. */
  reserve(deliveries: number): boolean {
    if (this.#waiting > 0 && this.#waiting + deliveries > this.#limit) return false;
    this.#waiting += deliveries;
    return true;
  }

  /** For what was accepted before: the next leaves of a Task are never refused. */
  add(deliveries: number): void {
    this.#waiting += deliveries;
  }

  release(deliveries: number): void {
    this.#waiting -= deliveries;
  }
}

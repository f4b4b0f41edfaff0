/**
 * One time limit after the other, for something that has one nearly always. Moving the limit costs no timer: the one
 * that is set looks, when it fires, whether the limit has moved.
 */
export class Deadline {
  readonly #onPassed: () => void;
  #at = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #firesAt = Number.POSITIVE_INFINITY;

  /** @param onPassed Called once for each limit that passes. */
  constructor(onPassed: () => void) {
    this.#onPassed = onPassed;
  }

  /** The limit is so many milliseconds from now. */
  set(ms: number): void {
    const now = performance.now();
    this.#at = now + ms;
    if (this.#timer && this.#firesAt <= this.#at) return;
    this.#arm(ms, now);
  }

  /** There is no limit until it is set again. */
  clear(): void {
    this.#at = Number.POSITIVE_INFINITY;
  }

  /** For good: no timer is left. */
  end(): void {
    this.clear();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(ms: number, now: number): void {
    clearTimeout(this.#timer);
    this.#firesAt = now + ms;
    // Whatever has a limit holds the process by itself.
    this.#timer = setTimeout(this.#look, ms).unref();
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    if (this.#at === Number.POSITIVE_INFINITY) return;
    if (now >= this.#at) {
      this.clear();
      this.#onPassed();
    } else this.#arm(this.#at - now, now);
  };
}

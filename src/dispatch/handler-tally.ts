/** Durations remembered; enough that the 99th percentile is not the maximum. */
const REMEMBERED = 1_000;
const MESSAGE_LENGTH = 300;

/** Counts what one handler does. */
export class HandlerTally {
  calls = 0;
  failures = 0;
  skipped = 0;
  lastError: { readonly at: number; readonly message: string } | undefined;
  readonly #durations: number[] = [];

  called(ms: number): void {
    this.#durations[this.calls % REMEMBERED] = ms;
    this.calls++;
  }

  failed(at: number, error: unknown): void {
    this.failures++;
    const message = error instanceof Error ? error.message : String(error);
    this.lastError = { at, message: message.slice(0, MESSAGE_LENGTH) };
  }

  /** @param part 0 to 1. @returns Milliseconds; undefined before the first call. */
  percentileMs(part: number): number | undefined {
    const sorted = [...this.#durations].sort((a, b) => a - b);
    return sorted[Math.max(Math.ceil(part * sorted.length) - 1, 0)];
  }
}

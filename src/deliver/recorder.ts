import type { Clock } from "../queue/clock.ts";
import { StoreError } from "../store/errors.ts";
import type { LaneStore, Recorded } from "../store/store.ts";

/** While the store takes nothing, it is asked again this often. */
const RETRY_MS = 1_000;

/**
 * Writes down what a platform answered, however long the store refuses: a message that was taken must not be
 * sent again because the disk was full when it was to be ticked off. Its lane waits meanwhile.
 */
export class Recorder {
  readonly #store: Pick<LaneStore, "record">;
  readonly #clock: Clock;
  readonly #onError: (what: string, error: unknown) => void;

  constructor(store: Pick<LaneStore, "record">, clock: Clock, onError: (what: string, error: unknown) => void) {
    this.#store = store;
    this.#clock = clock;
    this.#onError = onError;
  }

  /** @throws StoreError (STORE_CLOSED) when the hub stopped before the store could take it. */
  async record(recorded: Recorded): Promise<void> {
    for (let told = false; ; told = true) {
      try {
        return await this.#store.record(recorded);
      } catch (error) {
        if (error instanceof StoreError && error.code === "STORE_CLOSED") throw error;
        if (!told) this.#onError("a receipt could not be stored; trying until it can", error);
        await new Promise<void>((resolve) => {
          this.#clock.at(this.#clock.now() + RETRY_MS, resolve);
        });
      }
    }
  }
}

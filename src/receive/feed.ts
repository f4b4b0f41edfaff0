import type { ArrivedEvent } from "./reception.ts";

/** Tells whoever listens in this process that Events were stored; what was missed is read from the store. */
export class EventFeed {
  readonly #listeners = new Set<(arrived: readonly ArrivedEvent[]) => void>();
  readonly #onError: (what: string, error: unknown) => void;

  constructor(onError: (what: string, error: unknown) => void) {
    this.#onError = onError;
  }

  /** Gives the function that ends it. */
  listen(listener: (arrived: readonly ArrivedEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A listener that throws does not keep the others from hearing. */
  readonly tell = (arrived: readonly ArrivedEvent[]): void => {
    for (const listener of this.#listeners) {
      try {
        listener(arrived);
      } catch (error) {
        this.#onError("a listener to events failed", error);
      }
    }
  };
}

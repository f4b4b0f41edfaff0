import { Readable } from "node:stream";
import { HeldBytes } from "./held-bytes.ts";

/** The body of a request, as the agent gives it to its target: what is not read yet waits here, up to a window. */
export class IncomingBody extends Readable {
  readonly #onRead: (bytes: number) => void;
  readonly #held = new HeldBytes();
  #isWanted = false;
  #hasEnded = false;

  /** @param onRead Told how many bytes were taken, for the credit. */
  constructor(onRead: (bytes: number) => void) {
    super();
    this.#onRead = onRead;
    // Whoever reads it is told of its end by the request's own failure.
    this.on("error", () => {});
  }

  add(bytes: Buffer): void {
    if (this.destroyed || bytes.length === 0) return;
    if (this.#isWanted) this.#pass(bytes);
    else this.#held.add(bytes);
  }

  /** There is no more to come. */
  finish(): void {
    if (this.destroyed || this.#hasEnded) return;
    this.#hasEnded = true;
    if (this.#held.length === 0) this.push(null);
  }

  override _read(): void {
    this.#isWanted = true;
    while (this.#isWanted) {
      const bytes = this.#held.take();
      if (bytes === undefined) return;
      this.#pass(bytes);
      if (this.#hasEnded && this.#held.length === 0) this.push(null);
    }
  }

  #pass(bytes: Buffer): void {
    this.#isWanted = this.push(bytes);
    this.#onRead(bytes.length);
  }
}

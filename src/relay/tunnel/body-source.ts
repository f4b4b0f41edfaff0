import type { Readable } from "node:stream";

export interface SourceListener {
  /** @returns false when it should pause. */
  onData(bytes: Uint8Array): boolean;
  onEnd(): void;
  /** It ended before its end. */
  onBroken(error: unknown): void;
}

/** A body that comes as a stream, until it is not wanted any more. */
export class BodySource {
  readonly #stream: Readable;
  #isOver = false;

  constructor(stream: Readable, listener: SourceListener) {
    this.#stream = stream;
    stream.on("data", (bytes: Uint8Array) => {
      if (!this.#isOver && !listener.onData(bytes)) stream.pause();
    });
    stream.on("end", () => {
      if (!this.#isOver) listener.onEnd();
    });
    const broken = (error: unknown) => {
      if (!this.#isOver && !stream.readableEnded) listener.onBroken(error);
    };
    stream.on("error", broken).on("close", broken);
  }

  resume(): void {
    if (!this.#isOver && this.#stream.isPaused()) this.#stream.resume();
  }

  /** Leaves the rest to its owner, unread. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stream.pause();
  }
}

import type { Socket } from "node:net";
import type { Readable } from "node:stream";

export interface BodySenderOptions {
  readonly socket: Socket;
  readonly body: Readable;
  /** Bytes; undefined to send chunks. */
  readonly length: number | undefined;
  /** A piece was written. */
  readonly onProgress: () => void;
  /** All of it was written. */
  readonly onSent: () => void;
  /** It broke off, or was not as long as it was said to be. */
  readonly onBroken: (error: unknown) => void;
}

/** Writes a streamed body to a socket, no faster than the socket takes it. */
export class BodySender {
  readonly #options: BodySenderOptions;
  #left: number;
  #isOver = false;

  constructor(options: BodySenderOptions) {
    this.#options = options;
    this.#left = options.length ?? Number.POSITIVE_INFINITY;
    const { body } = options;
    body.on("data", this.#onData).on("end", this.#onEnd).on("error", this.#onError).on("close", this.#onClose);
    if (body.errored) this.#onError(body.errored);
  }

  /** The socket takes more. */
  drained(): void {
    if (!this.#isOver) this.#options.body.resume();
  }

  /** Looks at the body no more, and leaves it to whoever it is. Harmless to repeat. */
  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { body } = this.#options;
    body.off("data", this.#onData).off("end", this.#onEnd).off("error", this.#onError).off("close", this.#onClose);
    body.pause();
  }

  readonly #onData = (chunk: Buffer): void => {
    const { socket, body, length, onProgress } = this.#options;
    this.#left -= chunk.length;
    if (this.#left < 0) {
      this.#onError(new RangeError("the body is longer than its Content-Length"));
      return;
    }
    if (length === undefined) {
      socket.cork();
      socket.write(`${chunk.length.toString(16)}\r\n`, "latin1");
      socket.write(chunk);
      socket.write("\r\n", "latin1");
      socket.uncork();
    } else socket.write(chunk);
    if (socket.writableNeedDrain) body.pause();
    onProgress();
  };

  readonly #onEnd = (): void => {
    const { socket, length, onSent } = this.#options;
    if (length !== undefined && this.#left > 0) {
      this.#onError(new RangeError("the body is shorter than its Content-Length"));
      return;
    }
    this.stop();
    if (length === undefined) socket.write("0\r\n\r\n", "latin1");
    onSent();
  };

  readonly #onError = (error: unknown): void => {
    this.stop();
    this.#options.onBroken(error);
  };

  readonly #onClose = (): void => this.#onError(new Error("the body broke off"));
}

import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { Deadline } from "./deadline.ts";
import { RelayFailure } from "./failure.ts";

export interface RequestBodyOptions {
  /** More is refused; undefined for no limit. */
  readonly mostBytes: number | undefined;
  /** Longest pause of the caller's while more of it is wanted. */
  readonly idleMs: number;
  /** Told once; then nothing more comes. */
  readonly onProblem: (problem: "body-too-large" | "body-too-slow") => void;
}

/**
 * A request's body on its way to a target, never more of it in memory than a stream holds. It is a stream of its own, so
 * that a target that wants no more of it does not end the caller's connection.
 */
export class RequestBody extends Readable {
  readonly #request: IncomingMessage;
  readonly #options: RequestBodyOptions;
  readonly #deadline: Deadline;
  #bytes = 0;

  constructor(request: IncomingMessage, options: RequestBodyOptions) {
    super({ highWaterMark: 65_536 });
    this.#request = request;
    this.#options = options;
    this.#deadline = new Deadline(() => this.#refuse("body-too-slow"));
    // Whoever sends it tells of a failure.
    this.on("error", () => {});
    request.on("data", this.#onData).on("end", this.#onEnd).on("close", this.#onGone).on("error", this.#onGone);
    request.pause();
  }

  override _read(): void {
    this.#deadline.set(this.#options.idleMs);
    this.#request.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#stop();
    callback(error);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#bytes += chunk.length;
    const { mostBytes, idleMs } = this.#options;
    if (mostBytes !== undefined && this.#bytes > mostBytes) {
      this.#refuse("body-too-large");
    } else if (this.push(chunk)) this.#deadline.set(idleMs);
    else {
      this.#deadline.clear();
      this.#request.pause();
    }
  };

  readonly #onEnd = (): void => {
    this.#stop();
    this.push(null);
  };

  readonly #onGone = (): void => {
    this.destroy(new RelayFailure("caller-gone", "the caller left within its request", { sent: true }));
  };

  #refuse(problem: "body-too-large" | "body-too-slow"): void {
    this.#stop();
    this.#options.onProblem(problem);
  }

  #stop(): void {
    this.#deadline.end();
    this.#request.off("data", this.#onData).off("end", this.#onEnd).off("close", this.#onGone);
    // What still goes wrong with it concerns nobody: its `error` keeps its listener.
  }
}

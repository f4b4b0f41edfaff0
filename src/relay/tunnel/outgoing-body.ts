import type { FrameWriter } from "./frame-writer.ts";
import { FrameError, initialWindow, inlineBytes, longestData } from "./frames.ts";

/** A source is asked to pause when so much of it waits. */
const waitingBytes = 64 * 1024;

/** WINDOW counts in 32 bits; nobody who reads gives as much. */
const mostCredit = 2 ** 31;

/** What is sent of a body, as far as the other side has given credit for it. */
export class OutgoingBody {
  #pieces: Uint8Array[] = [];
  #waiting = 0;
  #credit = initialWindow;
  #isEnded = false;
  #isDone = false;

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#waiting += bytes.length;
  }

  end(): void {
    this.#isEnded = true;
  }

  /** Is all written that came so far, and more to come? */
  get isAwaiting(): boolean {
    return this.#waiting === 0 && !this.#isEnded;
  }

  /** Should the source pause? */
  get isFull(): boolean {
    return this.#waiting >= waitingBytes;
  }

  /** Has its end been written? */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Is there something to write that may be written? */
  get isReady(): boolean {
    if (this.#isDone) return false;
    return this.#waiting > 0 ? this.#credit > 0 : this.#isEnded;
  }

  /** @throws FrameError when there would be more credit than anybody gives. */
  granted(bytes: number): void {
    this.#credit += bytes;
    if (this.#credit > mostCredit)
      throw new FrameError(`found credit for ${this.#credit} bytes, expected ${mostCredit}`);
  }

  /** What may travel with the head: all that waits, when it is one short piece. Counts as written. */
  takeInline(): { readonly body: Uint8Array | undefined; readonly isLast: boolean } {
    let body: Uint8Array | undefined;
    if (this.#pieces.length === 1 && this.#waiting <= Math.min(inlineBytes, this.#credit)) {
      body = this.#pieces.pop();
      this.#credit -= this.#waiting;
      this.#waiting = 0;
    }
    this.#isDone = this.#isEnded && this.#waiting === 0;
    return { body, isLast: this.#isDone };
  }

  /** Writes one frame. Only when it is ready. */
  writeTo(writer: FrameWriter, stream: number): void {
    const [first] = this.#pieces;
    if (first === undefined) {
      this.#isDone = true;
      writer.data(stream, nothing, true);
      return;
    }
    const length = Math.min(first.length, this.#credit, longestData);
    if (length === first.length) this.#pieces.shift();
    else this.#pieces[0] = first.subarray(length);
    this.#waiting -= length;
    this.#credit -= length;
    this.#isDone = this.#isEnded && this.#waiting === 0;
    writer.data(stream, length === first.length ? first : first.subarray(0, length), this.#isDone);
  }

  /** Forgets what waits. */
  drop(): void {
    this.#pieces = [];
    this.#waiting = 0;
    this.#isDone = true;
  }
}

const nothing = new Uint8Array();

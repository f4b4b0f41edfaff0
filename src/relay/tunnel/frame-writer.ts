import type { OutgoingRequest, SendLimits } from "../target.ts";
import { answerFixedBytes, END, frameHeadBytes, frameType, longestPayload, openFixedBytes } from "./frames.ts";
import { headText } from "./heads.ts";

/** Memory that frames are written into, one after another, and never twice: what was given away may still be read. */
const slabBytes = 64 * 1024;

/** A longer piece of a body is given away as it is; copying a shorter one costs less than a message of its own. */
const copyBytes = 8 * 1024;

const longestMs = 2 ** 32 - 1;

const noBody = Buffer.alloc(0);

/** Gathers frames into few large messages. */
export class FrameWriter {
  readonly #emit: (bytes: Uint8Array) => void;
  #slab = Buffer.allocUnsafeSlow(slabBytes);
  #from = 0;
  #at = 0;

  /** @param emit Takes the bytes of the next message. */
  constructor(emit: (bytes: Uint8Array) => void) {
    this.#emit = emit;
  }

  /** Gives away what was written since the last time. */
  flush(): void {
    if (this.#at === this.#from) return;
    const message = this.#slab.subarray(this.#from, this.#at);
    this.#from = this.#at;
    this.#emit(message);
  }

  /** @returns false when the head is longer than a frame may be: nothing was written. */
  open(
    stream: number,
    { method, path, headers }: Pick<OutgoingRequest, "method" | "path" | "headers">,
    { answerMs, idleMs }: SendLimits,
    { body = noBody, isLast }: { readonly body?: Uint8Array | undefined; readonly isLast: boolean },
  ): boolean {
    const text = headText(headers, `${method}\0${path}`);
    if (!this.#beginHead(openFixedBytes, text, body)) return false;
    const slab = this.#slab;
    const at = this.#at + frameHeadBytes;
    slab.writeUInt32BE(Math.min(answerMs, longestMs), at);
    slab.writeUInt32BE(Math.min(idleMs, longestMs), at + 4);
    slab.writeUInt16BE(headers.length >>> 1, at + 8);
    this.#endHead(frameType.open, isLast, stream, { fixedBytes: openFixedBytes, text, body });
    return true;
  }

  /** @returns false when the head is longer than a frame may be: nothing was written. */
  head(
    stream: number,
    { status, statusText, headers }: { status: number; statusText: string; headers: readonly string[] },
    { body = noBody, isLast }: { readonly body?: Uint8Array | undefined; readonly isLast: boolean },
  ): boolean {
    return this.#answer(frameType.head, stream, { status, headers, text: headText(headers, statusText), body, isLast });
  }

  /** @returns false when the head is longer than a frame may be: nothing was written. */
  interim(stream: number, status: number, headers: readonly string[]): boolean {
    const text = headText(headers, "");
    return this.#answer(frameType.interim, stream, { status, headers, text, body: noBody, isLast: false });
  }

  /** @param bytes At most `longestData`. */
  data(stream: number, bytes: Uint8Array, isLast: boolean): void {
    const { length } = bytes;
    const isCopied = length <= copyBytes;
    this.#reserve(frameHeadBytes + (isCopied ? length : 0));
    this.#frameHead(frameType.data, isLast, stream, length);
    this.#at += frameHeadBytes;
    if (isCopied) {
      this.#slab.set(bytes, this.#at);
      this.#at += length;
      return;
    }
    this.flush();
    this.#emit(bytes);
  }

  reset(stream: number, cause: number, sent: boolean, words: string): void {
    const text = Buffer.from(words.slice(0, 250));
    this.#small(frameType.reset, stream, Buffer.concat([Uint8Array.of(cause, sent ? 1 : 0), text]));
  }

  window(stream: number, bytes: number): void {
    this.#reserve(frameHeadBytes + 4);
    this.#frameHead(frameType.window, false, stream, 4);
    this.#slab.writeUInt32BE(bytes, this.#at + frameHeadBytes);
    this.#at += frameHeadBytes + 4;
  }

  ping(): void {
    this.#small(frameType.ping, 0, noBody);
  }

  pong(): void {
    this.#small(frameType.pong, 0, noBody);
  }

  goaway(words: string): void {
    this.#small(frameType.goaway, 0, Buffer.from(words.slice(0, 250)));
  }

  #small(type: number, stream: number, payload: Uint8Array): void {
    this.#reserve(frameHeadBytes + payload.length);
    this.#frameHead(type, false, stream, payload.length);
    this.#slab.set(payload, this.#at + frameHeadBytes);
    this.#at += frameHeadBytes + payload.length;
  }

  #answer(type: number, stream: number, answer: Answer): boolean {
    const { status, headers, text, body, isLast } = answer;
    if (!this.#beginHead(answerFixedBytes, text, body)) return false;
    const at = this.#at + frameHeadBytes;
    this.#slab.writeUInt16BE(status, at);
    this.#slab.writeUInt16BE(headers.length >>> 1, at + 2);
    this.#endHead(type, isLast, stream, { fixedBytes: answerFixedBytes, text, body });
    return true;
  }

  /** Makes room for a frame with a head; false when there can be none. */
  #beginHead(fixedBytes: number, text: string, body: Uint8Array): boolean {
    // A UTF-16 unit is three bytes of UTF-8 at most. Counted exactly only where that matters.
    let textBytes = 3 * text.length;
    if (fixedBytes + textBytes + body.length > longestPayload) {
      textBytes = Buffer.byteLength(text);
      if (fixedBytes + textBytes + body.length > longestPayload) return false;
    }
    this.#reserve(frameHeadBytes + fixedBytes + textBytes + body.length);
    return true;
  }

  /** Writes all but the first of the fixed fields, which are there already. */
  #endHead(type: number, isLast: boolean, stream: number, { fixedBytes, text, body }: HeadParts): void {
    const textAt = this.#at + frameHeadBytes + fixedBytes;
    const textBytes = this.#slab.write(text, textAt);
    this.#slab.writeUInt32BE(textBytes, textAt - 4);
    if (body.length > 0) this.#slab.set(body, textAt + textBytes);
    this.#frameHead(type, isLast, stream, fixedBytes + textBytes + body.length);
    this.#at = textAt + textBytes + body.length;
  }

  #frameHead(type: number, isLast: boolean, stream: number, length: number): void {
    const slab = this.#slab;
    const at = this.#at;
    slab[at] = length >>> 16;
    slab[at + 1] = length >>> 8;
    slab[at + 2] = length;
    slab[at + 3] = type;
    slab[at + 4] = isLast ? END : 0;
    slab.writeUInt32BE(stream, at + 5);
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#slab.length) return;
    this.flush();
    this.#slab = Buffer.allocUnsafeSlow(Math.max(slabBytes, bytes));
    this.#from = 0;
    this.#at = 0;
  }
}

interface HeadParts {
  readonly fixedBytes: number;
  readonly text: string;
  readonly body: Uint8Array;
}

interface Answer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly text: string;
  readonly body: Uint8Array;
  readonly isLast: boolean;
}

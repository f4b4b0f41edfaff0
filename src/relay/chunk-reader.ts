import { AnswerError } from "./answer-head.ts";

/** A size line's extensions, and the trailers, may be this long: nobody reads them. */
const IGNORED_BYTES = 16_384;

/** Lines of a chunked body: its pieces come out, sizes, extensions and trailers stay behind (RFC 9112 §7.1). */
export class ChunkReader {
  #state:
    | "size"
    | "extension"
    | "size-end"
    | "data"
    | "data-end"
    | "data-lf"
    | "trailer"
    | "trailer-line"
    | "end-lf"
    | "done" = "size";
  #size = 0;
  #digits = 0;
  #ignored = 0;
  #isAfterCr = false;

  get isDone(): boolean {
    return this.#state === "done";
  }

  /**
   * @param onData Is given views of `bytes`, which are only good during the call.
   * @returns How many bytes were read: fewer than there are only when the body ended before them.
   * @throws AnswerError for anything that is not a chunked body.
   */
  read(bytes: Uint8Array, from: number, end: number, onData: (start: number, end: number) => void): number {
    let at = from;
    while (at < end && this.#state !== "done") {
      if (this.#state === "data") {
        const most = Math.min(end - at, this.#size);
        onData(at, at + most);
        this.#size -= most;
        at += most;
        if (this.#size === 0) this.#state = "data-end";
      } else this.#line(bytes[at++] as number);
    }
    return at - from;
  }

  #line(byte: number): void {
    switch (this.#state) {
      case "size": {
        const value = hexValue(byte);
        if (value >= 0) {
          // 13 hex digits are 52 bits: all of them are exact numbers.
          if (++this.#digits > 13) throw new AnswerError("a chunk's size is too large");
          this.#size = this.#size * 16 + value;
        } else if (this.#digits === 0) throw new AnswerError("a chunk without a size");
        else if (byte === CR) this.#state = "size-end";
        else if (byte === SEMICOLON || byte === SPACE || byte === TAB) this.#become("extension");
        else throw new AnswerError("a chunk's size is no number");
        return;
      }
      case "extension":
        this.#ignore(byte);
        if (byte === CR) this.#state = "size-end";
        else if (byte === LF) throw new AnswerError("a line that ends without a carriage return");
        return;
      case "size-end":
        this.#expect(byte, LF);
        this.#state = this.#size > 0 ? "data" : "trailer";
        this.#digits = 0;
        this.#ignored = 0;
        return;
      case "data-end":
        this.#expect(byte, CR);
        this.#state = "data-lf";
        return;
      case "data-lf":
        this.#expect(byte, LF);
        this.#state = "size";
        return;
      case "trailer":
        if (byte === CR) this.#state = "end-lf";
        else {
          this.#isAfterCr = false;
          this.#state = "trailer-line";
          this.#trailer(byte);
        }
        return;
      case "trailer-line":
        this.#trailer(byte);
        return;
      case "end-lf":
        this.#expect(byte, LF);
        this.#state = "done";
        return;
    }
  }

  #trailer(byte: number): void {
    this.#ignore(byte);
    if (this.#isAfterCr) {
      this.#expect(byte, LF);
      this.#state = "trailer";
    } else if (byte === LF) throw new AnswerError("a line that ends without a carriage return");
    this.#isAfterCr = byte === CR;
  }

  #become(state: "extension"): void {
    this.#state = state;
    this.#ignored = 0;
  }

  #ignore(byte: number): void {
    if (++this.#ignored > IGNORED_BYTES) throw new AnswerError("extensions or trailers are too long");
    if (byte === 0) throw new AnswerError("a zero byte between chunks");
  }

  #expect(byte: number, wanted: number): void {
    if (byte !== wanted) throw new AnswerError("a chunk that does not end where it should");
  }
}

const CR = 0x0d;
const LF = 0x0a;
const SEMICOLON = 0x3b;
const SPACE = 0x20;
const TAB = 0x09;

function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

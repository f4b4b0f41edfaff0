import { AnswerError, type AnswerHead, readAnswerHead } from "./answer-head.ts";
import { ChunkReader } from "./chunk-reader.ts";

/** Who is told what the bytes of an answer mean, in their order. */
export interface AnswerListener {
  /** 102 to 199 but 101. */
  onInterim(head: AnswerHead): void;
  onHead(head: AnswerHead): void;
  /** @param bytes Only good during the call. */
  onBody(bytes: Buffer): void;
  /** The answer is complete. */
  onComplete(): void;
}

export interface AnswerReaderLimits {
  /** Status line and header lines of one answer. */
  readonly headBytes: number;
}

/** An answer that goes on saying that it will come soon is none. */
const MOST_INTERIM = 64;

/** Reads answers, one after the other, from the bytes of a connection. */
export class AnswerReader {
  readonly #listener: AnswerListener;
  readonly #limits: AnswerReaderLimits;
  #state: "idle" | "head" | "bytes" | "chunks" | "until-close" = "idle";
  #method = "";
  /** The beginning of a head that has not come whole. */
  #partial: Buffer | undefined;
  #left = 0;
  #interim = 0;
  #chunks: ChunkReader | undefined;
  /** Bytes of the answer so far, its head included. */
  received = 0;

  constructor(listener: AnswerListener, limits: AnswerReaderLimits) {
    this.#listener = listener;
    this.#limits = limits;
  }

  /** The next answer is to a request of this method. */
  expect(method: string): void {
    this.#method = method;
    this.#state = "head";
    this.#interim = 0;
    this.received = 0;
  }

  /** @throws AnswerError for what is no answer, or comes when none is expected. */
  read(bytes: Buffer): void {
    this.received += bytes.length;
    let at = 0;
    while (at < bytes.length) {
      switch (this.#state) {
        case "idle":
          throw new AnswerError("bytes that nobody asked for");
        case "head":
          at = this.#head(bytes, at);
          break;
        case "bytes": {
          const end = Math.min(bytes.length, at + this.#left);
          this.#left -= end - at;
          this.#listener.onBody(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
          at = end;
          if (this.#left === 0) this.#complete();
          break;
        }
        case "chunks":
          at += this.#chunk(bytes, at);
          break;
        case "until-close":
          this.#listener.onBody(bytes.subarray(at));
          at = bytes.length;
          break;
      }
    }
  }

  /** The connection ended. @returns Was that the end of an answer, or of none? Not in the middle of one. */
  finish(): boolean {
    if (this.#state === "until-close") this.#complete();
    return this.#state === "idle";
  }

  /** @returns Where the head ends, or the bytes do. */
  #head(bytes: Buffer, at: number): number {
    const before = this.#partial?.length ?? 0;
    const all = this.#partial ? Buffer.concat([this.#partial, bytes.subarray(at)]) : bytes;
    const from = this.#partial ? 0 : at;
    // The end may have come in two pieces.
    const end = all.indexOf("\r\n\r\n", Math.max(from, before - 3), "latin1");
    if ((end < 0 ? all.length : end) - from > this.#limits.headBytes) throw new AnswerError("the head is too large");
    if (end < 0) {
      if (!beginsLikeAnswer(all, from)) throw new AnswerError("the status line is not HTTP/1");
      this.#partial = this.#partial ? all : Buffer.from(bytes.subarray(at));
      return bytes.length;
    }
    this.#partial = undefined;
    const head = readAnswerHead(all.toString("latin1", from, end), this.#method);
    const next = end + 4 - (before > 0 ? before - at : 0);
    this.#begin(head);
    return next;
  }

  #begin(head: AnswerHead): void {
    const { status, body } = head;
    if (status === 101) throw new AnswerError("a change of protocols that nobody asked for");
    if (status < 200) {
      if (++this.#interim > MOST_INTERIM) throw new AnswerError("too many interim answers");
      // 100 answers an expectation, which was met here already.
      if (status > 100) this.#listener.onInterim(head);
      return;
    }
    if (body === "chunked") {
      this.#chunks = new ChunkReader();
      this.#state = "chunks";
    } else if (typeof body === "object") {
      this.#left = body.bytes;
      this.#state = "bytes";
    } else this.#state = "until-close";
    this.#listener.onHead(head);
    if (body === "none") this.#complete();
  }

  #chunk(bytes: Buffer, at: number): number {
    const chunks = this.#chunks ?? new ChunkReader();
    const read = chunks.read(bytes, at, bytes.length, (start, end) =>
      this.#listener.onBody(bytes.subarray(start, end)),
    );
    if (chunks.isDone) {
      this.#chunks = undefined;
      this.#complete();
    }
    return read;
  }

  #complete(): void {
    this.#state = "idle";
    this.#listener.onComplete();
  }
}

/** The end of a head is waited for; who greets in another protocol would be waited for in vain. */
function beginsLikeAnswer(bytes: Buffer, from: number): boolean {
  return "HTTP/1.".startsWith(bytes.toString("latin1", from, from + 7));
}

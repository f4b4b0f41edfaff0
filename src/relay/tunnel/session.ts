import type { Clock } from "../clock.ts";
import { FrameReader } from "./frame-reader.ts";
import { FrameWriter } from "./frame-writer.ts";
import { FrameError, frameType } from "./frames.ts";

/** The connection below, as messages. */
export interface Wire {
  /** False once nothing can be sent any more. */
  readonly isOpen: boolean;
  /** Bytes that the system has not taken yet. */
  readonly bufferedBytes: number;
  /** One message. `onTaken` is called when the system has it, and when it never will. */
  send(bytes: Uint8Array, onTaken: () => void): void;
  /** Says goodbye: a close code of RFC 6455 §7.4 or of 4000 to 4999, and why. */
  close(code: number, words: string): void;
  terminate(): void;
}

/** One side of a stream with something to say. */
export interface Speaker {
  /** It is in the row of those who are to be heard. The session's own. */
  isQueued: boolean;
  /** Writes a frame at most. @returns Whether there is more that could be written now. */
  speak(writer: FrameWriter): boolean;
}

/** What a session tells whoever has the streams. Frames that are wrong for them end it by a thrown FrameError. */
export interface SessionListener {
  onFrame(type: number, flags: number, stream: number, payload: Buffer): void;
  onData(stream: number, bytes: Buffer, isLast: boolean): void;
  onGoaway(words: string): void;
  /** It is over, once; nothing is told after it. */
  onEnd(words: string): void;
}

export interface SessionOptions {
  readonly wire: Wire;
  readonly clock: Clock;
  readonly listener: SessionListener;
}

/** Bodies wait while so much waits for the system: what is urgent would wait behind it. */
const fullBytes = 256 * 1024;

/** While so much waits, requests are better given to somebody else. */
const crowdedBytes = 4 * 1024 * 1024;

/** What may wait in all, answers to pings included, before the other side is taken for one that does not read. */
const hopelessBytes = 8 * 1024 * 1024;

/** How long nothing must be heard before the other side is asked, and before it is given up. */
export const pingMs = 15_000;
export const lostMs = 40_000;

/** Close codes of RFC 6455 §7.4.1. */
const protocolError = 1002;

/**
 * One connection of a tunnel, either side: gathers what one turn of the event loop writes into one message, gives every
 * stream its turn, and watches whether the other side is alive.
 */
export class Session {
  readonly writer: FrameWriter;
  readonly #wire: Wire;
  readonly #clock: Clock;
  readonly #listener: SessionListener;
  readonly #reader: FrameReader;
  #speakers: Speaker[] = [];
  #isScheduled = false;
  #isOver = false;
  #messages = 0;
  #heardAt: number;
  #callOff: () => void;

  constructor({ wire, clock, listener }: SessionOptions) {
    this.#wire = wire;
    this.#clock = clock;
    this.#listener = listener;
    this.writer = new FrameWriter((bytes) => this.#emit(bytes));
    this.#reader = new FrameReader({
      onFrame: (type, flags, stream, payload) => this.#onFrame(type, flags, stream, payload),
      onData: (stream, bytes, isLast) => {
        if (!this.#isOver) listener.onData(stream, bytes, isLast);
      },
    });
    this.#heardAt = clock.now();
    this.#callOff = clock.at(this.#heardAt + pingMs, this.#watch);
  }

  /** Messages given away. What is written while it stands at some number has left when it is greater. */
  get messages(): number {
    return this.#messages;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Does so much wait that nothing new should begin? */
  get isCrowded(): boolean {
    return this.#wire.bufferedBytes >= crowdedBytes;
  }

  /** Does so much wait that sources should pause? */
  get isFull(): boolean {
    return this.#wire.bufferedBytes >= fullBytes;
  }

  /** Gives it a turn. */
  say(speaker: Speaker): void {
    if (!speaker.isQueued) {
      speaker.isQueued = true;
      this.#speakers.push(speaker);
    }
    this.wake();
  }

  /** What was written goes out at the end of this turn of the event loop. */
  wake(): void {
    if (this.#isScheduled || this.#isOver) return;
    this.#isScheduled = true;
    setImmediate(this.#flush);
  }

  /** Bytes that came. */
  receive(bytes: Buffer): void {
    if (this.#isOver) return;
    this.#heardAt = this.#clock.now();
    try {
      this.#reader.push(bytes);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.close(protocolError, error.message);
    }
  }

  /** Sends what was written, and closes. Harmless to repeat. */
  finish(code: number, words: string): void {
    if (this.#isOver) return;
    this.writer.flush();
    this.close(code, words);
  }

  /** Says goodbye and ends: what was written in this turn has not been sent. Harmless to repeat. */
  close(code: number, words: string): void {
    if (this.#isOver) return;
    this.#wire.close(code, words);
    this.end(words);
  }

  /** The connection is gone. Harmless to repeat. */
  end(words: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#callOff();
    this.#speakers = [];
    this.#listener.onEnd(words);
  }

  readonly #watch = (): void => {
    const silentMs = this.#clock.now() - this.#heardAt;
    if (silentMs >= lostMs) {
      this.#wire.terminate();
      this.end(`nothing was heard for ${Math.round(silentMs / 1_000)} s`);
      return;
    }
    if (silentMs >= pingMs) {
      this.writer.ping();
      this.wake();
    }
    this.#callOff = this.#clock.at(this.#clock.now() + pingMs / 3, this.#watch);
  };

  #onFrame(type: number, flags: number, stream: number, payload: Buffer): void {
    // What comes behind the frame that ended it, in the same message.
    if (this.#isOver) return;
    switch (type) {
      case frameType.ping:
        this.writer.pong();
        this.wake();
        break;
      case frameType.pong:
        break;
      case frameType.goaway:
        this.#listener.onGoaway(payload.toString().replace(/\p{Cc}/gu, " "));
        break;
      default:
        this.#listener.onFrame(type, flags, stream, payload);
    }
  }

  readonly #flush = (): void => {
    this.#isScheduled = false;
    if (this.#isOver) return;
    while (this.#speakers.length > 0 && !this.isFull) this.#round();
    this.writer.flush();
    if (this.#wire.bufferedBytes <= hopelessBytes) return;
    this.#wire.terminate();
    this.end("the other side does not read");
  };

  /** Each who is in the row speaks once; those that could not go first in the next round. */
  #round(): void {
    const row = this.#speakers;
    this.#speakers = [];
    for (let index = 0; index < row.length; index++) {
      const speaker = row[index] as Speaker;
      if (this.isFull) {
        this.#speakers = [...row.slice(index), ...this.#speakers];
        return;
      }
      speaker.isQueued = false;
      if (!speaker.speak(this.writer) || speaker.isQueued) continue;
      speaker.isQueued = true;
      this.#speakers.push(speaker);
    }
  }

  #emit(bytes: Uint8Array): void {
    // What could not leave has not been sent, which tells whether repeating it elsewhere is safe.
    if (!this.#wire.isOpen) return;
    this.#messages++;
    this.#wire.send(bytes, this.#taken);
  }

  readonly #taken = (): void => {
    if (this.#speakers.length > 0 && !this.isFull) this.wake();
  };
}

import { END, FrameError, frameHeadBytes, frameType, longestData, longestPayload } from "./frames.ts";

/** Whoever is told of frames. May throw a FrameError, which ends the reading. */
export interface FrameListener {
  /** Any frame but DATA. The payload's memory is shared with its neighbours': copy what is kept. */
  onFrame(type: number, flags: number, stream: number, payload: Buffer): void;
  /** Some of the bytes of a DATA frame, as they come; `isLast` with those that end the body. */
  onData(stream: number, bytes: Buffer, isLast: boolean): void;
}

/** Takes frames out of bytes, wherever these are cut. Keeps at most one payload's bytes. */
export class FrameReader {
  readonly #listener: FrameListener;
  /** The frame that is being read, when its head has come. */
  #type = 0;
  #flags = 0;
  #stream = 0;
  /** Bytes of its payload that are still to come; undefined between frames. */
  #missing: number | undefined;
  /** What came of a head or of a payload that was cut. */
  readonly #head = Buffer.allocUnsafe(frameHeadBytes);
  #headBytes = 0;
  #payload: Buffer | undefined;

  constructor(listener: FrameListener) {
    this.#listener = listener;
  }

  /** @throws FrameError, after which nothing more can be read. */
  push(bytes: Buffer): void {
    let at = 0;
    const end = bytes.length;
    while (at < end) {
      if (this.#missing === undefined) {
        const isCut = this.#headBytes > 0 || end - at < frameHeadBytes;
        if (!isCut) {
          this.#begin(bytes, at);
          at += frameHeadBytes;
        } else {
          const taken = Math.min(frameHeadBytes - this.#headBytes, end - at);
          bytes.copy(this.#head, this.#headBytes, at, at + taken);
          this.#headBytes += taken;
          at += taken;
          if (this.#headBytes < frameHeadBytes) return;
          this.#headBytes = 0;
          this.#begin(this.#head, 0);
        }
      }
      at = this.#type === frameType.data ? this.#readData(bytes, at) : this.#readPayload(bytes, at);
    }
  }

  #begin(bytes: Buffer, at: number): void {
    const length = bytes.readUIntBE(at, 3);
    const type = bytes[at + 3] as number;
    const limit = payloadLimit[type];
    if (limit === undefined) throw new FrameError(`found a frame of type ${type}, expected 1 to ${frameType.head}`);
    if (length > limit) throw new FrameError(`found a frame of type ${type} with ${length} bytes, expected ${limit}`);
    const stream = bytes.readUInt32BE(at + 5);
    if ((stream === 0) !== ofConnection.has(type)) {
      throw new FrameError(`found a frame of type ${type} on stream ${stream}`);
    }
    this.#type = type;
    this.#flags = bytes[at + 4] as number;
    this.#stream = stream;
    this.#missing = length;
    // A frame without a payload is whole with its head, which may be the last of these bytes.
    if (length === 0) this.#whole(empty);
  }

  /** Passed on as it comes: nobody needs all of it at once. */
  #readData(bytes: Buffer, at: number): number {
    const missing = this.#missing;
    if (missing === undefined) return at;
    const stop = Math.min(at + missing, bytes.length);
    if (stop === at) return at;
    const left = missing - (stop - at);
    this.#missing = left === 0 ? undefined : left;
    this.#listener.onData(this.#stream, bytes.subarray(at, stop), left === 0 && (this.#flags & END) !== 0);
    return stop;
  }

  #readPayload(bytes: Buffer, at: number): number {
    const missing = this.#missing;
    if (missing === undefined) return at;
    const stop = Math.min(at + missing, bytes.length);
    if (this.#payload === undefined && stop - at === missing) {
      this.#whole(bytes.subarray(at, stop));
      return stop;
    }
    this.#payload ??= Buffer.allocUnsafe(missing);
    bytes.copy(this.#payload, this.#payload.length - missing, at, stop);
    const left = missing - (stop - at);
    this.#missing = left;
    if (left === 0) this.#whole(this.#payload);
    return stop;
  }

  #whole(payload: Buffer): void {
    this.#missing = undefined;
    this.#payload = undefined;
    const isLast = (this.#flags & END) !== 0;
    if (this.#type === frameType.data) this.#listener.onData(this.#stream, payload, isLast);
    else this.#listener.onFrame(this.#type, this.#flags, this.#stream, payload);
  }
}

const empty = Buffer.alloc(0);

const ofConnection: ReadonlySet<number> = new Set([frameType.ping, frameType.pong, frameType.goaway]);

/** Words of a RESET or a GOAWAY are for a log. */
const longestWords = 1_024;

/** Bytes of payload by type; undefined for types that there are not. */
const payloadLimit: readonly (number | undefined)[] = [
  undefined,
  longestPayload,
  longestData,
  longestWords,
  4,
  0,
  0,
  longestWords,
  longestPayload,
  longestPayload,
];

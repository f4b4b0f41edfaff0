import { FrameError, initialWindow } from "./frames.ts";

/** What a stream's window grows to when its reader keeps up, and how much all of a connection's may have grown. */
const fullWindow = 256 * 1024;
const growthBytes = 16 * 1024 * 1024;

/**
 * What the windows of one connection may have grown by, together. Each stream keeps its first window whatever the others
 * do, so that a reader who stands still holds up nobody; the growth is first come, first served.
 */
export class WindowGrowth {
  #left = growthBytes;

  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#left += bytes;
  }
}

/** The credit that a WINDOW tells of. @throws FrameError */
export function creditIn(payload: Buffer): number {
  if (payload.length < 4) throw new FrameError(`found a WINDOW of ${payload.length} bytes, expected 4`);
  return payload.readUInt32BE(0);
}

/** Credit that was given for one direction of a stream, as its receiver counts it. */
export class ReceiveWindow {
  readonly #growth: WindowGrowth;
  #size = initialWindow;
  /** Bytes that may still come. */
  #credit = initialWindow;
  /** Bytes that were read, or may come because the window grew, and were not told yet. */
  #untold = 0;

  constructor(growth: WindowGrowth) {
    this.#growth = growth;
  }

  /** @throws FrameError when more came than there was credit for. */
  received(bytes: number): void {
    this.#credit -= bytes;
    if (this.#credit < 0) throw new FrameError(`found ${-this.#credit} bytes of body more than there was credit for`);
  }

  /** Counts what was read. @returns The credit to tell of now, mostly 0. */
  read(bytes: number): number {
    this.#untold += bytes;
    if (this.#untold < this.#size / 2) return 0;
    if (this.#size < fullWindow && this.#growth.take(fullWindow - this.#size)) {
      this.#untold += fullWindow - this.#size;
      this.#size = fullWindow;
    }
    const told = this.#untold;
    this.#credit += told;
    this.#untold = 0;
    return told;
  }

  close(): void {
    this.#growth.giveBack(this.#size - initialWindow);
    this.#size = initialWindow;
  }
}

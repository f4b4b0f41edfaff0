/** Memory that a few short pieces share. */
const blockBytes = 16 * 1024;

/**
 * What came for a reader who is not reading. A short piece is copied: it would keep alive all the bytes that it came
 * among, which may be a thousand times as many.
 */
export class HeldBytes {
  #pieces: Buffer[] = [];
  /** The block that the last piece is the beginning of, when there is room behind it. */
  #block: Buffer | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(bytes: Buffer): void {
    this.#length += bytes.length;
    if (bytes.length >= blockBytes) {
      this.#pieces.push(bytes);
      this.#block = undefined;
      return;
    }
    const last = this.#pieces.at(-1);
    if (this.#block && last && last.length + bytes.length <= this.#block.length) {
      bytes.copy(this.#block, last.length);
      this.#pieces[this.#pieces.length - 1] = this.#block.subarray(0, last.length + bytes.length);
      return;
    }
    this.#block = Buffer.allocUnsafeSlow(blockBytes);
    bytes.copy(this.#block);
    this.#pieces.push(this.#block.subarray(0, bytes.length));
  }

  /** The oldest piece. */
  take(): Buffer | undefined {
    const piece = this.#pieces.shift();
    if (piece === undefined) return undefined;
    // What is given away is not written into again.
    if (this.#pieces.length === 0) this.#block = undefined;
    this.#length -= piece.length;
    return piece;
  }
}

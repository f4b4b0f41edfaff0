import type { Follower } from "./group-commit.ts";

/** The entries of rows that came one after the other, until they are written. */
export class Generation implements Follower {
  /** By hash. Most are of one row. */
  readonly #rows = new Map<number, number | number[]>();
  /** What this transaction added. */
  readonly #added: { readonly row: number; readonly hash: number | undefined }[] = [];
  #size = 0;
  #lastRow = 0;
  #sorted: Int32Array | undefined;
  #taken = 0;
  #written = 0;

  /** Rows, also those without an entry. */
  get size(): number {
    return this.#size;
  }

  get lastRow(): number {
    return this.#lastRow;
  }

  get isTaken(): boolean {
    return this.#taken === this.#sorted?.length;
  }

  get isWritten(): boolean {
    return this.#written === this.#sorted?.length;
  }

  /** In their order, each once. From now on nothing is added. */
  get hashes(): Int32Array {
    this.#sorted ??= Int32Array.from(this.#rows.keys()).sort();
    return this.#sorted;
  }

  add(row: number, hash: number | undefined): void {
    this.#added.push({ row, hash });
    if (hash === undefined) return;
    const before = this.#rows.get(hash);
    if (before === undefined) this.#rows.set(hash, row);
    else if (typeof before === "number") this.#rows.set(hash, [before, row]);
    else before.push(row);
  }

  rows(hash: number): readonly number[] {
    const rows = this.#rows.get(hash);
    return rows === undefined ? none : typeof rows === "number" ? [rows] : rows;
  }

  /**
   * The next entries to be written, as generation, hash, row, generation, hash, row … in the order of the hashes.
   *
   * @param most Hashes.
   */
  take(most: number): number[] {
    const hashes = this.hashes.subarray(this.#taken, this.#taken + most);
    this.#taken += hashes.length;
    const entries: number[] = [];
    for (const hash of hashes) for (const row of this.rows(hash)) entries.push(this.#lastRow, hash, row);
    return entries;
  }

  committed(): void {
    this.#size += this.#added.length;
    this.#lastRow = this.#added.at(-1)?.row ?? this.#lastRow;
    this.#added.length = 0;
    this.#written = this.#taken;
  }

  undone(): void {
    for (const { hash } of this.#added.reverse()) {
      if (hash === undefined) continue;
      const rows = this.#rows.get(hash);
      if (typeof rows === "object") rows.pop();
      else this.#rows.delete(hash);
    }
    this.#added.length = 0;
    this.#taken = this.#written;
  }
}

const none: readonly number[] = [];

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { GenerationFilters } from "./generation-filters.ts";
import type { Follower } from "./group-commit.ts";
import { Generation } from "./late-index-generation.ts";
import { textHash } from "./text-hash.ts";

export interface LateIndexOptions {
  readonly db: DatabaseSync;
  /** The index's own table, of `generation`, `hash` and `row`; also its name in `index_generations`. */
  readonly name: string;
  /** What it is an index of. */
  readonly of: { readonly table: string; readonly row: string; readonly columns: string };
  /** What a row is found by; undefined for one that is not to be found. */
  readonly text: (row: Readonly<Record<string, unknown>>) => string | undefined;
  /** Rows of a generation. A restart reads up to two: 32 768 Events take about 50 ms. */
  readonly generationRows?: number;
}

/** Entries that one statement writes. */
const ENTRIES = 64;
/** Entries that one call deletes. */
const DELETED = 4_096;

/**
 * An index by hash, of a table that only grows at its end.
 *
 * What platforms make keys of is scattered: in an ordinary index each new key is on a page of its own, so for a few
 * bytes 4 KiB are written to the log and again to the database, and the larger it is the more of it must be read. Here
 * the newest rows are indexed in memory alone. When they are a generation, its entries are written in the order of
 * their hashes, behind those of the generation before: some with every few rows that come, so nobody waits for all of
 * them. Nothing is lost with the memory, for it is made again of the rows. Of what was written a filter stays in
 * memory, so that looking for what is new reads nothing.
 *
 * Texts can have the same hash, so whoever finds rows compares them.
 */
export class LateIndex implements Follower {
  readonly #db: DatabaseSync;
  readonly #text: LateIndexOptions["text"];
  readonly #generationRows: number;
  readonly #select: StatementSync;
  readonly #insert: StatementSync;
  readonly #insertMany: StatementSync;
  readonly #insertGeneration: StatementSync;
  readonly #deleteEntries: StatementSync;
  readonly #deleteGeneration: StatementSync;
  readonly #after: StatementSync;
  /** Of what is written, each generation by its last row. */
  readonly #written: GenerationFilters;
  /** Its entries are being written. */
  #older: Generation | undefined;
  #newest = new Generation();
  #isOldestDeleted = false;

  constructor({ db, name, of, text, generationRows = 32_768 }: LateIndexOptions) {
    this.#db = db;
    this.#text = text;
    this.#generationRows = generationRows;
    this.#written = new GenerationFilters(generationRows);
    this.#select = db.prepare(`SELECT row FROM ${name} WHERE generation = ? AND hash = ? ORDER BY row`);
    this.#insert = db.prepare(insertOf(name, 1));
    this.#insertMany = db.prepare(insertOf(name, ENTRIES));
    this.#insertGeneration = db.prepare(
      `INSERT INTO index_generations (name, last_row, filter) VALUES ('${name}', ?, ?)`,
    );
    this.#deleteEntries = db.prepare(
      `DELETE FROM ${name} WHERE generation = ?1
         AND hash <= (SELECT max(hash) FROM (SELECT hash FROM ${name} WHERE generation = ?1 ORDER BY hash LIMIT ${DELETED}))`,
    );
    this.#deleteGeneration = db.prepare(`DELETE FROM index_generations WHERE name = '${name}' AND last_row = ?`);
    this.#after = db.prepare(
      `SELECT ${of.row} AS row, ${of.columns} FROM ${of.table} WHERE ${of.row} > ? ORDER BY ${of.row} LIMIT ?`,
    );
    this.#load(name);
  }

  /** Rows that may have this text, in their order. */
  find(text: string): readonly number[] {
    const hash = textHash(text);
    const newest = this.#newest.rows(hash);
    const older = this.#older?.rows(hash) ?? none;
    const written = this.#writtenRows(hash);
    return written.length === 0 && older.length === 0 ? newest : [...written, ...older, ...newest];
  }

  /** Within the transaction that inserts the row, which is the last one. */
  add(row: number, text: string | undefined): void {
    this.#newest.add(row, text === undefined ? undefined : textHash(text));
    // Twice as many entries as rows: the older generation is written when the newest is half as large.
    if (this.#older && row % (ENTRIES / 2) === 0) this.#write(this.#older, ENTRIES);
  }

  /** Within a transaction: some of the oldest generation, unless it has this row or later ones. To be called often. */
  deleteBefore(row: number): void {
    const { oldest } = this.#written;
    if (oldest === undefined || oldest >= row) return;
    if (this.#deleteEntries.run(oldest).changes > 0) return;
    this.#deleteGeneration.run(oldest);
    this.#isOldestDeleted = true;
  }

  committed(): void {
    if (this.#isOldestDeleted) this.#written.deleteOldest();
    this.#isOldestDeleted = false;
    this.#newest.committed();
    this.#older?.committed();
    if (this.#older?.isWritten) {
      this.#written.add(this.#older.lastRow, this.#filterOf(this.#older));
      this.#older = undefined;
    }
    if (this.#older === undefined && this.#newest.size >= this.#generationRows) {
      this.#older = this.#newest;
      this.#newest = new Generation();
    }
  }

  undone(): void {
    this.#isOldestDeleted = false;
    this.#newest.undone();
    this.#older?.undone();
  }

  #load(name: string): void {
    const written = this.#db.prepare("SELECT last_row, filter FROM index_generations WHERE name = ? ORDER BY last_row");
    let lastRow = 0;
    for (const row of written.all(name)) {
      lastRow = Number(row.last_row);
      this.#written.add(lastRow, row.filter as Uint8Array);
    }
    // Of a generation that was not finished: its rows are read again, and not all of them may be there any more.
    this.#db.prepare(`DELETE FROM ${name} WHERE generation > ?`).run(lastRow);
    for (;;) {
      for (const row of this.#after.iterate(lastRow, this.#generationRows)) {
        const text = this.#text(row);
        this.#newest.add(Number(row.row), text === undefined ? undefined : textHash(text));
      }
      this.#newest.committed();
      if (this.#newest.size < this.#generationRows) return;
      this.#db.exec("BEGIN IMMEDIATE");
      this.#write(this.#newest, Number.POSITIVE_INFINITY);
      this.#db.exec("COMMIT");
      lastRow = this.#newest.lastRow;
      this.#written.add(lastRow, this.#filterOf(this.#newest));
      this.#newest = new Generation();
    }
  }

  #write(generation: Generation, hashes: number): void {
    if (generation.isTaken) return;
    const entries = generation.take(hashes);
    let at = 0;
    for (; at + 3 * ENTRIES <= entries.length; at += 3 * ENTRIES) {
      this.#insertMany.run(...entries.slice(at, at + 3 * ENTRIES));
    }
    for (; at < entries.length; at += 3) this.#insert.run(...entries.slice(at, at + 3));
    if (generation.isTaken) this.#insertGeneration.run(generation.lastRow, this.#filterOf(generation));
  }

  #writtenRows(hash: number): readonly number[] {
    const generations = this.#written.mayHave(hash);
    return generations.flatMap((generation) => this.#select.all(generation, hash).map(({ row }) => Number(row)));
  }

  #filterOf(generation: Generation): Uint8Array {
    return this.#written.filterOf(generation.hashes);
  }
}

const none: readonly number[] = [];

function insertOf(name: string, entries: number): string {
  return `INSERT INTO ${name} (generation, hash, row) VALUES ${Array<string>(entries).fill("(?, ?, ?)").join(", ")}`;
}

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { migrate } from "./schema.ts";

/** Within the data folder. */
export const databaseFile = "yizhan.sqlite";

/** More than a page of the database, so that a ping needs room of its own. */
const PROBE_BYTES = 8_192;

/**
 * Opens the folder's database, made and migrated when needed. A commit has not reached the disk when it returns: that is
 * for GroupCommit to see to.
 *
 * @param maxBytes Largest database file, for tests of a full disk.
 * @throws StoreError (STORE_FAILED) when a newer Yizhan wrote it.
 */
export function openDatabase(folder: string, maxBytes?: number): DatabaseSync {
  const db = new DatabaseSync(join(folder, databaseFile));
  try {
    db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA busy_timeout = 2000;
      PRAGMA cache_size = -65536;
      PRAGMA wal_autocheckpoint = 2000;
      PRAGMA journal_size_limit = 67108864;
    `);
    if (maxBytes !== undefined) {
      const pageBytes = Number(db.prepare("PRAGMA page_size").get()?.page_size ?? 4096);
      db.exec(`PRAGMA max_page_count = ${Math.floor(maxBytes / pageBytes)}`);
    }
    migrate(db);
    // Not before: a step that rewrites a table notes every page of it, in memory if told so.
    db.exec("PRAGMA temp_store = MEMORY");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Writes something, and not too little: a disk that has no room for a row does not show it to who only reads. */
export function probe(db: DatabaseSync): void {
  const insert = db.prepare(
    "INSERT INTO lanes (lane, hold_until, hold_kind, failures, recent) VALUES ('', 0, 'none', 0, ?)",
  );
  insert.run(" ".repeat(PROBE_BYTES));
  db.prepare("DELETE FROM lanes WHERE lane = ''").run();
}

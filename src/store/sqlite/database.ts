import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { migrate } from "./schema.ts";

/**
 * Opens the folder's database, made and migrated when needed.
 *
 * @param maxBytes Largest database file, for tests of a full disk.
 * @throws StoreError (STORE_FAILED) when a newer Yizhan wrote it.
 */
export function openDatabase(folder: string, maxBytes?: number): DatabaseSync {
  const db = new DatabaseSync(join(folder, "yizhan.sqlite"));
  try {
    db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA busy_timeout = 2000;
      PRAGMA cache_size = -65536;
      PRAGMA temp_store = MEMORY;
      PRAGMA wal_autocheckpoint = 2000;
      PRAGMA journal_size_limit = 67108864;
    `);
    if (maxBytes !== undefined) {
      const pageBytes = Number(db.prepare("PRAGMA page_size").get()?.page_size ?? 4096);
      db.exec(`PRAGMA max_page_count = ${Math.floor(maxBytes / pageBytes)}`);
    }
    migrate(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteStore, type SqliteStoreOptions } from "../store/sqlite/sqlite-store.ts";
import type { StoreWorld } from "./store/worlds.ts";

/**
 * A real SQLite store in a folder of its own, on the disk that temporary files are on. Commits take one turn of the event
 * loop, as the controlled clock has to be told of all that goes on, unless `blocking` is false.
 */
export async function sqliteWorld(
  given: Omit<SqliteStoreOptions, "folder"> = {},
): Promise<StoreWorld & { readonly folder: string }> {
  const options = { blocking: true, ...given };
  const folder = await mkdtemp(join(tmpdir(), "yizhan-store-"));
  let store = openSqliteStore({ folder, ...options });
  return {
    folder,
    store,
    async reopen() {
      await store.close();
      store = openSqliteStore({ folder, ...options });
      return store;
    },
    async remove() {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

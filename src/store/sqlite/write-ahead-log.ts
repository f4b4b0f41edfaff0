import { closeSync, fdatasync, fdatasyncSync, openSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { databaseFile } from "./database.ts";

/**
 * The file that commits are written to before a checkpoint brings them into the database's own. With
 * `synchronous=NORMAL` SQLite leaves it to us when it reaches the disk; then a thread of Node's does it, and the event
 * loop goes on (https://www.sqlite.org/pragma.html#pragma_synchronous).
 *
 * The file stays the same one for as long as the database is open, and no lock is on it
 * (https://www.sqlite.org/walformat.html): those are on the other two, and would be lost if we closed these.
 */
export class WriteAheadLog {
  readonly #db: DatabaseSync;
  readonly #blocking: boolean;
  readonly #file: number;

  /**
   * @param db Open, in WAL mode, and written to or read from: so that there is a log.
   * @param blocking Let the event loop wait.
   */
  constructor(db: DatabaseSync, folder: string, blocking: boolean) {
    this.#db = db;
    this.#blocking = blocking;
    this.#file = openSync(join(folder, `${databaseFile}-wal`), "r+");
  }

  /** Resolves once everything that was committed is on stable storage. */
  async sync(): Promise<void> {
    if (this.#blocking) return fdatasyncSync(this.#file);
    await new Promise<void>((resolve, reject) => {
      fdatasync(this.#file, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }

  /**
   * Brings everything it holds into the database's file, and that to stable storage, before it returns. After a failed
   * sync another one would not do: the system may have dropped what it could not write, and call it written.
   *
   * @throws Error when that fails, too.
   */
  empty(): void {
    const { busy } = this.#db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get() ?? {};
    if (busy !== 0) throw new Error("another program reads the database");
  }

  close(): void {
    closeSync(this.#file);
  }
}

import type { DatabaseSync } from "node:sqlite";
import { StoreError } from "../errors.ts";
import { storeErrorOf } from "./errors.ts";

interface Waiting {
  readonly write: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Largest number of writes in one transaction: bounds how long the event loop is held. */
const MAX_GROUP = 2_000;

/**
 * One transaction for all writes asked for in the same turn of the event loop, so that sixty-four requests
 * that arrive together cost one fsync, and a lone one waits for nobody. No timer: in a closed loop a window of
 * even 2 ms halves the rate (see docs/adr/0002).
 */
export class GroupCommit {
  readonly #db: DatabaseSync;
  readonly #undone: () => void;
  #waiting: Waiting[] = [];
  #scheduled = false;
  #closed = false;

  /** @param undone Called after a transaction was rolled back. */
  constructor(db: DatabaseSync, undone: () => void) {
    this.#db = db;
    this.#undone = undone;
  }

  /**
   * Runs `write` inside a transaction; resolves with its result once that is on stable storage. If `write`
   * throws, only its own changes are undone. `write` may run a second time, so it must do nothing but SQL.
   *
   * @throws StoreError when the store cannot take it, or whatever `write` throws.
   */
  run<T>(write: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(new StoreError("STORE_CLOSED", "the store is closed"));
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ write, resolve: resolve as (value: unknown) => void, reject });
      this.#schedule();
    });
  }

  /** Commits what waits; takes nothing more. */
  close(): void {
    this.#closed = true;
    while (this.#waiting.length > 0) this.#flush();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }

  #flush(): void {
    const group = this.#waiting.splice(0, MAX_GROUP);
    if (group.length === 0) return;
    if (this.#commit(group) || group.length === 1) return;
    // One of them failed by itself: the others must not pay for it.
    for (const one of group) this.#commit([one]);
  }

  /** False when a write threw and the group is worth trying one by one; then nobody was answered yet. */
  #commit(group: readonly Waiting[]): boolean {
    const results: unknown[] = [];
    let culprit: unknown;
    try {
      this.#db.exec("BEGIN IMMEDIATE");
      for (const { write } of group) results.push(write());
      this.#db.exec("COMMIT");
      group.forEach(({ resolve }, index) => {
        resolve(results[index]);
      });
      return true;
    } catch (error) {
      culprit = storeErrorOf(error);
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      this.#undone();
    }
    const hopeless = culprit instanceof StoreError && culprit.code !== "STORE_FAILED";
    if (group.length > 1 && !hopeless) return false;
    for (const { reject } of group) reject(culprit);
    return true;
  }
}

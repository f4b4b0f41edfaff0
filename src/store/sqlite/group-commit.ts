import type { DatabaseSync } from "node:sqlite";
import { StoreError } from "../errors.ts";
import { storeErrorOf } from "./errors.ts";

interface Waiting {
  readonly write: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Committed, but not yet on stable storage. */
interface Committed {
  readonly waiting: Waiting;
  readonly result: unknown;
}

/** Something in memory that has to follow what becomes of a transaction. */
export interface Follower {
  /** Still inside it: what is left to be written. */
  committing?(): void;
  committed(): void;
  undone(): void;
}

/** Where commits go; see WriteAheadLog. */
export interface CommitLog {
  sync(): Promise<void>;
  empty(): void;
}

export interface GroupCommitOptions {
  readonly db: DatabaseSync;
  readonly log: CommitLog;
  readonly followers: readonly Follower[];
}

/** Largest number of writes in one transaction: bounds how long the event loop is held. */
const MAX_GROUP = 2_000;

/**
 * One transaction for all writes asked for in the same turn of the event loop, so that sixty-four requests
 * that arrive together cost one sync, and a lone one waits for nobody. No timer: in a closed loop a window of
 * even 2 ms halves the rate (see docs/adr/0002).
 *
 * While the disk is busy with one group, the event loop reads the requests that will be the next.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  #waiting: Waiting[] = [];
  #scheduled = false;
  #syncing: Promise<void> | undefined;
  /** The disk failed to take what was committed, and perhaps still is only in memory. */
  #inDoubt = false;
  #closed = false;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
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

  /** Resolves once all that can be read now is on stable storage; undefined when it is. Never rejects. */
  get syncing(): Promise<void> | undefined {
    return this.#syncing;
  }

  /** Commits what waits; takes nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#syncing !== undefined || this.#waiting.length > 0) {
      await this.#syncing;
      this.#flush();
    }
  }

  #schedule(): void {
    if (this.#scheduled || this.#syncing !== undefined) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }

  #flush(): void {
    // What closes the store may have come first.
    if (this.#syncing !== undefined) return;
    const group = this.#waiting.splice(0, MAX_GROUP);
    if (group.length === 0) return;
    // When one of them fails by itself, the others must not pay for it.
    const committed = this.#commit(group) ?? group.flatMap((one) => this.#commit([one]) ?? []);
    if (committed.length > 0) this.#syncing = this.#settle(committed);
  }

  /** Undefined when a write threw and the group is worth trying one by one; then nobody was answered yet. */
  #commit(group: readonly Waiting[]): Committed[] | undefined {
    const { db, followers } = this.#options;
    let culprit: unknown;
    try {
      this.#resolveDoubt();
      db.exec("BEGIN IMMEDIATE");
      const committed = group.map((waiting) => ({ waiting, result: waiting.write() }));
      for (const follower of followers) follower.committing?.();
      db.exec("COMMIT");
      for (const follower of followers) follower.committed();
      return committed;
    } catch (error) {
      culprit = storeErrorOf(error);
      if (db.isTransaction) db.exec("ROLLBACK");
      for (const follower of followers) follower.undone();
    }
    const hopeless = culprit instanceof StoreError && culprit.code !== "STORE_FAILED";
    if (group.length > 1 && !hopeless) return undefined;
    for (const { reject } of group) reject(culprit);
    return [];
  }

  async #settle(committed: readonly Committed[]): Promise<void> {
    try {
      await this.#options.log.sync();
      for (const { waiting, result } of committed) waiting.resolve(result);
    } catch (cause) {
      this.#inDoubt = true;
      for (const { waiting } of committed) waiting.reject(unwritable(cause));
    }
    this.#syncing = undefined;
    if (this.#waiting.length > 0) this.#schedule();
  }

  /** @throws StoreError while the disk does not take what it refused before. */
  #resolveDoubt(): void {
    if (!this.#inDoubt) return;
    try {
      this.#options.log.empty();
    } catch (cause) {
      throw unwritable(cause);
    }
    this.#inDoubt = false;
  }
}

function unwritable(cause: unknown): StoreError {
  return new StoreError("STORE_FULL", "the disk cannot be written: check space and health of the data folder", {
    cause,
  });
}

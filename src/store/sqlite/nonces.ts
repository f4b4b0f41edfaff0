import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Arrival } from "../store.ts";
import { accountText } from "./account-text.ts";
import type { Follower } from "./group-commit.ts";
import { LateIndex } from "./late-index.ts";

/** Nonces that signatures named, each good for one body. Methods run inside the caller's transaction. */
export class Nonces implements Follower {
  readonly #index: LateIndex;
  readonly #select: StatementSync;
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;
  readonly #oldest: StatementSync;

  constructor(db: DatabaseSync) {
    this.#index = new LateIndex({
      db,
      name: "nonce_index",
      of: { table: "nonces", row: "n", columns: "tenant, platform, account, nonce" },
      text: (row) => accountText(row, String(row.nonce)),
    });
    this.#select = db.prepare(
      "SELECT body_hash FROM nonces WHERE n = ? AND tenant = ? AND platform = ? AND account = ? AND nonce = ?",
    );
    this.#insert = db.prepare(
      "INSERT INTO nonces (tenant, platform, account, nonce, body_hash, until) VALUES (?, ?, ?, ?, ?, ?)",
    );
    this.#delete = db.prepare("DELETE FROM nonces WHERE n IN (SELECT n FROM nonces ORDER BY n LIMIT ?) AND until < ?");
    this.#oldest = db.prepare("SELECT min(n) AS n FROM nonces");
  }

  /** Remembers a nonce. @returns False when another body had it. */
  use({ tenant, platform, account }: Arrival, nonce: NonNullable<Arrival["nonce"]>): boolean {
    const { value, bodyHash, until } = nonce;
    const text = accountText({ tenant, platform, account }, value);
    for (const n of this.#index.find(text)) {
      const earlier = this.#select.get(n, tenant, platform, account, value);
      if (earlier) return earlier.body_hash === bodyHash;
    }
    const { lastInsertRowid } = this.#insert.run(tenant, platform, account, value, bodyHash, until);
    this.#index.add(Number(lastInsertRowid), text);
    return true;
  }

  /** Looks at the oldest, this many, and deletes those that were good until before then; answers how many. */
  deleteOldest(before: number, limit: number): number {
    const { changes } = this.#delete.run(limit, before);
    this.#index.deleteBefore(Number(this.#oldest.get()?.n ?? Number.MAX_SAFE_INTEGER));
    return Number(changes);
  }

  committed(): void {
    this.#index.committed();
  }

  undone(): void {
    this.#index.undone();
  }
}

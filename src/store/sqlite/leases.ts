import type { DatabaseSync, StatementSync } from "node:sqlite";

/** Who holds what, and until when. Methods run inside the caller's transaction. */
export class Leases {
  readonly #take: StatementSync;
  readonly #drop: StatementSync;

  constructor(db: DatabaseSync) {
    // One process has the folder: whoever held a lease before is gone, and killed if it did not give it back.
    db.exec("DELETE FROM leases");
    this.#take = db.prepare(
      `INSERT INTO leases (name, owner, until) VALUES (?1, ?2, ?4)
         ON CONFLICT (name) DO UPDATE SET owner = ?2, until = ?4 WHERE owner = ?2 OR until <= ?3`,
    );
    this.#drop = db.prepare("DELETE FROM leases WHERE name = ? AND owner = ?");
  }

  take(name: string, owner: string, now: number, until: number): boolean {
    return Number(this.#take.run(name, owner, now, until).changes) > 0;
  }

  drop(name: string, owner: string): void {
    this.#drop.run(name, owner);
  }
}

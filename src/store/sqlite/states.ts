import type { DatabaseSync, StatementSync } from "node:sqlite";

/** Small things that rooms remember, by name. `save` runs inside the caller's transaction. */
export class States {
  readonly #select: StatementSync;
  readonly #upsert: StatementSync;

  constructor(db: DatabaseSync) {
    this.#select = db.prepare("SELECT value FROM states WHERE tenant = ? AND name = ?");
    this.#upsert = db.prepare(
      `INSERT INTO states (tenant, name, value) VALUES (?, ?, ?)
         ON CONFLICT (tenant, name) DO UPDATE SET value = excluded.value`,
    );
  }

  get(tenant: string, name: string): unknown {
    const row = this.#select.get(tenant, name);
    return row && JSON.parse(String(row.value));
  }

  save(tenant: string, name: string, value: unknown): void {
    this.#upsert.run(tenant, name, JSON.stringify(value));
  }
}

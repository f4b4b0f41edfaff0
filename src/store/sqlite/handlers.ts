import type { DatabaseSync, StatementSync } from "node:sqlite";

/** How far each named handler has come. */
export class HandlerCursors {
  readonly #add: StatementSync;
  readonly #get: StatementSync;
  readonly #move: StatementSync;
  readonly #newest: StatementSync;

  constructor(db: DatabaseSync) {
    this.#add = db.prepare(
      `INSERT INTO handler_cursors (tenant, name, cursor)
         VALUES (?1, ?2, coalesce((SELECT seq FROM events NOT INDEXED WHERE tenant = ?1 ORDER BY seq DESC LIMIT 1), 0))
         ON CONFLICT DO NOTHING`,
    );
    this.#get = db.prepare("SELECT cursor FROM handler_cursors WHERE tenant = ? AND name = ?");
    this.#move = db.prepare("UPDATE handler_cursors SET cursor = ? WHERE tenant = ? AND name = ?");
    this.#newest = db.prepare("SELECT seq FROM events NOT INDEXED WHERE tenant = ? ORDER BY seq DESC LIMIT 1");
  }

  cursor(tenant: string, name: string): number {
    this.#add.run(tenant, name);
    return Number(this.#get.get(tenant, name)?.cursor ?? 0);
  }

  move(tenant: string, name: string, cursor: number): void {
    this.#move.run(cursor, tenant, name);
  }

  newest(tenant: string): number {
    return Number(this.#newest.get(tenant)?.seq ?? 0);
  }
}

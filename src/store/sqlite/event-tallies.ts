import type { DatabaseSync, StatementSync } from "node:sqlite";

/** Events of one block. The newest ones, not a block yet, are looked at one by one. */
const BLOCK = 1_024;

/** Where in the order of arrival, both inclusive. */
export interface Stretch {
  readonly first: number;
  readonly last: number;
}

/**
 * How many Events of each type there are, and when they arrived, by blocks of the order of arrival: so that neither is
 * asked of a million rows. Arrival times need not rise with that order; clocks are set back.
 *
 * `added` and `deleted` run inside the caller's transaction.
 */
export class EventTallies {
  readonly #add: StatementSync;
  readonly #subtract: StatementSync;
  readonly #delete: StatementSync;
  readonly #counts: StatementSync;
  readonly #stretch: StatementSync;

  constructor(db: DatabaseSync) {
    const newest = "events NOT INDEXED WHERE seq > (SELECT coalesce(max(last), 0) FROM event_tallies)";
    this.#add = db.prepare(
      `INSERT INTO event_tallies SELECT ?1, tenant, type, count(*), min(received_at), max(received_at)
         FROM ${newest} AND seq <= ?1 GROUP BY tenant, type`,
    );
    this.#subtract = db.prepare(
      `UPDATE event_tallies SET events = events - 1
         WHERE last = (SELECT min(last) FROM event_tallies WHERE last >= ?) AND tenant = ? AND type = ?`,
    );
    this.#delete = db.prepare("DELETE FROM event_tallies WHERE last < ?");
    this.#counts = db.prepare(
      `SELECT type, sum(events) AS events FROM (
         SELECT type, events FROM event_tallies WHERE tenant = ?1
         UNION ALL SELECT type, 1 FROM ${newest} AND tenant = ?1) GROUP BY type HAVING sum(events) > 0`,
    );
    this.#stretch = db.prepare(
      `WITH blocks AS (
         SELECT last, earliest, latest FROM event_tallies
         UNION ALL SELECT max(seq), min(received_at), max(received_at) FROM ${newest}),
       found AS (SELECT min(last) AS lowest, max(last) AS last FROM blocks WHERE latest >= ?1 AND earliest < ?2)
       SELECT (SELECT coalesce(max(last), 0) + 1 FROM event_tallies WHERE last < lowest) AS first, last FROM found
         WHERE last IS NOT NULL`,
    );
  }

  /** @param seq The newest. */
  added(seq: number): void {
    if (seq % BLOCK === 0) this.#add.run(seq);
  }

  deleted(seq: number, tenant: string, type: string): void {
    this.#subtract.run(seq, tenant, type);
  }

  /** Forgets the blocks of which no Event from this one on is part. */
  deleteBefore(seq: number): void {
    this.#delete.run(seq);
  }

  /** By type. */
  counts(tenant: string): Record<string, number> {
    return Object.fromEntries(this.#counts.all(tenant).map(({ type, events }) => [String(type), Number(events)]));
  }

  /**
   * Where all stand that arrived at or after `since` and before `until`, in epoch milliseconds; among them are others.
   * Undefined where there is none.
   */
  stretch(since: number, until: number): Stretch | undefined {
    const found = this.#stretch.get(since, until);
    return found && { first: Number(found.first), last: Number(found.last) };
  }
}

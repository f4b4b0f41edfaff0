import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import {
  type Forward,
  type ForwardLane,
  type ForwardState,
  forwardStates,
  type NewForwards,
  type WaitingForward,
} from "../../model/forward.ts";
import type { ForwardCounts, ForwardFilter, ForwardPage, ForwardStep } from "../store.ts";
import type { Vault } from "../vault.ts";

const columns =
  "f.seq, f.id, f.relay, f.receiver, f.chat, f.state, f.attempts, f.refusals, f.replays, f.due_at, f.error, f.received_at, f.updated_at";

/** In the order of arrival, which is that of the table itself; see `inOrder` of the Events. */
const inOrder = "forwards AS f NOT INDEXED";

/** Callbacks on their way to receivers. Methods run inside the caller's transaction. */
export class Forwards {
  readonly #db: DatabaseSync;
  readonly #vault: Vault;
  readonly #insertCallback: StatementSync;
  readonly #insert: StatementSync;
  readonly #lanes: StatementSync;
  readonly #next: StatementSync;
  readonly #record: StatementSync;
  readonly #release: StatementSync;
  readonly #byId: StatementSync;
  readonly #replay: StatementSync;
  readonly #skip: StatementSync;
  readonly #waiting: StatementSync;
  readonly #dead: StatementSync;

  /** @param vault Seals requests: they hold the platforms' tokens as raw bodies do. */
  constructor(db: DatabaseSync, vault: Vault) {
    this.#db = db;
    this.#vault = vault;
    this.#insertCallback = db.prepare(
      `INSERT INTO forwarded_callbacks (tenant, relay, key, request, raw) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (tenant, relay, key) DO NOTHING`,
    );
    this.#insert = db.prepare(
      `INSERT INTO forwards (id, tenant, relay, receiver, chat, callback, due_at, received_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?7)`,
    );
    this.#lanes = db.prepare(
      `SELECT relay, receiver, chat, min(seq), due_at FROM forwards WHERE tenant = ? AND state = 0
         GROUP BY relay, receiver, chat`,
    );
    this.#next = db.prepare(
      `SELECT ${columns}, c.key, c.request, c.raw FROM forwards AS f JOIN forwarded_callbacks AS c ON c.seq = f.callback
         WHERE f.tenant = ? AND f.relay = ? AND f.receiver = ? AND f.chat = ? AND f.state = 0 ORDER BY f.seq LIMIT 1`,
    );
    this.#record = db.prepare(
      `UPDATE forwards SET state = ?, attempts = ?, refusals = ?, due_at = ?, error = ?, updated_at = ?
         WHERE seq = ? AND state = 0`,
    );
    this.#release = db.prepare(
      `UPDATE forwards SET due_at = ?1 WHERE tenant = ?2 AND relay = ?3 AND receiver = ?4 AND state = 0 AND due_at > ?1`,
    );
    this.#byId = db.prepare(`SELECT ${columns} FROM forwards AS f WHERE f.id = ? AND f.tenant = ? AND f.relay = ?`);
    this.#replay = db.prepare(
      `UPDATE forwards SET state = 0, refusals = 0, replays = replays + 1, due_at = ?1, error = NULL, updated_at = ?1
         WHERE seq = ?2 AND state != 0`,
    );
    this.#skip = db.prepare("UPDATE forwards SET state = 3, updated_at = ? WHERE seq = ? AND state IN (0, 2)");
    this.#waiting = db.prepare(
      `SELECT w.relay, w.receiver, w.waiting, f.received_at FROM (
         SELECT relay, receiver, count(*) AS waiting, min(seq) AS first FROM forwards WHERE tenant = ? AND state = 0
           GROUP BY relay, receiver) AS w JOIN forwards AS f ON f.seq = w.first`,
    );
    this.#dead = db.prepare(
      `SELECT relay, receiver, count(*) AS dead FROM forwards WHERE tenant = ? AND state = 2 GROUP BY relay, receiver`,
    );
  }

  /** Nothing for a callback that is known. */
  add(tenant: string, { relay, key, chat, request, raw, to }: NewForwards, at: number): void {
    const sealed = this.#vault.seal({ ...request, body: Buffer.from(request.body).toString("base64") });
    const sealedRaw = raw === undefined ? null : this.#vault.seal(raw);
    const { changes, lastInsertRowid } = this.#insertCallback.run(tenant, relay, key, sealed, sealedRaw);
    if (changes === 0) return;
    for (const { id, receiver } of to) this.#insert.run(id, tenant, relay, receiver, chat, lastInsertRowid, at);
  }

  lanes(tenant: string): (ForwardLane & { dueAt: number })[] {
    return this.#lanes.all(tenant).map(({ relay, receiver, chat, due_at }) => {
      return { relay: String(relay), receiver: String(receiver), chat: String(chat), dueAt: Number(due_at) };
    });
  }

  next(tenant: string, { relay, receiver, chat }: ForwardLane): WaitingForward | undefined {
    const row = this.#next.get(tenant, relay, receiver, chat);
    if (!row) return undefined;
    const request = this.#vault.open(row.request as Uint8Array) as WaitingForward["request"] & { body: string };
    return {
      ...forwardOf(row),
      key: String(row.key),
      request: { ...request, body: Buffer.from(request.body, "base64") },
      raw: row.raw === null ? undefined : String(this.#vault.open(row.raw as Uint8Array)),
    };
  }

  record({ seq, state, attempts, refusals, dueAt, error, at }: ForwardStep): void {
    this.#record.run(forwardStates.indexOf(state), attempts, refusals, dueAt, error ?? null, at, seq);
  }

  release(tenant: string, relay: string, receiver: string, at: number): void {
    this.#release.run(at, tenant, relay, receiver);
  }

  page(tenant: string, filter: ForwardFilter, { limit, before }: ForwardPage): Forward[] {
    const { sql, values } = conditionsOf(tenant, filter, forwardStates);
    const from = before ?? Number.MAX_SAFE_INTEGER;
    const rows = this.#db
      .prepare(`SELECT ${columns} FROM ${inOrder} WHERE ${sql} AND f.seq < ? ORDER BY f.seq DESC LIMIT ?`)
      .all(...values, from, limit);
    return rows.map(forwardOf);
  }

  get(tenant: string, relay: string, id: string): Forward | undefined {
    const row = this.#byId.get(id, tenant, relay);
    return row && forwardOf(row);
  }

  replay(tenant: string, relay: string, id: string, at: number): Forward | undefined {
    const found = this.get(tenant, relay, id);
    if (found) this.#replay.run(at, found.seq);
    return found && this.get(tenant, relay, id);
  }

  /** The next few after a place; `last` is where to go on, undefined at the end. */
  replaySome(tenant: string, filter: ForwardFilter, after: number, limit: number, at: number) {
    const { sql, values } = conditionsOf(tenant, filter, ["done", "dead", "skipped"]);
    const rows = this.#db
      .prepare(`SELECT f.seq FROM ${inOrder} WHERE ${sql} AND f.seq > ? ORDER BY f.seq LIMIT ?`)
      .all(...values, after, limit);
    let replayed = 0;
    for (const { seq } of rows) replayed += Number(this.#replay.run(at, Number(seq)).changes);
    return { replayed, last: rows.length < limit ? undefined : Number(rows.at(-1)?.seq) };
  }

  skip(tenant: string, relay: string, id: string, at: number): Forward | undefined {
    const found = this.get(tenant, relay, id);
    if (found) this.#skip.run(at, found.seq);
    return found && this.get(tenant, relay, id);
  }

  counts(tenant: string): ForwardCounts[] {
    const counts = new Map<string, ForwardCounts>();
    for (const { relay, receiver, waiting, received_at } of this.#waiting.all(tenant)) {
      const place = { relay: String(relay), receiver: String(receiver) };
      counts.set(`${relay}\n${receiver}`, {
        ...place,
        waiting: Number(waiting),
        dead: 0,
        oldestWaiting: Number(received_at),
      });
    }
    for (const { relay, receiver, dead } of this.#dead.all(tenant)) {
      const place = { relay: String(relay), receiver: String(receiver) };
      const known = counts.get(`${relay}\n${receiver}`) ?? { ...place, waiting: 0 };
      counts.set(`${relay}\n${receiver}`, { ...known, dead: Number(dead) });
    }
    return [...counts.values()];
  }
}

function conditionsOf(
  tenant: string,
  { relay, receiver, states, since, until }: ForwardFilter,
  every: readonly ForwardState[],
): { sql: string; values: SQLInputValue[] } {
  const wanted = every.filter((state) => states?.includes(state) ?? true).map((state) => forwardStates.indexOf(state));
  const conditions = ["f.tenant = ?", "f.relay = ?", `f.state IN (${wanted.join(", ")})`];
  const values: SQLInputValue[] = [tenant, relay];
  const add = (condition: string, value: string | number | undefined) => {
    if (value === undefined) return;
    conditions.push(condition);
    values.push(value);
  };
  add("f.receiver = ?", receiver);
  add("f.received_at >= ?", since);
  add("f.received_at < ?", until);
  return { sql: conditions.join(" AND "), values };
}

function forwardOf(row: Record<string, unknown>): Forward {
  return {
    seq: Number(row.seq),
    id: String(row.id),
    relay: String(row.relay),
    receiver: String(row.receiver),
    chat: String(row.chat),
    state: forwardStates[Number(row.state)] ?? "waiting",
    attempts: Number(row.attempts),
    refusals: Number(row.refusals),
    replays: Number(row.replays),
    dueAt: Number(row.due_at),
    error: row.error === null ? undefined : String(row.error),
    receivedAt: Number(row.received_at),
    updatedAt: Number(row.updated_at),
  };
}

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Event } from "../../model/event.ts";
import type { Arrival, Arrived, EventFilter, EventPage, StoredEvent } from "../store.ts";
import type { Vault } from "../vault.ts";

interface EventRow {
  readonly seq: number;
  readonly id: string;
  readonly tenant: string;
  readonly account: string;
  readonly platform: string;
  readonly type: Event["type"];
  readonly subject: string | null;
  readonly at: number;
  readonly received_at: number;
  readonly data: string;
}

const columns = "seq, id, tenant, account, platform, type, subject, at, received_at, data";

/**
 * Read in the order of arrival, which is that of the table itself. Left alone, SQLite takes the index that begins with
 * the tenant: it finds all of the tenant's Events, and sorts them, for the sake of one page.
 * https://www.sqlite.org/lang_indexedby.html
 */
const inOrder = "events NOT INDEXED";

/** Events as they arrived. `arrive` runs inside the caller's transaction. */
export class Events {
  readonly #db: DatabaseSync;
  readonly #vault: Vault;
  readonly #selectNonce: StatementSync;
  readonly #insertNonce: StatementSync;
  readonly #insert: StatementSync;
  readonly #known: StatementSync;
  readonly #byId: StatementSync;
  readonly #byKey: StatementSync;
  readonly #raw: StatementSync;
  readonly #ofMessage: StatementSync;
  readonly #counts: StatementSync;
  /** By their text: preparing takes longer than reading a page. There are as many as combinations of filters. */
  readonly #pages = new Map<string, StatementSync>();

  /** @param vault Seals the platforms' bodies: some hold tokens that answer or update what they tell of. */
  constructor(db: DatabaseSync, vault: Vault) {
    this.#db = db;
    this.#vault = vault;
    this.#selectNonce = db.prepare(
      "SELECT body_hash FROM nonces WHERE tenant = ? AND platform = ? AND account = ? AND nonce = ?",
    );
    this.#insertNonce = db.prepare(
      "INSERT INTO nonces (tenant, platform, account, nonce, body_hash, until) VALUES (?, ?, ?, ?, ?, ?)",
    );
    this.#insert = db.prepare(
      `INSERT INTO events (id, tenant, account, platform, type, subject, message, key, at, received_at, data, raw)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, platform, account, key) DO NOTHING`,
    );
    this.#known = db.prepare("SELECT 1 FROM events WHERE tenant = ? AND platform = ? AND account = ? AND key = ?");
    this.#byId = db.prepare(`SELECT ${columns} FROM events WHERE id = ? AND tenant = ?`);
    this.#byKey = db.prepare(
      `SELECT ${columns} FROM events WHERE tenant = ? AND platform = ? AND account = ? AND key = ?`,
    );
    // The raw body stands with the first Event of its arrival; the others of it follow at once.
    this.#raw = db.prepare(
      `SELECT raw FROM ${inOrder} WHERE tenant = ?1 AND raw IS NOT NULL AND seq <= (SELECT seq FROM events WHERE id = ?2)
         AND (platform, account) = (SELECT platform, account FROM events WHERE id = ?2) ORDER BY seq DESC LIMIT 1`,
    );
    this.#ofMessage = db.prepare(`SELECT ${columns} FROM events WHERE tenant = ? AND message = ? ORDER BY seq LIMIT ?`);
    this.#counts = db.prepare("SELECT type, count(*) AS events FROM events WHERE tenant = ? GROUP BY type");
  }

  arrive({ tenant, account, platform, receivedAt, events, raw, nonce }: Arrival): Arrived {
    if (nonce) {
      const earlier = this.#selectNonce.get(tenant, platform, account, nonce.value);
      if (earlier && earlier.body_hash !== nonce.bodyHash) {
        // A platform may come again with the same happening encrypted anew: that is a repeat, and forges nothing.
        const known = events.length > 0 && events.every(({ key }) => this.#known.get(tenant, platform, account, key));
        return known ? { outcome: "stored", fresh: [] } : { outcome: "replayed" };
      }
      if (!earlier) this.#insertNonce.run(tenant, platform, account, nonce.value, nonce.bodyHash, nonce.until);
    }
    const fresh: { seq: number; id: string }[] = [];
    for (const { id, type, subject, message, key, at, data } of events) {
      const { changes, lastInsertRowid } = this.#insert.run(
        id,
        tenant,
        account,
        platform,
        type,
        subject ?? null,
        message ?? null,
        key,
        at,
        receivedAt,
        JSON.stringify(data),
        fresh.length === 0 ? this.#vault.seal(raw) : null,
      );
      if (changes !== 0) fresh.push({ seq: Number(lastInsertRowid), id });
    }
    return { outcome: "stored", fresh };
  }

  page(tenant: string, filter: EventFilter, { after, before, limit }: EventPage): StoredEvent[] {
    const conditions = ["tenant = ?"];
    const values: (string | number)[] = [tenant];
    const add = (condition: string, ...given: (string | number)[]) => {
      conditions.push(condition);
      values.push(...given);
    };
    const { types, platform, account, channel, since, until } = filter;
    if (types && types.length > 0) add(`type IN (${types.map(() => "?").join(", ")})`, ...types);
    if (platform !== undefined) add("platform = ?", platform);
    if (account !== undefined) add("account = ?", account);
    if (channel !== undefined) add("subject = ?", channel);
    if (since !== undefined) add("received_at >= ?", since);
    if (until !== undefined) add("received_at < ?", until);
    if (after !== undefined) add("seq > ?", after);
    if (before !== undefined) add("seq < ?", before);
    const order = after === undefined ? "DESC" : "ASC";
    const sql = `SELECT ${columns} FROM ${inOrder} WHERE ${conditions.join(" AND ")} ORDER BY seq ${order} LIMIT ?`;
    const rows = this.#prepared(sql).all(...values, limit);
    return (rows as unknown as EventRow[]).map(storedEventOf);
  }

  #prepared(sql: string): StatementSync {
    const statement = this.#pages.get(sql) ?? this.#db.prepare(sql);
    this.#pages.set(sql, statement);
    return statement;
  }

  get(tenant: string, id: string): StoredEvent | undefined {
    const row = this.#byId.get(id, tenant) as unknown as EventRow | undefined;
    return row && storedEventOf(row);
  }

  ofKey(
    { tenant, platform, account }: Pick<Arrival, "tenant" | "platform" | "account">,
    key: string,
  ): StoredEvent | undefined {
    const row = this.#byKey.get(tenant, platform, account, key) as unknown as EventRow | undefined;
    return row && storedEventOf(row);
  }

  raw(tenant: string, id: string): string | undefined {
    const row = this.#raw.get(tenant, id);
    return row && String(this.#vault.open(row.raw as Uint8Array));
  }

  ofMessage(tenant: string, message: string, limit: number): StoredEvent[] {
    return (this.#ofMessage.all(tenant, message, limit) as unknown as EventRow[]).map(storedEventOf);
  }

  counts(tenant: string): Record<string, number> {
    return Object.fromEntries(this.#counts.all(tenant).map((row) => [String(row.type), Number(row.events)]));
  }
}

function storedEventOf(row: EventRow): StoredEvent {
  const event = {
    specversion: "1.0",
    id: row.id,
    source: `/tenants/${row.tenant}/accounts/${row.platform}/${row.account}`,
    type: row.type,
    ...(row.subject === null ? {} : { subject: row.subject }),
    time: new Date(row.at).toISOString(),
    datacontenttype: "application/json",
    data: JSON.parse(row.data),
    tenant: row.tenant,
    platform: row.platform,
    account: row.account,
  } as Event;
  return { seq: row.seq, event, receivedAt: row.received_at };
}

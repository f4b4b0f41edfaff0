import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Event } from "../../model/event.ts";
import type { Arrival, Arrived, EventFilter, EventPage, StoredEvent } from "../store.ts";
import type { Vault } from "../vault.ts";
import { accountText } from "./account-text.ts";
import { EventBodies } from "./event-bodies.ts";
import { EventTallies } from "./event-tallies.ts";
import type { Follower } from "./group-commit.ts";
import { LateIndex } from "./late-index.ts";
import { Nonces } from "./nonces.ts";

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
 * Read in the order of arrival, which is that of the table itself. Left alone, SQLite would take an index that begins
 * with what is asked for: find all such Events, and sort them, for the sake of one page.
 * https://www.sqlite.org/lang_indexedby.html
 */
const inOrder = "events NOT INDEXED";

/**
 * Events as they arrived. `arrive` and `deleteOldest` run inside the caller's transaction, which the followers have to
 * follow.
 */
export class Events {
  readonly #db: DatabaseSync;
  readonly #bodies: EventBodies;
  readonly #nonces: Nonces;
  /** By the key of its repeats. */
  readonly #keys: LateIndex;
  /** By the platform's id of the message it is about. */
  readonly #messages: LateIndex;
  readonly #tallies: EventTallies;
  readonly #insert: StatementSync;
  readonly #byKey: StatementSync;
  readonly #byId: StatementSync;
  readonly #ofMessage: StatementSync;
  readonly #seqOf: StatementSync;
  readonly #old: StatementSync;
  readonly #delete: StatementSync;
  readonly #oldest: StatementSync;
  /** By their text: preparing takes longer than reading a page. There are as many as combinations of filters. */
  readonly #pages = new Map<string, StatementSync>();

  /** @param vault Seals the platforms' bodies: some hold tokens that answer or update what they tell of. */
  constructor(db: DatabaseSync, vault: Vault) {
    this.#db = db;
    this.#bodies = new EventBodies(db, vault);
    this.#nonces = new Nonces(db);
    const of = { table: "events", row: "seq" };
    this.#keys = new LateIndex({
      db,
      name: "event_key_index",
      of: { ...of, columns: "tenant, platform, account, key" },
      text: (row) => accountText(row, String(row.key)),
    });
    this.#messages = new LateIndex({
      db,
      name: "event_message_index",
      of: { ...of, columns: "tenant, message" },
      text: ({ tenant, message }) => messageText(String(tenant), message),
    });
    this.#tallies = new EventTallies(db);
    this.#insert = db.prepare(
      `INSERT INTO events (id, tenant, account, platform, type, subject, message, key, at, received_at, data)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#byKey = db.prepare(
      `SELECT ${columns} FROM events WHERE seq = ? AND tenant = ? AND platform = ? AND account = ? AND key = ?`,
    );
    this.#byId = db.prepare(`SELECT ${columns} FROM events WHERE id = ? AND tenant = ?`);
    this.#ofMessage = db.prepare(`SELECT ${columns} FROM events WHERE seq = ? AND tenant = ? AND message = ?`);
    this.#seqOf = db.prepare("SELECT seq FROM events WHERE id = ? AND tenant = ?");
    this.#old = db.prepare(
      `SELECT seq, tenant, type FROM (SELECT seq, tenant, type, received_at FROM ${inOrder} ORDER BY seq LIMIT ?)
         WHERE received_at < ?`,
    );
    this.#delete = db.prepare("DELETE FROM events WHERE seq = ?");
    this.#oldest = db.prepare("SELECT min(seq) AS seq FROM events");
  }

  get followers(): readonly Follower[] {
    return [this.#bodies, this.#nonces, this.#keys, this.#messages];
  }

  arrive(arrival: Arrival): Arrived {
    const { tenant, account, platform, receivedAt, events, raw, nonce } = arrival;
    if (nonce && !this.#nonces.use(arrival, nonce)) {
      // A platform may come again with the same happening encrypted anew: that is a repeat, and forges nothing.
      const isRepeat = events.length > 0 && events.every(({ key }) => this.#rowOfKey(arrival, key));
      return isRepeat ? { outcome: "stored", fresh: [] } : { outcome: "replayed" };
    }
    const fresh: { seq: number; id: string }[] = [];
    for (const { id, type, subject, message, key, at, data } of events) {
      if (this.#rowOfKey(arrival, key)) continue;
      const { lastInsertRowid } = this.#insert.run(
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
      );
      const seq = Number(lastInsertRowid);
      this.#keys.add(seq, accountText(arrival, key));
      this.#messages.add(seq, messageText(tenant, message));
      this.#tallies.added(seq);
      if (fresh.length === 0) this.#bodies.add(seq, raw);
      fresh.push({ seq, id });
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
    if (since !== undefined || until !== undefined) {
      const [from, to] = [since ?? 0, until ?? Number.MAX_SAFE_INTEGER];
      const stretch = this.#tallies.stretch(from, to);
      if (!stretch) return [];
      add("seq BETWEEN ? AND ?", stretch.first, stretch.last);
      add("received_at >= ? AND received_at < ?", from, to);
    }
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

  ofKey(account: Pick<Arrival, "tenant" | "platform" | "account">, key: string): StoredEvent | undefined {
    const row = this.#rowOfKey(account, key);
    return row && storedEventOf(row);
  }

  raw(tenant: string, id: string): string | undefined {
    const row = this.#seqOf.get(id, tenant);
    return row && this.#bodies.get(Number(row.seq));
  }

  ofMessage(tenant: string, message: string, limit: number): StoredEvent[] {
    const found: StoredEvent[] = [];
    for (const seq of this.#messages.find(messageText(tenant, message) ?? "")) {
      const row = this.#ofMessage.get(seq, tenant, message) as unknown as EventRow | undefined;
      if (row) found.push(storedEventOf(row));
      if (found.length === limit) break;
    }
    return found;
  }

  counts(tenant: string): Record<string, number> {
    return this.#tallies.counts(tenant);
  }

  /** Looks at the oldest, this many, and deletes those that arrived before then; answers how many. */
  deleteOldest(before: number, limit: number): number {
    const old = this.#old.all(limit, before);
    for (const row of old) {
      this.#tallies.deleted(Number(row.seq), String(row.tenant), String(row.type));
      this.#delete.run(Number(row.seq));
    }
    const oldest = Number(this.#oldest.get()?.seq ?? Number.MAX_SAFE_INTEGER);
    this.#bodies.deleteBefore(oldest);
    this.#keys.deleteBefore(oldest);
    this.#messages.deleteBefore(oldest);
    this.#tallies.deleteBefore(oldest);
    return old.length;
  }

  deleteOldestNonces(before: number, limit: number): number {
    return this.#nonces.deleteOldest(before, limit);
  }

  #rowOfKey({ tenant, platform, account }: Pick<Arrival, "tenant" | "platform" | "account">, key: string) {
    for (const seq of this.#keys.find(accountText({ tenant, platform, account }, key))) {
      const row = this.#byKey.get(seq, tenant, platform, account, key);
      if (row) return row as unknown as EventRow;
    }
    return undefined;
  }
}

function messageText(tenant: string, message: unknown): string | undefined {
  return typeof message === "string" ? `${tenant}\n${message}` : undefined;
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

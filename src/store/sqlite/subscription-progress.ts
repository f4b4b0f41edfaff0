import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { EventType } from "../../model/event.ts";
import type { ParkedEvent, Replay, SubscriptionState, SubscriptionStep } from "../store.ts";
import { EventTallies } from "./event-tallies.ts";

/** That an Event is one the subscription `?1` asks for. */
const wanted = `subscriptions.id = ?1 AND events.tenant = subscriptions.tenant
  AND (types = '[]' OR type IN (SELECT value FROM json_each(types)))
  AND (accounts IS NULL OR account IN (SELECT value FROM json_each(accounts))
    OR platform || '/' || account IN (SELECT value FROM json_each(accounts)))`;

/**
 * How far each outgoing subscription has come, and what is parked for it. Writes run inside the caller's transaction.
 * What is parked goes with its Event when that is purged, and all of it with the subscription.
 */
export class SubscriptionProgress {
  readonly #tallies: EventTallies;
  readonly #hold: StatementSync;
  readonly #advance: StatementSync;
  readonly #disable: StatementSync;
  readonly #advanceReplay: StatementSync;
  readonly #endReplay: StatementSync;
  readonly #park: StatementSync;
  readonly #unpark: StatementSync;
  readonly #parked: StatementSync;
  readonly #replays: StatementSync;
  readonly #again: StatementSync;
  readonly #span: StatementSync;
  readonly #addReplay: StatementSync;
  readonly #dead: StatementSync;
  readonly #revive: StatementSync;
  readonly #state: StatementSync;

  constructor(db: DatabaseSync) {
    this.#tallies = new EventTallies(db);
    this.#hold = db.prepare("UPDATE subscriptions SET hold_until = ?, failures = ? WHERE id = ?");
    this.#advance = db.prepare("UPDATE subscriptions SET cursor = max(cursor, ?) WHERE id = ?");
    this.#disable = db.prepare(
      "UPDATE subscriptions SET enabled = 0, disabled_reason = ?, updated_at = ? WHERE id = ?",
    );
    this.#advanceReplay = db.prepare("UPDATE replays SET cursor = ? WHERE subscription = ? AND id = ?");
    this.#endReplay = db.prepare("DELETE FROM replays WHERE subscription = ? AND id = ? AND cursor >= until_seq");
    // The Event may have been purged, or the subscription deleted, while it was being sent.
    this.#park = db.prepare(
      `INSERT INTO parked_events (subscription, event, dead, attempts, due_at, error, updated_at)
         SELECT subscriptions.id, events.seq, ?3, ?4, ?5, ?6, ?7 FROM subscriptions, events
         WHERE subscriptions.id = ?1 AND events.seq = ?2
         ON CONFLICT (subscription, event) DO UPDATE SET dead = excluded.dead, attempts = excluded.attempts,
           due_at = excluded.due_at, error = excluded.error, updated_at = excluded.updated_at`,
    );
    this.#unpark = db.prepare("DELETE FROM parked_events WHERE subscription = ? AND event = ?");
    this.#parked = db.prepare(
      `SELECT event AS seq, id, type, attempts, due_at, error, updated_at FROM parked_events
         JOIN events ON seq = event WHERE subscription = ? AND dead = 0 ORDER BY due_at, event LIMIT ?`,
    );
    this.#replays = db.prepare("SELECT id, cursor, until_seq FROM replays WHERE subscription = ? ORDER BY id LIMIT ?");
    // One that waits for its next attempt is due now, and keeps the attempts it had.
    this.#again = db.prepare(
      `INSERT INTO parked_events (subscription, event, dead, attempts, due_at, error, updated_at)
         SELECT subscriptions.id, events.seq, 0, 0, ?3, '', ?3 FROM subscriptions, events
         WHERE subscriptions.id = ?1 AND events.seq = ?2
         ON CONFLICT (subscription, event) DO UPDATE SET attempts = iif(dead, 0, attempts), dead = 0, due_at = ?3`,
    );
    this.#span = db.prepare(
      `SELECT min(events.seq) AS first, max(events.seq) AS last, count(*) AS events FROM events NOT INDEXED, subscriptions
         WHERE events.seq BETWEEN ?4 AND ?5 AND received_at >= ?2 AND received_at < ?3 AND ${wanted}`,
    );
    this.#addReplay = db.prepare(
      `INSERT INTO replays (subscription, id, cursor, until_seq)
         VALUES (?1, (SELECT coalesce(max(id), 0) + 1 FROM replays WHERE subscription = ?1), ?2, ?3)`,
    );
    this.#dead = db.prepare(
      `SELECT event AS seq, id, type, attempts, due_at, error, updated_at FROM parked_events
         JOIN events ON seq = event WHERE subscription = ? AND dead = 1 AND event < ? ORDER BY event DESC LIMIT ?`,
    );
    this.#revive = db.prepare(
      `UPDATE parked_events SET dead = 0, attempts = 0, due_at = ?3, updated_at = ?3
         WHERE subscription = ?1 AND event = (SELECT seq FROM events WHERE id = ?2) AND dead = 1`,
    );
    this.#state = db.prepare(
      `SELECT (SELECT count(*) FROM parked_events WHERE subscription = ?1 AND dead = 0) AS parked,
         (SELECT count(*) FROM parked_events WHERE subscription = ?1 AND dead = 1) AS dead,
         (SELECT count(*) FROM replays WHERE subscription = ?1) AS replays,
         (SELECT count(*) FROM events NOT INDEXED, subscriptions WHERE seq > cursor AND ${wanted}) AS behind`,
    );
  }

  record({ subscription, at, holdUntil, failures, cursor, replay, event, disable }: SubscriptionStep): void {
    this.#hold.run(holdUntil, failures, subscription);
    if (cursor !== undefined) this.#advance.run(cursor, subscription);
    if (replay) {
      this.#advanceReplay.run(replay.cursor, subscription, replay.id);
      this.#endReplay.run(subscription, replay.id);
    }
    if (event?.outcome === "delivered") this.#unpark.run(subscription, event.seq);
    else if (event) {
      const { seq, outcome, attempts, dueAt, error } = event;
      this.#park.run(subscription, seq, Number(outcome === "dead"), attempts, dueAt, error, at);
    }
    if (disable !== undefined) this.#disable.run(disable, at, subscription);
  }

  parked(subscription: string, limit: number): ParkedEvent[] {
    return this.#parked.all(subscription, limit).map(parkedOf);
  }

  replays(subscription: string, limit: number): Replay[] {
    return this.#replays.all(subscription, limit).map((row) => ({
      id: Number(row.id),
      cursor: Number(row.cursor),
      untilSeq: Number(row.until_seq),
    }));
  }

  replayEvent(subscription: string, seq: number, at: number): void {
    this.#again.run(subscription, seq, at);
  }

  replaySpan(subscription: string, since: number, until: number): number {
    const stretch = this.#tallies.stretch(since, until);
    if (!stretch) return 0;
    const found = this.#span.get(subscription, since, until, stretch.first, stretch.last);
    const events = Number(found?.events ?? 0);
    if (events > 0) this.#addReplay.run(subscription, Number(found?.first) - 1, Number(found?.last));
    return events;
  }

  deadLetters(subscription: string, { limit, before }: { limit: number; before?: number | undefined }): ParkedEvent[] {
    return this.#dead.all(subscription, before ?? Number.MAX_SAFE_INTEGER, limit).map(parkedOf);
  }

  retryDeadLetter(subscription: string, event: string, at: number): boolean {
    return this.#revive.run(subscription, event, at).changes !== 0;
  }

  state(id: string): SubscriptionState {
    const row = this.#state.get(id);
    return {
      parked: Number(row?.parked),
      dead: Number(row?.dead),
      replays: Number(row?.replays),
      behind: Number(row?.behind),
    };
  }
}

function parkedOf(row: Record<string, unknown>): ParkedEvent {
  return {
    seq: Number(row.seq),
    id: String(row.id),
    type: String(row.type) as EventType,
    attempts: Number(row.attempts),
    dueAt: Number(row.due_at),
    error: String(row.error),
    updatedAt: Number(row.updated_at),
  };
}

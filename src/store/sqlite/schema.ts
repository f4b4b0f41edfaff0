import type { DatabaseSync } from "node:sqlite";
import { StoreError } from "../errors.ts";

/**
 * The schema, step by step. A released step is never edited; a new one is added below it.
 *
 * A Delivery's key is (task, leaf), and `waiting` indexes only what waits, in the order Tasks were accepted:
 * the index a lane reads stays as small as the backlog however many Tasks the store remembers. Notifications are
 * numbered with AUTOINCREMENT because the number is part of an id that clients keep: a deleted one's is not used again.
 */
const steps: readonly string[] = [
  `
  CREATE TABLE tenants (id TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT;
  INSERT INTO tenants VALUES ('default', 'default');

  CREATE TABLE accounts (
    tenant TEXT NOT NULL, id TEXT NOT NULL, platform TEXT NOT NULL, name TEXT NOT NULL,
    settings BLOB NOT NULL, retired INTEGER NOT NULL DEFAULT 0, updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE channels (
    tenant TEXT NOT NULL, id TEXT NOT NULL, platform TEXT NOT NULL, account TEXT, name TEXT NOT NULL,
    rate TEXT, settings BLOB NOT NULL, retired INTEGER NOT NULL DEFAULT 0, updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE recipients (
    tenant TEXT NOT NULL, alias TEXT NOT NULL, name TEXT NOT NULL,
    platforms TEXT NOT NULL, notifications TEXT NOT NULL, updated_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, alias)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE plans (id TEXT PRIMARY KEY, plan TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE tasks (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, tenant TEXT NOT NULL,
    recipient TEXT NOT NULL, recipient_name TEXT NOT NULL, strategy TEXT NOT NULL, plan TEXT NOT NULL,
    level TEXT NOT NULL, style TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL, extras TEXT,
    status INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE deliveries (
    task INTEGER NOT NULL, leaf INTEGER NOT NULL, channel TEXT NOT NULL,
    status INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, parts INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL, error TEXT, message_id TEXT,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
    PRIMARY KEY (task, leaf)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX waiting ON deliveries (channel, task, leaf) WHERE status = 0;

  CREATE TABLE lanes (
    lane TEXT PRIMARY KEY, hold_until INTEGER NOT NULL, hold_kind TEXT NOT NULL,
    failures INTEGER NOT NULL, recent TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE idempotency (
    tenant TEXT NOT NULL, key TEXT NOT NULL, body_hash TEXT NOT NULL, task TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, key)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE notifications (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, id TEXT NOT NULL, key TEXT NOT NULL,
    title TEXT NOT NULL, message TEXT NOT NULL, type TEXT NOT NULL, strategy TEXT NOT NULL, style TEXT NOT NULL,
    source TEXT NOT NULL, task_id TEXT NOT NULL, reason TEXT NOT NULL,
    created_at INTEGER NOT NULL, read INTEGER NOT NULL DEFAULT 0,
    UNIQUE (tenant, id), UNIQUE (tenant, key)
  ) STRICT;
  CREATE INDEX notifications_by_state ON notifications (tenant, read, seq);
  `,
  `
  CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, tenant TEXT NOT NULL, account TEXT NOT NULL,
    platform TEXT NOT NULL, type TEXT NOT NULL, subject TEXT, message TEXT, key TEXT NOT NULL,
    at INTEGER NOT NULL, received_at INTEGER NOT NULL, data TEXT NOT NULL, raw BLOB
  ) STRICT;
  CREATE UNIQUE INDEX events_once ON events (tenant, platform, account, key);
  CREATE UNIQUE INDEX events_by_id ON events (id);
  CREATE INDEX events_of_message ON events (tenant, message, seq) WHERE message IS NOT NULL;

  CREATE TABLE nonces (
    tenant TEXT NOT NULL, platform TEXT NOT NULL, account TEXT NOT NULL, nonce TEXT NOT NULL,
    body_hash TEXT NOT NULL, until INTEGER NOT NULL,
    PRIMARY KEY (tenant, platform, account, nonce)
  ) STRICT, WITHOUT ROWID;

  CREATE INDEX deliveries_of_message ON deliveries (message_id) WHERE message_id IS NOT NULL;
  `,
  `
  CREATE TABLE subscriptions (
    id TEXT PRIMARY KEY, tenant TEXT NOT NULL, settings BLOB NOT NULL, types TEXT NOT NULL, accounts TEXT,
    enabled INTEGER NOT NULL, disabled_reason TEXT, cursor INTEGER NOT NULL,
    hold_until INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX subscriptions_of_tenant ON subscriptions (tenant, id);

  CREATE TABLE parked_events (
    subscription TEXT NOT NULL REFERENCES subscriptions (id) ON DELETE CASCADE,
    event INTEGER NOT NULL REFERENCES events (seq) ON DELETE CASCADE,
    dead INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL, due_at INTEGER NOT NULL,
    error TEXT NOT NULL, updated_at INTEGER NOT NULL,
    PRIMARY KEY (subscription, event)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX parked_by_due ON parked_events (subscription, dead, due_at);
  CREATE INDEX parked_of_event ON parked_events (event);

  CREATE TABLE replays (
    subscription TEXT NOT NULL REFERENCES subscriptions (id) ON DELETE CASCADE,
    id INTEGER NOT NULL, cursor INTEGER NOT NULL, until_seq INTEGER NOT NULL,
    PRIMARY KEY (subscription, id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE handler_cursors (
    tenant TEXT NOT NULL, name TEXT NOT NULL, cursor INTEGER NOT NULL,
    PRIMARY KEY (tenant, name)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE states (
    tenant TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (tenant, name)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE leases (name TEXT PRIMARY KEY, owner TEXT NOT NULL, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE tokens (
    app TEXT PRIMARY KEY, token BLOB NOT NULL, renew_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE jobs (
    kind TEXT NOT NULL, key TEXT NOT NULL, due_at INTEGER NOT NULL, attempts INTEGER NOT NULL,
    data TEXT NOT NULL, error TEXT, created_at INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX jobs_by_due ON jobs (kind, due_at);

  CREATE TABLE attachments (
    event TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE, n INTEGER NOT NULL,
    sha256 TEXT, bytes INTEGER, content_type TEXT, name TEXT, error TEXT, at INTEGER NOT NULL,
    PRIMARY KEY (event, n)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX attachments_by_content ON attachments (sha256) WHERE sha256 IS NOT NULL;
  `,
  `
  ALTER TABLE channels ADD COLUMN proxy BLOB;
  `,
  `
  CREATE TABLE forwarded_callbacks (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, relay TEXT NOT NULL, key TEXT NOT NULL,
    request BLOB NOT NULL, raw BLOB,
    UNIQUE (tenant, relay, key)
  ) STRICT;

  CREATE TABLE forwards (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, tenant TEXT NOT NULL, relay TEXT NOT NULL,
    receiver TEXT NOT NULL, chat TEXT NOT NULL, callback INTEGER NOT NULL REFERENCES forwarded_callbacks (seq),
    state INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0, refusals INTEGER NOT NULL DEFAULT 0,
    replays INTEGER NOT NULL DEFAULT 0, due_at INTEGER NOT NULL, error TEXT,
    received_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX forwards_waiting ON forwards (tenant, relay, receiver, chat, seq) WHERE state = 0;
  CREATE INDEX forwards_dead ON forwards (tenant, relay, receiver) WHERE state = 2;
  CREATE INDEX forwards_settled ON forwards (received_at) WHERE state IN (1, 3);
  CREATE INDEX forwards_of_callback ON forwards (callback);
  `,
  `
  ALTER TABLE jobs ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
  `,
  `
  DROP INDEX events_once;
  DROP INDEX events_of_message;

  CREATE TABLE index_generations (
    name TEXT NOT NULL, last_row INTEGER NOT NULL, filter BLOB NOT NULL, UNIQUE (name, last_row)
  ) STRICT;
  CREATE TABLE event_key_index (
    generation INTEGER NOT NULL, hash INTEGER NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (generation, hash, row)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE event_message_index (
    generation INTEGER NOT NULL, hash INTEGER NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (generation, hash, row)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE nonce_index (
    generation INTEGER NOT NULL, hash INTEGER NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (generation, hash, row)
  ) STRICT, WITHOUT ROWID;

  ALTER TABLE nonces RENAME TO former_nonces;
  CREATE TABLE nonces (
    n INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, platform TEXT NOT NULL, account TEXT NOT NULL,
    nonce TEXT NOT NULL, body_hash TEXT NOT NULL, until INTEGER NOT NULL
  ) STRICT;
  INSERT INTO nonces (tenant, platform, account, nonce, body_hash, until)
    SELECT tenant, platform, account, nonce, body_hash, until FROM former_nonces ORDER BY until;
  DROP TABLE former_nonces;

  CREATE TABLE event_bodies (event INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
  INSERT INTO event_bodies SELECT seq, raw FROM events NOT INDEXED WHERE raw IS NOT NULL ORDER BY seq;
  ALTER TABLE events DROP COLUMN raw;

  CREATE TABLE event_tallies (
    last INTEGER NOT NULL, tenant TEXT NOT NULL, type TEXT NOT NULL, events INTEGER NOT NULL,
    earliest INTEGER NOT NULL, latest INTEGER NOT NULL,
    PRIMARY KEY (last, tenant, type)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO event_tallies
    SELECT (seq + 1023) / 1024 * 1024 AS block, tenant, type, count(*), min(received_at), max(received_at)
      FROM events NOT INDEXED GROUP BY block, tenant, type HAVING block <= (SELECT max(seq) FROM events);
  `,
];

/**
 * Brings a database to the newest schema, one transaction a step.
 *
 * @param target The schema that is wanted; for tests, an older one.
 * @throws StoreError (STORE_FAILED) when the database was written by a newer Yizhan.
 */
export function migrate(db: DatabaseSync, target = steps.length): void {
  const row = db.prepare("PRAGMA user_version").get();
  const version = Number(row?.user_version ?? 0);
  if (version > steps.length) {
    throw new StoreError(
      "STORE_FAILED",
      `the data folder was written by a newer Yizhan (schema ${version}, this one knows ${steps.length}); run that version, or restore a backup`,
    );
  }
  steps.slice(version, target).forEach((step, index) => {
    db.exec(`BEGIN IMMEDIATE; ${step}; PRAGMA user_version = ${version + index + 1}; COMMIT`);
  });
}

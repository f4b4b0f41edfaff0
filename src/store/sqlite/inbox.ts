import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Notification } from "../../model/notification.ts";
import type { InboxStore, NotificationFilter } from "../store.ts";

interface NotificationRow extends Omit<Notification, "taskId" | "createdAt" | "status"> {
  readonly task_id: string;
  readonly created_at: number;
  readonly read: number;
}

type Statistics = Awaited<ReturnType<InboxStore["notificationStatistics"]>>;

const where: Readonly<Record<NotificationFilter, string>> = { all: "", unread: "AND read = 0", read: "AND read = 1" };

/** The in-app inbox. Writing methods run inside the caller's transaction. */
export class InboxRows {
  readonly #db: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #name: StatementSync;
  readonly #byKey: StatementSync;
  readonly #byId: StatementSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#insert = db.prepare(
      `INSERT INTO notifications (tenant, id, key, title, message, type, strategy, style, source, task_id, reason,
         created_at) VALUES (?, '', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#name = db.prepare("UPDATE notifications SET id = ? WHERE seq = ?");
    this.#byKey = db.prepare("SELECT * FROM notifications WHERE tenant = ? AND key = ?");
    this.#byId = db.prepare("SELECT * FROM notifications WHERE tenant = ? AND id = ?");
  }

  add(tenant: string, item: Omit<Notification, "id" | "status">, key: string): Notification {
    const earlier = this.#byKey.get(tenant, key) as unknown as NotificationRow | undefined;
    if (earlier) return notificationOf(earlier);
    const { title, message, type, strategy, style, source, taskId, reason, createdAt } = item;
    const values = [title, message, type, strategy, style, source, taskId, reason, createdAt];
    const seq = Number(this.#insert.run(tenant, key, ...values).lastInsertRowid);
    // The number is known only now; no one else sees the row before this transaction ends.
    const id = notificationId(createdAt, seq);
    this.#name.run(id, seq);
    return { ...item, id, status: "unread" };
  }

  page(tenant: string, page: { status: NotificationFilter; limit: number; offset: number }) {
    const rows = this.#db
      .prepare(`SELECT * FROM notifications WHERE tenant = ? ${where[page.status]} ORDER BY seq DESC LIMIT ? OFFSET ?`)
      .all(tenant, page.limit, page.offset) as unknown as NotificationRow[];
    const count = this.#db.prepare(
      `SELECT count(*) AS total FROM notifications WHERE tenant = ? ${where[page.status]}`,
    );
    return { notifications: rows.map(notificationOf), total: Number(count.get(tenant)?.total ?? 0) };
  }

  get(tenant: string, id: string): Notification | undefined {
    const row = this.#byId.get(tenant, id) as unknown as NotificationRow | undefined;
    return row && notificationOf(row);
  }

  markRead(tenant: string, id: string): boolean {
    const done = this.#db.prepare("UPDATE notifications SET read = 1 WHERE tenant = ? AND id = ?").run(tenant, id);
    return Number(done.changes) > 0;
  }

  markAllRead(tenant: string): number {
    const done = this.#db.prepare("UPDATE notifications SET read = 1 WHERE tenant = ? AND read = 0").run(tenant);
    return Number(done.changes);
  }

  delete(tenant: string, id: string): boolean {
    return (
      Number(this.#db.prepare("DELETE FROM notifications WHERE tenant = ? AND id = ?").run(tenant, id).changes) > 0
    );
  }

  deleteAll(tenant: string): number {
    return Number(this.#db.prepare("DELETE FROM notifications WHERE tenant = ?").run(tenant).changes);
  }

  statistics(tenant: string): Statistics {
    const rows = this.#db
      .prepare("SELECT type, read, count(*) AS items FROM notifications WHERE tenant = ? GROUP BY type, read")
      .all(tenant);
    const statistics = { total: 0, unread: 0, read: 0, by_type: {} as Record<string, number> };
    for (const row of rows) {
      const items = Number(row.items);
      const type = String(row.type);
      statistics.total += items;
      statistics[row.read === 1 ? "read" : "unread"] += items;
      statistics.by_type[type] = (statistics.by_type[type] ?? 0) + items;
    }
    return statistics;
  }
}

/** `notify_YYYYMMDDhhmmss_NNNNNN` in UTC; the last part counts, so that a second's items differ. */
function notificationId(at: number, seq: number): string {
  const digits = new Date(at).toISOString().replace(/\D/g, "").slice(0, 14);
  return `notify_${digits}_${String(seq % 1_000_000).padStart(6, "0")}`;
}

function notificationOf(row: NotificationRow): Notification {
  return {
    id: row.id,
    title: row.title,
    message: row.message,
    type: row.type,
    strategy: row.strategy,
    style: row.style,
    source: row.source,
    taskId: row.task_id,
    reason: row.reason,
    createdAt: row.created_at,
    status: row.read === 1 ? "read" : "unread",
  };
}

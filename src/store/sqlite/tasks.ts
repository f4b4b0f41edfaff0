import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Delivery } from "../../model/delivery.ts";
import type { Task } from "../../model/task.ts";
import type { Accepted, NewTask } from "../store.ts";
import type { Plans } from "./plans.ts";
import { type DeliveryRow, deliveryOf, extrasOf, messageOf, type TaskRow, taskStatuses } from "./rows.ts";

const created: Accepted = { outcome: "created" };

/** How long an idempotency key answers with its first Task. */
export const KEY_LIFETIME_MS = 24 * 3_600_000;

/** Tasks and the Deliveries they start with. Writing methods run inside the caller's transaction. */
export class Tasks {
  readonly #plans: Plans;
  readonly #insertTask: StatementSync;
  readonly #insertDelivery: StatementSync;
  readonly #selectTask: StatementSync;
  readonly #selectDeliveries: StatementSync;
  readonly #selectKey: StatementSync;
  readonly #upsertKey: StatementSync;
  readonly #selectOfMessage: StatementSync;

  constructor(db: DatabaseSync, plans: Plans) {
    this.#plans = plans;
    this.#insertTask = db.prepare(
      `INSERT INTO tasks (id, tenant, recipient, recipient_name, strategy, plan, level, style, title, body, extras,
         status, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#insertDelivery = db.prepare(
      `INSERT INTO deliveries (task, leaf, channel, status, due_at, created_at, updated_at)
         VALUES (?, ?, ?, 0, ?, ?, ?)`,
    );
    this.#selectTask = db.prepare("SELECT * FROM tasks WHERE id = ? AND tenant = ?");
    this.#selectDeliveries = db.prepare(
      `SELECT leaf, status, attempts, due_at, error, message_id, created_at, updated_at
         FROM deliveries WHERE task = ? ORDER BY leaf`,
    );
    this.#selectOfMessage = db.prepare(
      `SELECT t.id, d.leaf FROM deliveries d JOIN tasks t ON t.seq = d.task
         WHERE d.message_id = ? AND t.tenant = ? ORDER BY d.task, d.leaf LIMIT 100`,
    );
    this.#selectKey = db.prepare("SELECT body_hash, task, created_at FROM idempotency WHERE tenant = ? AND key = ?");
    this.#upsertKey = db.prepare(
      `INSERT INTO idempotency (tenant, key, body_hash, task, created_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (tenant, key) DO UPDATE
         SET body_hash = excluded.body_hash, task = excluded.task, created_at = excluded.created_at`,
    );
  }

  accept(task: NewTask): Accepted {
    const earlier = this.#earlier(task);
    if (earlier) return earlier;
    const { message, createdAt } = task;
    const { leaves } = this.#plans.keep(task.plan);
    const { lastInsertRowid: seq } = this.#insertTask.run(
      task.id,
      task.tenant,
      task.recipient,
      task.recipientName,
      task.strategy,
      task.plan.id,
      message.level,
      message.style,
      message.title,
      message.body,
      extrasOf(message),
      task.start.length === 0 ? taskStatuses.indexOf("failed") : 0,
      createdAt,
      createdAt,
    );
    for (const leaf of task.start) {
      this.#insertDelivery.run(seq, leaf, leaves[leaf]?.channel ?? "", createdAt, createdAt, createdAt);
    }
    if (task.idempotency) {
      const { key, bodyHash } = task.idempotency;
      this.#upsertKey.run(task.tenant, key, bodyHash, task.id, createdAt);
    }
    return created;
  }

  task(tenant: string, id: string): { task: Task; deliveries: Delivery[] } | undefined {
    const row = this.#selectTask.get(id, tenant) as unknown as TaskRow | undefined;
    const known = row && this.#plans.get(row.plan);
    if (!row || !known) return undefined;
    const rows = this.#selectDeliveries.all(row.seq) as unknown as DeliveryRow[];
    const deliveries = rows.map((delivery) => deliveryOf(delivery, row.id, known.leaves[delivery.leaf]));
    const task: Task = {
      tenant: row.tenant,
      id: row.id,
      recipient: row.recipient,
      recipientName: row.recipient_name,
      strategy: row.strategy,
      message: messageOf(row),
      plan: known.plan,
      status: taskStatuses[row.status] ?? "failed",
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    };
    return { task, deliveries };
  }

  /** Deliveries that the platform gave this message id. */
  ofMessage(tenant: string, message: string): { task: Task; delivery: Delivery }[] {
    return this.#selectOfMessage.all(message, tenant).flatMap((row) => {
      const found = this.task(tenant, String(row.id));
      const delivery = found?.deliveries.find(({ leaf }) => leaf === row.leaf);
      return found && delivery ? [{ task: found.task, delivery }] : [];
    });
  }

  #earlier(task: NewTask): Accepted | undefined {
    if (!task.idempotency) return undefined;
    const row = this.#selectKey.get(task.tenant, task.idempotency.key);
    if (!row || task.createdAt - Number(row.created_at) > KEY_LIFETIME_MS) return undefined;
    if (row.body_hash !== task.idempotency.bodyHash) return { outcome: "conflict" };
    const found = this.task(task.tenant, String(row.task));
    return found && { outcome: "replayed", task: found.task };
  }
}

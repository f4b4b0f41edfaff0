import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Delivery } from "../../model/delivery.ts";
import type { Ending, Endings } from "../../model/next.ts";
import type { DeliveryKey, LaneState, PendingDelivery, Recorded } from "../store.ts";
import type { Plans } from "./plans.ts";
import { type DeliveryRow, deliveryOf, deliveryStatuses, type MessageRow, messageOf, taskStatuses } from "./rows.ts";

interface PendingRow extends MessageRow {
  readonly task: number;
  readonly leaf: number;
  readonly id: string;
  readonly tenant: string;
  readonly plan: string;
  readonly strategy: string;
  readonly attempts: number;
  readonly parts: number;
  readonly due_at: number;
  readonly created_at: number;
}

const beginning: DeliveryKey = { taskSeq: -1, leaf: -1 };

/** What waits in lanes, and what became of it. Writing methods run inside the caller's transaction. */
export class Lanes {
  readonly #plans: Plans;
  readonly #lanes: StatementSync;
  readonly #pending: StatementSync;
  readonly #update: StatementSync;
  readonly #insert: StatementSync;
  readonly #settle: StatementSync;
  readonly #touch: StatementSync;
  readonly #state: StatementSync;
  readonly #upsertState: StatementSync;
  readonly #endings: StatementSync;
  readonly #failures: StatementSync;
  readonly #backlog: StatementSync;

  constructor(db: DatabaseSync, plans: Plans) {
    this.#plans = plans;
    this.#lanes = db.prepare(
      "SELECT channel AS lane, min(due_at) AS dueAt FROM deliveries WHERE status = 0 GROUP BY channel",
    );
    this.#pending = db.prepare(
      `SELECT d.task, d.leaf, d.attempts, d.parts, d.due_at, t.id, t.tenant, t.plan, t.strategy,
              t.level, t.style, t.title, t.body, t.extras, t.created_at
         FROM deliveries d JOIN tasks t ON t.seq = d.task
        WHERE d.channel = ? AND d.status = 0 AND (d.task, d.leaf) > (?, ?) ORDER BY d.task, d.leaf LIMIT ?`,
    );
    this.#update = db.prepare(
      `UPDATE deliveries SET status = ?, attempts = ?, parts = ?, due_at = ?, error = ?, message_id = ?, updated_at = ?
         WHERE task = ? AND leaf = ?`,
    );
    this.#insert = db.prepare(
      `INSERT INTO deliveries (task, leaf, channel, status, due_at, created_at, updated_at)
         VALUES (?, ?, ?, 0, ?, ?, ?) ON CONFLICT DO NOTHING`,
    );
    this.#settle = db.prepare("UPDATE tasks SET status = ?, updated_at = ? WHERE seq = ?");
    this.#touch = db.prepare("UPDATE tasks SET updated_at = ? WHERE seq = ?");
    this.#state = db.prepare("SELECT hold_until, hold_kind, failures, recent FROM lanes WHERE lane = ?");
    this.#upsertState = db.prepare(
      `INSERT INTO lanes (lane, hold_until, hold_kind, failures, recent) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (lane) DO UPDATE SET hold_until = excluded.hold_until, hold_kind = excluded.hold_kind,
           failures = excluded.failures, recent = excluded.recent`,
    );
    this.#endings = db.prepare("SELECT leaf, status FROM deliveries WHERE task = ? AND status <> 0");
    this.#failures = db.prepare(
      `SELECT t.id, t.plan, d.leaf, d.status, d.attempts, d.due_at, d.error, d.message_id, d.created_at, d.updated_at
         FROM deliveries d JOIN tasks t ON t.seq = d.task WHERE d.task = ? AND d.status = 2 ORDER BY d.leaf`,
    );
    this.#backlog = db.prepare("SELECT count(*) AS waiting FROM deliveries WHERE status = 0");
  }

  lanes(): { lane: string; dueAt: number }[] {
    return this.#lanes.all() as { lane: string; dueAt: number }[];
  }

  pending(lane: string, limit: number, after: DeliveryKey = beginning): PendingDelivery[] {
    const rows = this.#pending.all(lane, after.taskSeq, after.leaf, limit) as unknown as PendingRow[];
    return rows.map((row) => ({
      taskSeq: row.task,
      leaf: row.leaf,
      taskId: row.id,
      tenant: row.tenant,
      plan: row.plan,
      strategy: row.strategy,
      message: messageOf(row),
      attempts: row.attempts,
      parts: row.parts,
      dueAt: row.due_at,
      createdAt: row.created_at,
    }));
  }

  record(recorded: Recorded): void {
    const { taskSeq, leaf } = recorded.delivery;
    this.#update.run(
      deliveryStatuses.indexOf(recorded.status),
      recorded.attempts,
      recorded.parts,
      recorded.dueAt,
      recorded.error ? JSON.stringify(recorded.error) : null,
      recorded.messageId ?? null,
      recorded.at,
      taskSeq,
      leaf,
    );
    for (const started of recorded.start) {
      this.#insert.run(taskSeq, started.leaf, started.channel, recorded.at, recorded.at, recorded.at);
    }
    if (recorded.taskStatus) this.#settle.run(taskStatuses.indexOf(recorded.taskStatus), recorded.at, taskSeq);
    else if (recorded.status !== "pending") this.#touch.run(recorded.at, taskSeq);
    if (recorded.lane) {
      const { channel, state } = recorded.lane;
      this.#upsertState.run(channel, state.holdUntil, state.holdKind, state.failures, JSON.stringify(state.recent));
    }
  }

  laneState(lane: string): LaneState | undefined {
    const row = this.#state.get(lane);
    if (!row) return undefined;
    return {
      holdUntil: Number(row.hold_until),
      holdKind: String(row.hold_kind) as LaneState["holdKind"],
      failures: Number(row.failures),
      recent: JSON.parse(String(row.recent)),
    };
  }

  endings(taskSeq: number): Endings {
    const endings = new Map<number, Ending>();
    for (const row of this.#endings.all(taskSeq)) {
      endings.set(Number(row.leaf), Number(row.status) === 1 ? "success" : "failed");
    }
    return endings;
  }

  failures(taskSeq: number): Delivery[] {
    const rows = this.#failures.all(taskSeq) as unknown as (DeliveryRow & { id: string; plan: string })[];
    return rows.map((row) => deliveryOf(row, row.id, this.#plans.get(row.plan)?.leaves[row.leaf]));
  }

  backlog(): number {
    return Number(this.#backlog.get()?.waiting ?? 0);
  }
}

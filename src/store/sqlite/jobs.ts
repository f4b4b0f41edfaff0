import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Job, NewJob } from "../store.ts";

/** Work that waits for its time. Methods run inside the caller's transaction. */
export class Jobs {
  readonly #add: StatementSync;
  readonly #due: StatementSync;
  readonly #hold: StatementSync;
  readonly #nextAt: StatementSync;
  readonly #postpone: StatementSync;
  readonly #delete: StatementSync;
  readonly #count: StatementSync;

  constructor(db: DatabaseSync) {
    // One process has the folder: whoever took these is gone. Some would not wait: a file's address is good for minutes.
    db.exec("UPDATE jobs SET held = 0, due_at = 0 WHERE held = 1");
    this.#add = db.prepare(
      `INSERT INTO jobs (kind, key, due_at, attempts, data, created_at) VALUES (?, ?, ?, 0, ?, ?)
         ON CONFLICT DO NOTHING`,
    );
    this.#due = db.prepare(
      "SELECT key, attempts, data, created_at FROM jobs WHERE kind = ? AND due_at <= ? ORDER BY due_at, key LIMIT ?",
    );
    this.#hold = db.prepare("UPDATE jobs SET due_at = ?, held = 1 WHERE kind = ? AND key = ?");
    this.#nextAt = db.prepare("SELECT min(due_at) AS at FROM jobs WHERE kind = ?");
    this.#postpone = db.prepare(
      "UPDATE jobs SET due_at = ?, attempts = ?, error = ?, held = 0 WHERE kind = ? AND key = ?",
    );
    this.#delete = db.prepare("DELETE FROM jobs WHERE kind = ? AND key = ?");
    this.#count = db.prepare("SELECT count(*) AS jobs FROM jobs WHERE kind = ?");
  }

  /** How many were not there before. */
  add(kind: string, jobs: readonly NewJob[], now: number): number {
    let added = 0;
    for (const { key, dueAt, data } of jobs) {
      added += Number(this.#add.run(kind, key, dueAt, JSON.stringify(data), now).changes);
    }
    return added;
  }

  take(kind: string, now: number, until: number, limit: number): Job[] {
    return this.#due.all(kind, now, limit).map(({ key, attempts, data, created_at }) => {
      this.#hold.run(until, kind, String(key));
      const job = { key: String(key), attempts: Number(attempts), createdAt: Number(created_at) };
      return { ...job, data: JSON.parse(String(data)) };
    });
  }

  nextAt(kind: string): number | undefined {
    const at = this.#nextAt.get(kind)?.at;
    return at === null || at === undefined ? undefined : Number(at);
  }

  postpone(kind: string, key: string, dueAt: number, attempts: number, error: string | undefined): void {
    this.#postpone.run(dueAt, attempts, error ?? null, kind, key);
  }

  delete(kind: string, key: string): void {
    this.#delete.run(kind, key);
  }

  count(kind: string): number {
    return Number(this.#count.get(kind)?.jobs ?? 0);
  }
}

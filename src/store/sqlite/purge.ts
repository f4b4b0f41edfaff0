import type { DatabaseSync } from "node:sqlite";
import type { GroupCommit } from "./group-commit.ts";

/** Tasks a transaction deletes at most, so that a large purge holds nobody up for long. */
const BATCH = 500;

/**
 * Deletes what nobody asks about any more: settled Tasks, used keys and read notifications older than told.
 * Tasks were numbered in the order of their accepts, so the oldest come first and the walk ends early.
 */
export async function purge(
  db: DatabaseSync,
  commit: GroupCommit,
  before: { tasks: number; keys: number },
): Promise<number> {
  const oldest = db.prepare(
    "SELECT seq FROM tasks WHERE seq > ? AND created_at < ? AND status <> 0 ORDER BY seq LIMIT ?",
  );
  const deleteDeliveries = db.prepare("DELETE FROM deliveries WHERE task = ?");
  const deleteTask = db.prepare("DELETE FROM tasks WHERE seq = ?");
  let gone = 0;
  for (let last = 0; ; ) {
    const seqs = oldest.all(last, before.tasks, BATCH).map((row) => Number(row.seq));
    const highest = seqs.at(-1);
    if (highest === undefined) break;
    await commit.run(() => {
      for (const seq of seqs) {
        deleteDeliveries.run(seq);
        deleteTask.run(seq);
      }
    });
    last = highest;
    gone += seqs.length;
  }
  return (
    gone +
    (await commit.run(() => {
      const keys = db.prepare("DELETE FROM idempotency WHERE created_at < ?").run(before.keys);
      const items = db.prepare("DELETE FROM notifications WHERE read = 1 AND created_at < ?").run(before.tasks);
      return Number(keys.changes) + Number(items.changes);
    }))
  );
}

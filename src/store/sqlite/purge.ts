import type { DatabaseSync } from "node:sqlite";
import type { GroupCommit } from "./group-commit.ts";
import type { Attachments } from "./jobs-attachments.ts";

/** Tasks a transaction looks at, so that a large purge holds nobody up for long. */
const BATCH = 500;

/**
 * Deletes what nobody asks about any more: settled Tasks, Events, used keys and read notifications older than told.
 * Tasks were numbered in the order of their accepts, so the oldest come first and the walk ends early.
 */
export async function purge(
  db: DatabaseSync,
  commit: GroupCommit,
  before: { tasks: number; keys: number },
): Promise<number> {
  let gone = 0;
  for (let last: number | undefined = 0; last !== undefined; ) {
    const batch: Batch = await commit.run(() => deleteTasks(db, last ?? 0, before.tasks));
    gone += batch.gone;
    last = batch.last;
  }
  gone += await purgeEvents(db, commit, before.tasks);
  gone += await purgeForwards(db, commit, before.tasks);
  const rest = await commit.run(() => {
    db.prepare("DELETE FROM nonces WHERE until < ?").run(before.keys);
    const keys = db.prepare("DELETE FROM idempotency WHERE created_at < ?").run(before.keys);
    const items = db.prepare("DELETE FROM notifications WHERE read = 1 AND created_at < ?").run(before.tasks);
    return Number(keys.changes) + Number(items.changes);
  });
  return gone + rest;
}

/** Events were numbered as they arrived, so the oldest come first here too. */
async function purgeEvents(db: DatabaseSync, commit: GroupCommit, before: number): Promise<number> {
  const oldest = db.prepare(
    "DELETE FROM events WHERE seq IN (SELECT seq FROM events ORDER BY seq LIMIT ?) AND received_at < ?",
  );
  for (let gone = 0; ; ) {
    const { changes } = await commit.run(() => oldest.run(BATCH, before));
    gone += Number(changes);
    if (Number(changes) < BATCH) return gone;
  }
}

/** Those that are settled, and their callbacks once no receiver is left to get them. What is dead may be wanted yet. */
async function purgeForwards(db: DatabaseSync, commit: GroupCommit, before: number): Promise<number> {
  const settled = db.prepare(
    `DELETE FROM forwards WHERE seq IN (
       SELECT seq FROM forwards WHERE state IN (1, 3) AND received_at < ? ORDER BY received_at LIMIT ?) RETURNING callback`,
  );
  const callback = db.prepare(
    "DELETE FROM forwarded_callbacks WHERE seq = ?1 AND NOT EXISTS (SELECT 1 FROM forwards WHERE callback = ?1)",
  );
  for (let gone = 0; ; ) {
    const batch = await commit.run(() => {
      const rows = settled.all(before, BATCH);
      for (const row of rows) callback.run(Number(row.callback));
      return rows.length;
    });
    gone += batch;
    if (batch < BATCH) return gone;
  }
}

/** Files that were saved before then are kept no longer; answers how many. */
export async function expireAttachments(
  attachments: Attachments,
  commit: GroupCommit,
  before: number,
  error: string,
): Promise<number> {
  for (let gone = 0; ; ) {
    const batch = await commit.run(() => attachments.expire(before, error, BATCH));
    gone += batch;
    if (batch < BATCH) return gone;
  }
}

interface Batch {
  readonly gone: number;
  /** Where to go on; undefined when there is nothing more that old. */
  readonly last: number | undefined;
}

/**
 * Looks at the next few Tasks and no further: asking the database for the old ones among all of them would make
 * it read the whole table whenever there are few.
 */
function deleteTasks(db: DatabaseSync, after: number, before: number): Batch {
  const rows = db.prepare("SELECT seq, created_at, status FROM tasks WHERE seq > ? ORDER BY seq LIMIT ?");
  const looked = rows.all(after, BATCH);
  const firstNew = looked.findIndex((row) => Number(row.created_at) >= before);
  const old = firstNew < 0 ? looked : looked.slice(0, firstNew);
  const settled = old.filter((row) => Number(row.status) !== 0);
  const deleteDeliveries = db.prepare("DELETE FROM deliveries WHERE task = ?");
  const deleteTask = db.prepare("DELETE FROM tasks WHERE seq = ?");
  for (const { seq } of settled) {
    deleteDeliveries.run(Number(seq));
    deleteTask.run(Number(seq));
  }
  return { gone: settled.length, last: old.length < BATCH ? undefined : Number(old.at(-1)?.seq) };
}

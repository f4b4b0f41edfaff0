import type { DatabaseSync } from "node:sqlite";
import type { Events } from "./events.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { Attachments } from "./jobs-attachments.ts";

/** Tasks a transaction looks at, so that a large purge holds nobody up for long. */
const BATCH = 500;

/**
 * Deletes what nobody asks about any more: settled Tasks, Events, used keys and read notifications older than told.
 * Tasks were numbered in the order of their accepts, and Events as they arrived, so the oldest come first and the walk
 * ends early.
 */
export async function purge(
  { db, commit, events }: { db: DatabaseSync; commit: GroupCommit; events: Events },
  before: { tasks: number; keys: number },
): Promise<number> {
  let gone = 0;
  for (let last: number | undefined = 0; last !== undefined; ) {
    const batch: Batch = await commit.run(() => deleteTasks(db, last ?? 0, before.tasks));
    gone += batch.gone;
    last = batch.last;
  }
  gone += await inBatches(commit, () => events.deleteOldest(before.tasks, BATCH));
  gone += await purgeForwards(db, commit, before.tasks);
  // Not counted: nobody sees them.
  await inBatches(commit, () => events.deleteOldestNonces(before.keys, BATCH));
  const rest = await commit.run(() => {
    const keys = db.prepare("DELETE FROM idempotency WHERE created_at < ?").run(before.keys);
    const items = db.prepare("DELETE FROM notifications WHERE read = 1 AND created_at < ?").run(before.tasks);
    return Number(keys.changes) + Number(items.changes);
  });
  return gone + rest;
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
  return inBatches(commit, () => {
    const rows = settled.all(before, BATCH);
    for (const row of rows) callback.run(Number(row.callback));
    return rows.length;
  });
}

/** Until one deletes less than a batch; answers how many went. */
async function inBatches(commit: GroupCommit, deleteBatch: () => number): Promise<number> {
  for (let gone = 0; ; ) {
    const batch = await commit.run(deleteBatch);
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

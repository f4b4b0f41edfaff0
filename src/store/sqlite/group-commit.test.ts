import { DatabaseSync } from "node:sqlite";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { type CommitLog, type Follower, GroupCommit } from "./group-commit.ts";

/** A log whose disk does as it is told. */
class HeldLog implements CommitLog {
  readonly syncs: { done(): void; fail(error: Error): void }[] = [];
  emptied = 0;
  canBeEmptied = true;

  sync(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.syncs.push({ done: resolve, fail: reject });
    return promise;
  }

  empty(): void {
    if (!this.canBeEmptied) throw new Error("EIO");
    this.emptied++;
  }
}

function setup(followers: readonly Follower[] = []) {
  const db = new DatabaseSync(":memory:");
  onTestFinished(() => db.close());
  db.exec("CREATE TABLE words (word TEXT NOT NULL UNIQUE)");
  const insert = db.prepare("INSERT INTO words VALUES (?)");
  const log = new HeldLog();
  const commit = new GroupCommit({ db, log, followers });
  const told: string[] = [];
  const write = (word: string): void => {
    commit
      .run(() => insert.run(word))
      .then(
        () => told.push(word),
        ({ code }) => told.push(`${word}: ${code}`),
      );
  };
  const words = () =>
    db
      .prepare("SELECT word FROM words ORDER BY rowid")
      .all()
      .map((row) => row.word);
  return { log, commit, write, told, words };
}

/** Until whatever waits for nothing but the event loop has happened. */
async function settled(): Promise<void> {
  for (let n = 0; n < 5; n++) await turn();
}

describe("writes of one turn", () => {
  it("are told together, once the disk has them", async () => {
    const { log, write, told, words } = setup();
    write("one");
    write("two");
    await settled();
    expect([words(), told, log.syncs.length]).toEqual([["one", "two"], [], 1]);
    log.syncs[0]?.done();
    await settled();
    expect(told).toEqual(["one", "two"]);
  });

  it("are told of in spite of one among them that throws", async () => {
    const { log, write, told } = setup();
    for (const word of ["one", "one", "two"]) write(word);
    await settled();
    log.syncs[0]?.done();
    await settled();
    expect([told.toSorted(), log.syncs.length]).toEqual([["one", "one: STORE_FAILED", "two"], 1]);
  });
});

describe("writes that come while the disk is busy", () => {
  it("are the next group", async () => {
    const { log, write, told, words } = setup();
    write("one");
    await settled();
    write("two");
    await settled();
    write("three");
    await settled();
    expect([words(), log.syncs.length]).toEqual([["one"], 1]);
    log.syncs[0]?.done();
    await settled();
    expect([words(), told, log.syncs.length]).toEqual([["one", "two", "three"], ["one"], 2]);
  });

  it("are still written when the store is closed, which waits for them", async () => {
    const { log, commit, write, told } = setup();
    write("one");
    await settled();
    write("two");
    const closed = commit.close().then(() => told.push("closed"));
    await expect(commit.run(() => {})).rejects.toMatchObject({ code: "STORE_CLOSED" });
    log.syncs[0]?.done();
    await settled();
    expect(told).toEqual(["one"]);
    log.syncs[1]?.done();
    await closed;
    expect(told).toEqual(["one", "two", "closed"]);
  });
});

describe("a disk that failed to take a group", () => {
  const failed = async () => {
    const made = setup();
    made.write("one");
    await settled();
    made.log.syncs[0]?.fail(new Error("EIO"));
    await settled();
    return made;
  };

  it("has nobody told that it was stored", async () => {
    expect((await failed()).told).toEqual(["one: STORE_FULL"]);
  });

  it("gets no more, as long as what it failed to take cannot be brought elsewhere", async () => {
    const { log, write, told, words } = await failed();
    log.canBeEmptied = false;
    write("two");
    await settled();
    expect([told.at(-1), words()]).toEqual(["two: STORE_FULL", ["one"]]);
    log.canBeEmptied = true;
    write("three");
    await settled();
    expect([log.emptied, words()]).toEqual([1, ["one", "three"]]);
    log.syncs[1]?.done();
    await settled();
    write("four");
    await settled();
    expect([told.at(-1), log.emptied]).toEqual(["three", 1]);
  });
});

describe("what is remembered beside the database", () => {
  it("follows each transaction: written with it, kept after it, or undone", async () => {
    const seen: string[] = [];
    const { log, write } = setup([
      {
        committing: () => seen.push("committing"),
        committed: () => seen.push("committed"),
        undone: () => seen.push("undone"),
      },
    ]);
    write("one");
    await settled();
    expect(seen.splice(0)).toEqual(["committing", "committed"]);
    log.syncs[0]?.done();
    await settled();
    write("one");
    await settled();
    expect(seen).toEqual(["undone"]);
  });
});

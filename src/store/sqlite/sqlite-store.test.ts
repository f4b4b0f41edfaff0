import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { all, numbered, send } from "../../model/plan.ts";
import { aMessage, aTarget, aTask } from "../../testing/samples.ts";
import { sqliteWorld } from "../../testing/sqlite-world.ts";
import { worldOf } from "../../testing/store/worlds.ts";
import { storeContract } from "../../testing/store-contract.ts";
import { openSqliteStore, type SqliteStoreOptions } from "./sqlite-store.ts";
import { WriteAheadLog } from "./write-ahead-log.ts";

storeContract("the SQLite store", () => sqliteWorld({ blocking: false }));

const setup = async (options: Omit<SqliteStoreOptions, "folder"> = {}) => {
  const world = await sqliteWorld({ blocking: false, ...options });
  await worldOf(async () => world);
  return world;
};

describe("a data folder that is in use", () => {
  it("is refused to a second store, naming the process that has it", async () => {
    const { folder } = await setup();
    expect(() => openSqliteStore({ folder })).toThrow(
      expect.objectContaining({ code: "STORE_LOCKED", message: expect.stringContaining(`process ${process.pid}`) }),
    );
  });

  it("stays with the first after a second was refused", async () => {
    const { folder, store } = await setup();
    expect(() => openSqliteStore({ folder })).toThrow(/in use/);
    expect(() => openSqliteStore({ folder })).toThrow(/in use/);
    expect(await store.accept(aTask("t1"))).toEqual({ outcome: "created" });
  });

  it("by another process is refused, and is free with all its data once that is killed", async () => {
    const { folder, store, reopen } = await setup();
    await store.close();
    const other = await heldByAnother(folder);
    expect(() => openSqliteStore({ folder })).toThrow(
      expect.objectContaining({ code: "STORE_LOCKED", message: expect.stringContaining(`process ${other.pid}`) }),
    );
    await other.kill();
    expect((await (await reopen()).task("default", "from the other"))?.task.status).toBe("processing");
  });
});

describe("the lease of a process that was killed", () => {
  it("is free at once: nobody else can have the folder", async () => {
    const { store, reopen } = await setup();
    await store.takeLease("stream", "killed", 0, 1_000_000);
    expect(await (await reopen()).takeLease("stream", "risen", 1, 1_000_000)).toBe(true);
  });
});

describe("the jobs that a killed process had taken", () => {
  it("are due at once: nobody else can have the folder", async () => {
    const { store, reopen } = await setup();
    await store.addJobs("a", [{ key: "k", dueAt: 10, data: 1 }], 0);
    await store.takeJobs("a", 10, 1_000_000, 1);
    expect(await (await reopen()).takeJobs("a", 11, 1_000_000, 1)).toMatchObject([{ key: "k", attempts: 0 }]);
  });
});

describe("what was accepted", () => {
  it("is on stable storage before anybody is told of it, whether who asked for it or who reads it", async () => {
    const { store } = await setup();
    const { promise: synced, resolve: sync } = Promise.withResolvers<void>();
    const asked = vi.spyOn(WriteAheadLog.prototype, "sync").mockReturnValueOnce(synced);
    onTestFinished(() => asked.mockRestore());
    const told: string[] = [];
    const accepted = store.accept(aTask("t1")).then(() => told.push("accepted"));
    await vi.waitUntil(() => asked.mock.calls.length > 0, { timeout: 60_000 });
    const read = store.task("default", "t1").then((found) => told.push(`read ${found?.task.id}`));
    await turns(3);
    expect(told).toEqual([]);
    sync();
    await Promise.all([accepted, read]);
    expect(told.toSorted()).toEqual(["accepted", "read t1"]);
  });

  it("goes to the same log for as long as the store is open", async () => {
    const { folder, store } = await setup();
    const log = join(folder, "yizhan.sqlite-wal");
    const before = await stat(log);
    // Some megabytes, so that it is begun anew in between.
    const body = "长".repeat(100_000);
    for (let n = 0; n < 60; n++) await store.accept(aTask(`t${n}`, { message: aMessage({ body }) }));
    const after = await stat(log);
    expect(after.ino).toBe(before.ino);
    expect(after.size).toBeLessThan(60 * 300_000);
  });

  it("can be read from outside as soon as the promise resolves", async () => {
    const { folder, store } = await setup();
    const outside = new DatabaseSync(join(folder, "yizhan.sqlite"), { readOnly: true });
    onTestFinished(() => outside.close());
    await store.accept(aTask("t1"));
    expect(outside.prepare("SELECT id FROM tasks").all()).toEqual([{ id: "t1" }]);
  });
});

describe("writes that arrive together", () => {
  it("share one commit", async () => {
    const { folder, store } = await setup();
    const before = await commits(folder);
    await Promise.all(Array.from({ length: 64 }, (_, i) => store.accept(aTask(`t${i}`))));
    expect((await commits(folder)) - before).toBe(1);
  });

  it("cost a commit each when they come one after another", async () => {
    const { folder, store } = await setup();
    const before = await commits(folder);
    for (let i = 0; i < 5; i++) await store.accept(aTask(`t${i}`));
    expect((await commits(folder)) - before).toBe(5);
  });

  it("are not hurt by one among them that cannot be stored", async () => {
    const { store } = await setup();
    const answers = await Promise.allSettled(["t1", "t2", "t1", "t3"].map((id) => store.accept(aTask(id))));
    expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    expect((await store.pending("lane", 9)).map(({ taskId }) => taskId)).toEqual(["t1", "t2", "t3"]);
  });

  it("keep a Plan that was first stored beside one that could not be", async () => {
    const { store, reopen } = await setup();
    await store.accept(aTask("t1", { lane: "x" }));
    const y = { lane: "y" };
    const together = [aTask("t2", y), aTask("t3", y), aTask("t1", { lane: "z" })];
    await Promise.allSettled(together.map((task) => store.accept(task)));
    const again = await reopen();
    for (const id of ["t2", "t3"]) expect((await again.task("default", id))?.task.plan).toEqual(aTask(id, y).plan.plan);
    expect(await again.plan("plan of z")).toBeUndefined();
  });

  it("may be more than fit into one transaction", async () => {
    const { store } = await setup();
    await Promise.all(Array.from({ length: 4_500 }, (_, i) => store.accept(aTask(`t${i}`))));
    expect(await store.backlog()).toBe(4_500);
  });
});

describe("a full disk", () => {
  const big = (id: string, start?: readonly number[]) =>
    aTask(id, { message: aMessage({ body: "长".repeat(3_000) }), ...(start ? { start } : {}) });

  /** Accepts until the disk is full; the ids that were taken. */
  const filled = async (store: Awaited<ReturnType<typeof setup>>["store"], start?: readonly number[]) => {
    const taken: string[] = [];
    for (let i = 0; i < 1_000; i++) {
      try {
        await store.accept(big(`t${i}`, start));
      } catch (error) {
        expect(error).toMatchObject({ code: "STORE_FULL", message: expect.stringContaining("full") });
        return taken;
      }
      taken.push(`t${i}`);
    }
    throw new Error("the disk never filled up");
  };

  it("refuses with STORE_FULL and writes nothing of what it refused", async () => {
    const { store } = await setup({ maxBytes: 600_000 });
    const taken = await filled(store);
    const leaves = Array.from({ length: 2_000 }, (_, i) => send(aTarget(`channel ${i}`)));
    const plan = { id: "wide", plan: numbered(all(leaves)) };
    const wide = aTask("wide", { plan, start: leaves.map((_, leaf) => leaf) });
    await expect(store.accept(wide)).rejects.toMatchObject({ code: "STORE_FULL" });
    expect(await store.task("default", "wide")).toBeUndefined();
    expect(await store.plan("wide")).toBeUndefined();
    expect((await store.pending("lane", 1_000)).map(({ taskId }) => taskId)).toEqual(taken);
    expect((await store.lanes()).map(({ lane }) => lane)).toEqual(["lane"]);
  });

  it("never tells anybody of a group that something was stored which was not", async () => {
    const { store } = await setup({ maxBytes: 600_000 });
    const ids = Array.from({ length: 200 }, (_, i) => `t${i}`);
    const answers = await Promise.allSettled(ids.map((id) => store.accept(big(id))));
    const taken = ids.filter((_, i) => answers[i]?.status === "fulfilled");
    expect(taken.length).toBeLessThan(ids.length);
    expect((await store.pending("lane", 1_000)).map(({ taskId }) => taskId)).toEqual(taken);
  });

  it("shows in a ping", async () => {
    const { store } = await setup({ maxBytes: 600_000 });
    await store.ping();
    await filled(store);
    // What is left is too little for a large Message; now for a small one too.
    const small = async () => {
      for (let i = 0; i < 1_000; i++) await store.accept(aTask(`small ${i}`));
    };
    await expect(small()).rejects.toMatchObject({ code: "STORE_FULL" });
    await expect(store.ping()).rejects.toMatchObject({ code: "STORE_FULL" });
  });

  it("takes more after a purge made room", async () => {
    const { store } = await setup({ maxBytes: 600_000 });
    const taken = await filled(store, []);
    expect(await store.purge({ tasks: 5_000, keys: 5_000 })).toBe(taken.length);
    await store.ping();
    expect(await store.accept(big("after"))).toEqual({ outcome: "created" });
  });

  it("takes more, and has lost nothing, once the disk is larger", async () => {
    const { store, folder } = await setup({ maxBytes: 600_000 });
    const taken = await filled(store);
    await store.close();
    const larger = openSqliteStore({ folder });
    onTestFinished(() => larger.close());
    expect(await larger.accept(big("after"))).toEqual({ outcome: "created" });
    expect((await larger.pending("lane", 1_000)).map(({ taskId }) => taskId)).toEqual([...taken, "after"]);
  });
});

describe("the secrets of Accounts and Channels", () => {
  const secret = "SEC-very-secret-0123456789";
  const row = { tenant: "default", id: "c", platform: "feishu", name: "n", settings: { secret } };
  const directory = { accounts: [row], channels: [row], recipients: [] };

  it("are in no file of the folder in the clear", async () => {
    const { folder, store } = await setup();
    await store.applyDirectory("default", directory, 1_000);
    const whileOpen = await contents(folder);
    await store.close();
    for (const [file, bytes] of [...whileOpen, ...(await contents(folder))]) {
      expect(bytes.includes(secret), file).toBe(false);
    }
    expect(whileOpen.map(([file]) => file)).toContain("yizhan.sqlite-wal");
  });

  it("cannot be read with another key, and the message says so", async () => {
    const { folder, store } = await setup({ secret: Buffer.from("one") });
    await store.applyDirectory("default", directory, 1_000);
    await store.close();
    const other = openSqliteStore({ folder, secret: Buffer.from("two") });
    onTestFinished(() => other.close());
    await expect(other.directory("default")).rejects.toMatchObject({
      code: "STORE_SECRET",
      message: expect.not.stringContaining(secret),
    });
  });

  it("are sealed with a key of the folder's own, which only its owner can read", async () => {
    const { folder } = await setup();
    expect((await stat(join(folder, "secret.key"))).mode & 0o777).toBe(0o600);
  });

  it("are not sealed with the nothing that a full disk left of that key", async () => {
    const { folder, store } = await setup();
    await store.close();
    await writeFile(join(folder, "secret.key"), "");
    expect(() => openSqliteStore({ folder })).toThrow(
      expect.objectContaining({ code: "STORE_SECRET", message: expect.stringContaining("secret.key") }),
    );
  });
});

describe("a database of a newer Yizhan", () => {
  it("is refused, saying which versions met, and left as it is", async () => {
    const { folder, store } = await setup();
    await store.accept(aTask("t1"));
    await store.close();
    const version = (value?: number) => {
      const db = new DatabaseSync(join(folder, "yizhan.sqlite"));
      if (value !== undefined) db.exec(`PRAGMA user_version = ${value}`);
      const read = db.prepare("PRAGMA user_version").get()?.user_version;
      db.close();
      return Number(read);
    };
    const known = version();
    version(99);
    expect(() => openSqliteStore({ folder })).toThrow(
      expect.objectContaining({ code: "STORE_FAILED", message: expect.stringMatching(`schema 99.*knows ${known}`) }),
    );
    expect(version()).toBe(99);
    version(known);
    const again = openSqliteStore({ folder });
    onTestFinished(() => again.close());
    expect((await again.task("default", "t1"))?.task.id).toBe("t1");
  });
});

/** Long enough for whatever waits for nothing but the event loop. */
async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await turn();
}

/** Another process that opens the folder, accepts a Task, and stays. */
async function heldByAnother(folder: string) {
  const script = `
    import { openSqliteStore } from ${JSON.stringify(new URL("./sqlite-store.ts", import.meta.url).href)};
    import { aTask } from ${JSON.stringify(new URL("../../testing/samples.ts", import.meta.url).href)};
    const store = openSqliteStore({ folder: ${JSON.stringify(folder)} });
    await store.accept(aTask("from the other"));
    console.log("ready");
    process.stdin.resume();
  `;
  const child = spawn(process.execPath, ["--input-type=module", "--no-warnings", "-e", script], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const kill = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  onTestFinished(kill);
  const [first] = await Promise.race([once(child.stdout, "data"), ended]);
  if (!String(first).includes("ready")) throw new Error(`the other process ended: ${first}`);
  return { pid: child.pid, kill };
}

async function contents(folder: string): Promise<[string, Buffer][]> {
  const files = await readdir(folder);
  return Promise.all(files.map(async (file): Promise<[string, Buffer]> => [file, await readFile(join(folder, file))]));
}

/**
 * Commits in the write-ahead log: each ends with a frame that tells the database's size, all other frames tell 0
 * (https://www.sqlite.org/fileformat2.html#the_write_ahead_log).
 */
async function commits(folder: string): Promise<number> {
  const log = await readFile(join(folder, "yizhan.sqlite-wal"));
  const frameBytes = 24 + log.readUInt32BE(8);
  let found = 0;
  for (let at = 32; at + frameBytes <= log.length; at += frameBytes) {
    const ofThisLog = log.compare(log, 16, 24, at + 8, at + 16) === 0;
    if (ofThisLog && log.readUInt32BE(at + 4) > 0) found++;
  }
  return found;
}

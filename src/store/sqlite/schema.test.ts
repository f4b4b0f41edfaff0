import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Arrival, Store } from "../store.ts";
import { createVault } from "../vault.ts";
import { databaseFile } from "./database.ts";
import { migrate } from "./schema.ts";
import { openSqliteStore } from "./sqlite-store.ts";

const secret = Buffer.from("a secret of the folder's own");
const place = { tenant: "default", platform: "chatter", account: "main" };

/** The schema that had an index of Events by their keys' text, and each body beside its Event. */
const indexedByText = 9;
/** Enough for two generations of the index that came after it, and a part of the third. */
const stored = 70_000;

describe("a store whose Events were indexed by text", () => {
  it("knows repeats and nonces, and finds Events, bodies and messages as before", { timeout: 120_000 }, async () => {
    const store = former();
    for (const n of [1, 2, 32_768, 32_769, 65_537, stored]) {
      expect((await store.event("default", `e${n}`))?.event.id).toBe(`e${n}`);
      expect((await store.eventByKey(place, `key ${n}`))?.event.id).toBe(`e${n}`);
      expect((await store.eventsOfMessage("default", `m${n}`, 9)).map(({ event }) => event.id)).toEqual([`e${n}`]);
      expect(await store.arrive(arrival(`again ${n}`, `key ${n}`))).toEqual({ outcome: "stored", fresh: [] });
    }
    // Every second Event came with the one before it.
    expect(await store.rawOf("default", "e101")).toBe("body of 101");
    expect(await store.rawOf("default", "e102")).toBe("body of 101");
    expect(await store.rawOf("default", `e${stored}`)).toBe(`body of ${stored - 1}`);
    expect(await store.eventCounts("default")).toEqual({ "yizhan.app.other": stored });
    const found = await store.events("default", { since: 500, until: 502 }, { limit: 9 });
    expect(found.map(({ event }) => event.id)).toEqual(["e501", "e500"]);

    const nonce = { value: "nonce 1", bodyHash: "another", until: 1e15 };
    expect(await store.arrive({ ...arrival("new", "new"), nonce })).toEqual({ outcome: "replayed" });
    expect(await store.arrive(arrival("new", "new"))).toEqual({
      outcome: "stored",
      fresh: [{ id: "new", seq: stored + 1 }],
    });
    expect(await store.rawOf("default", "new")).toBe("body of new");
  });

  it("keeps what belongs to Events, and purges them with it", { timeout: 120_000 }, async () => {
    const store = former();
    expect((await store.parked("s1", 9)).map(({ id }) => id)).toEqual(["e7"]);
    expect(await store.attachment("default", "e7", 0)).toMatchObject({ kind: "fetched", sha256: "aa" });
    expect(await store.purge({ tasks: 40_000, keys: 0 })).toBe(39_999);
    expect(await store.eventCounts("default")).toEqual({ "yizhan.app.other": stored - 39_999 });
    expect([await store.parked("s1", 9), await store.wantsBlob("aa")]).toEqual([[], false]);
    expect(await store.arrive(arrival("again", "key 39999"))).toMatchObject({ fresh: [{ id: "again" }] });
    expect(await store.arrive(arrival("not again", "key 40000"))).toEqual({ outcome: "stored", fresh: [] });
    expect(await store.rawOf("default", "e40000")).toBe("body of 39999");
  });
});

function arrival(id: string, key: string): Arrival {
  const event = { id, type: "yizhan.app.other", key, at: 1, data: {} } as const;
  return { ...place, receivedAt: 1_000_000, events: [event], raw: `body of ${id}` };
}

/** Such a store, brought to the newest schema by being opened. */
function former(): Store {
  const folder = mkdtempSync(join(tmpdir(), "yizhan-schema-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, databaseFile);
  const db = new DatabaseSync(file);
  migrate(db, indexedByText);
  const vault = createVault(secret);
  const insert = db.prepare(
    `INSERT INTO events (id, tenant, account, platform, type, message, key, at, received_at, data, raw)
       VALUES (?, 'default', 'main', 'chatter', 'yizhan.app.other', ?, ?, 1, ?, '{}', ?)`,
  );
  db.exec("BEGIN");
  for (let n = 1; n <= stored; n++) {
    insert.run(`e${n}`, `m${n}`, `key ${n}`, n, n % 2 === 1 ? vault.seal(`body of ${n}`) : null);
  }
  db.exec(`
    INSERT INTO nonces VALUES ('default', 'chatter', 'main', 'nonce 1', 'one', 1000000);
    INSERT INTO subscriptions VALUES ('s1', 'default', x'00', '[]', NULL, 1, NULL, 0, 0, 0, 1, 1);
    INSERT INTO parked_events VALUES ('s1', 7, 0, 1, 1, 'down', 1);
    INSERT INTO attachments (event, n, sha256, bytes, at) VALUES ('e7', 0, 'aa', 1, 1);
    COMMIT`);
  db.close();
  const store = openSqliteStore({ folder, secret });
  onTestFinished(() => store.close());
  return store;
}

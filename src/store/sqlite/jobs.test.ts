import { describe, expect, it, onTestFinished } from "vitest";
import { sqliteWorld } from "../../testing/sqlite-world.ts";

describe("stored jobs", () => {
  it("are taken when due, the first due first, by one taker at a time", async () => {
    const { store } = await setup();
    const jobs = [3, 1, 2].map((n) => ({ key: `k${n}`, dueAt: n * 10, data: { n } }));
    expect(await store.addJobs("a", jobs, 5)).toBe(3);
    const [first, second] = await Promise.all([store.takeJobs("a", 25, 100, 9), store.takeJobs("a", 25, 100, 9)]);
    expect(first.map(({ key, data, attempts, createdAt }) => [key, data, attempts, createdAt])).toEqual([
      ["k1", { n: 1 }, 0, 5],
      ["k2", { n: 2 }, 0, 5],
    ]);
    expect(second).toEqual([]);
    expect(await store.nextJobAt("a")).toBe(30);
    expect(await store.takeJobs("b", 25, 100, 9)).toEqual([]);
  });

  it("come back when their taker died, also after a restart", async () => {
    const world = await setup();
    await world.store.addJobs("a", [{ key: "k", dueAt: 10, data: null }], 0);
    await world.store.takeJobs("a", 10, 100, 1);
    const store = await world.reopen();
    expect(await store.takeJobs("a", 99, 200, 1)).toEqual([]);
    expect(await store.takeJobs("a", 100, 200, 1)).toHaveLength(1);
  });

  it("are added once, postponed with their attempts, and deleted", async () => {
    const { store } = await setup();
    await store.addJobs("a", [{ key: "k", dueAt: 10, data: 1 }], 0);
    expect(await store.addJobs("a", [{ key: "k", dueAt: 5, data: 2 }], 0)).toBe(0);
    await store.postponeJob("a", "k", 50, 3, "busy");
    expect(await store.takeJobs("a", 49, 100, 1)).toEqual([]);
    expect(await store.takeJobs("a", 50, 100, 1)).toMatchObject([{ attempts: 3, data: 1 }]);
    await store.deleteJob("a", "k");
    expect([await store.jobCount("a"), await store.nextJobAt("a")]).toEqual([0, undefined]);
  });
});

describe("stored tokens", () => {
  it("are read as they were saved last, also after a restart", async () => {
    const world = await setup();
    await world.store.saveToken("app", { token: "one", renewAt: 1, expiresAt: 2 });
    await world.store.saveToken("app", { token: "two", renewAt: 3, expiresAt: 4 });
    const store = await world.reopen();
    expect(await store.token("app")).toEqual({ token: "two", renewAt: 3, expiresAt: 4 });
    expect(await store.token("other")).toBeUndefined();
  });
});

describe("what became of a file", () => {
  it("is known of the tenant's own Events, and gone with them", async () => {
    const { store } = await setup();
    const event = { id: "e1", type: "yizhan.message.received", key: "k", at: 1, data: {} } as const;
    const arrival = { tenant: "t", account: "a", platform: "p", receivedAt: 1, events: [event], raw: "" };
    await store.arrive(arrival);
    const file = { kind: "fetched", sha256: "ab", bytes: 7, contentType: "x/y", name: "n" } as const;
    await store.saveAttachment("e1", 0, file, 1);
    await store.saveAttachment("e1", 0, { kind: "failed", error: "later" }, 2);
    await store.saveAttachment("e1", 1, file, 2);
    await store.saveAttachment("unknown", 0, file, 2);
    expect(await store.attachment("t", "e1", 0)).toEqual(file);
    expect(await store.attachment("other", "e1", 0)).toBeUndefined();
    expect([await store.attachmentBytes(), await store.wantsBlob("ab")]).toEqual([7, true]);
    await store.purge({ tasks: 2, keys: 0 });
    expect(await store.attachment("t", "e1", 0)).toBeUndefined();
    expect([await store.attachmentBytes(), await store.wantsBlob("ab")]).toEqual([0, false]);
  });
});

async function setup() {
  const world = await sqliteWorld();
  onTestFinished(() => world.remove());
  return world;
}

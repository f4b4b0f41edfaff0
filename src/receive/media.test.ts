import { hash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { type AppsWorld, appsWorld, robotKey } from "../testing/apps-world.ts";

const picture = Buffer.from("not really a picture, but bytes: \x00\xff\x80", "latin1");

describe("a file that came with a message", () => {
  it.each(["wecom", "wechat-official", "dingtalk"] as const)("is fetched from %s by its id", async (platform) => {
    const world = await appsWorld();
    await world.media.start();
    world.sandbox.apis.keepFile({ platform, ref: "ref/1", bytes: picture, contentType: "image/png", name: "图.png" });
    const id = await world.write(platform, [{ kind: "image", ref: "ref/1" }]);
    const file = await fetchedOf(world, id);
    expect(file).toMatchObject({ sha256: hash("sha256", picture), contentType: "image/png", name: "图.png" });
    expect(await buffer(world.blobs.read(file.sha256))).toEqual(picture);
  });

  it("is fetched from Feishu by its message and key", async () => {
    const world = await appsWorld();
    await world.media.start();
    const file = { platform: "feishu", ref: "om_1/key", bytes: picture, contentType: "application/json" } as const;
    world.sandbox.apis.keepFile({ ...file, name: "data.json" });
    const id = await world.write("feishu", [{ kind: "file", ref: "key", name: "own.json" }], { messageId: "om_1" });
    expect(await fetchedOf(world, id)).toMatchObject({ bytes: picture.length, name: "own.json" });
  });

  it("is decrypted where a robot's platform encrypts it, with the account's key or the one beside the address", async () => {
    const world = await appsWorld();
    await world.media.start();
    const ownKey = robotKey.split("").reverse().join("").replace(/^./, "Q");
    const [a, b] = [world.sealRobotFile("a", picture, robotKey), world.sealRobotFile("b", picture, ownKey)];
    const raw = JSON.stringify({ image: { url: b, aeskey: ownKey } });
    const one = await world.write("wecom", [{ kind: "image", url: a }], { account: "robot" });
    const two = await world.write("wecom", [{ kind: "image", url: b }], { account: "robot", raw });
    for (const id of [one, two]) expect((await fetchedOf(world, id)).sha256).toBe(hash("sha256", picture));
  });

  it("is fetched with a new token where the platform ended the old one", async () => {
    const world = await appsWorld();
    await world.media.start();
    keep(world, "wecom", "x");
    await fetchedOf(world, await world.write("wecom", [{ kind: "file", ref: "x" }]));
    world.sandbox.apis.endTokens();
    await fetchedOf(world, await world.write("wecom", [{ kind: "file", ref: "x" }]));
    expect(world.sandbox.apis.issued).toBe(2);
  });

  it("is kept once, however often it is sent, and never half", async () => {
    const world = await appsWorld();
    await world.media.start();
    keep(world, "wecom", "x");
    const ids = await Promise.all([1, 2, 3].map(() => world.write("wecom", [{ kind: "file", ref: "x" }])));
    for (const id of ids) await fetchedOf(world, id);
    expect(await world.store.attachmentBytes()).toBe(picture.length);
  });

  it("is fetched after a restart when the hub ended before", async () => {
    const world = await appsWorld();
    await world.media.start();
    await world.media.stop();
    keep(world, "wecom", "x");
    const id = await world.write("wecom", [{ kind: "file", ref: "x" }]);
    await world.otherMedia().start();
    expect(await fetchedOf(world, id)).toMatchObject({ bytes: picture.length });
  });

  it("is deleted when nobody wants it any more, and not before an hour has gone by", async () => {
    const world = await appsWorld();
    await world.media.start();
    keep(world, "wecom", "x");
    const { sha256 } = await fetchedOf(world, await world.write("wecom", [{ kind: "file", ref: "x" }]));
    const later = Date.now() + 2 * 3_600_000;
    expect(await world.blobs.sweep((name) => world.store.wantsBlob(name), later)).toBe(0);
    await world.store.purge({ tasks: world.clock.now() + 1, keys: 0 });
    expect(await world.blobs.sweep((name) => world.store.wantsBlob(name), Date.now())).toBe(0);
    expect(await world.blobs.sweep((name) => world.store.wantsBlob(name), later)).toBe(1);
    await expect(buffer(world.blobs.read(sha256))).rejects.toThrow("ENOENT");
  });
});

describe("a file that is kept for some days", () => {
  it("is gone after them, with word of it, though its Event stays", async () => {
    const days = 24 * 3_600_000;
    const world = await appsWorld({ retentionMs: 3 * days });
    await world.media.start();
    keep(world, "wecom", "x");
    const id = await world.write("wecom", [{ kind: "file", ref: "x" }]);
    const { sha256 } = await fetchedOf(world, id);
    await world.clock.advance(3 * days);
    expect(await world.store.attachment("default", id, 0)).toMatchObject({ sha256 });
    await world.clock.advance(days);
    const gone = await world.until(async () => {
      const file = await world.store.attachment("default", id, 0);
      return file?.kind === "failed" && file;
    });
    expect(gone.error).toContain("[file-old]");
    expect([await world.store.wantsBlob(sha256), await world.store.event("default", id)]).toEqual([
      false,
      expect.anything(),
    ]);
    // The folder goes by the clock of its files, which is the machine's.
    expect(await world.blobs.sweep((name) => world.store.wantsBlob(name), Date.now() + 2 * 3_600_000)).toBe(1);
  });
});

describe("a file that cannot be had", () => {
  it("is given up when the platform does not know it, saying why", async () => {
    const world = await appsWorld();
    await world.media.start();
    const id = await world.write("wecom", [{ kind: "file", ref: "gone" }]);
    expect(await failedOf(world, id)).toContain("[40007] invalid media_id");
    expect(world.told).toEqual([expect.stringContaining("lost 0: [40007]")]);
    expect(await world.store.jobCount("media")).toBe(0);
  });

  it("is given up when it is too large, and nothing of it stays", async () => {
    const world = await appsWorld({ fileBytes: 10 });
    await world.media.start();
    keep(world, "wecom", "x");
    const id = await world.write("wecom", [{ kind: "file", ref: "x" }]);
    expect(await failedOf(world, id)).toContain("[file-size] the file is larger than 10 bytes");
    expect(await world.store.attachmentBytes()).toBe(0);
  });

  it("is tried again later when there is no room", async () => {
    const world = await appsWorld({ totalBytes: picture.length });
    await world.media.start();
    keep(world, "wecom", "x");
    world.sandbox.apis.keepFile({ platform: "wecom", ref: "y", bytes: Buffer.from("more"), contentType: "text/x" });
    await fetchedOf(world, await world.write("wecom", [{ kind: "file", ref: "x" }]));
    const id = await world.write("wecom", [{ kind: "file", ref: "y" }]);
    await world.until(async () => ((await world.store.nextJobAt("media")) ?? 0) === world.clock.now() + 3_600_000);
    await world.store.purge({ tasks: world.clock.now(), keys: 0 });
    expect(await world.store.attachment("default", id, 0)).toBeUndefined();
  });

  it("is tried again with patience when the platform does not answer", async () => {
    const world = await appsWorld();
    await world.media.start();
    await world.sandbox.close();
    const id = await world.write("wecom", [{ kind: "file", ref: "x" }]);
    const dueAt = async () => (await world.store.nextJobAt("media")) ?? 0;
    await world.until(async () => (await dueAt()) === world.clock.now() + 5_000);
    await world.clock.advance(5_000);
    await world.until(async () => (await dueAt()) === world.clock.now() + 10_000);
    expect(await world.store.attachment("default", id, 0)).toBeUndefined();
  });

  it.each([
    "http://127.0.0.1:1/secret",
    "http://169.254.169.254/latest/meta-data",
    "http://qq.com.evil.example/x",
    "https://user:pass@qq.com/x",
    "https://qq.com:22/x",
    "file:///etc/passwd",
    "nonsense",
  ])("is not fetched from %s", async (url) => {
    const world = await appsWorld();
    await world.media.start();
    const id = await world.write("wecom", [{ kind: "image", url }], { account: "robot" });
    expect(await failedOf(world, id)).toContain("[file-address]");
  });

  it("is not looked for on platforms whose files come in another way", async () => {
    const world = await appsWorld();
    await world.media.start();
    await world.write("email", [{ kind: "file", ref: "1" }]);
    keep(world, "wecom", "x");
    await fetchedOf(world, await world.write("wecom", [{ kind: "file", ref: "x" }]));
    await world.until(async () => (await world.store.jobCount("media")) === 0);
    expect(world.told).toEqual([]);
  });
});

describe("the blob folder", () => {
  it("keeps nothing of what broke off", async () => {
    const { blobs, folder } = await appsWorld();
    async function* broken() {
      yield picture;
      throw new Error("the connection broke");
    }
    await expect(blobs.write(broken(), 1_000)).rejects.toThrow("the connection broke");
    expect(await readdir(join(folder, "blobs/incoming"))).toEqual([]);
    expect(await readdir(join(folder, "blobs"))).toEqual(["incoming"]);
  });
});

function keep(world: AppsWorld, platform: "wecom", ref: string): void {
  world.sandbox.apis.keepFile({ platform, ref, bytes: picture, contentType: "image/png" });
}

async function fetchedOf(world: AppsWorld, id: string) {
  const file = await world.until(() => world.store.attachment("default", id, 0));
  if (file.kind !== "fetched") throw new Error(file.error);
  return file;
}

async function failedOf(world: AppsWorld, id: string): Promise<string> {
  const file = await world.until(() => world.store.attachment("default", id, 0));
  if (file.kind !== "failed") throw new Error("the file was fetched");
  await world.until(async () => world.told.length > 0 && (await world.store.jobCount("media")) === 0);
  return file.error;
}

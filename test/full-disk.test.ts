import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { world } from "./hub.ts";

const mebibyte = 1_048_576;

/** Only root may mount; a small file system is the only full disk that harms nobody. */
const mayMount = process.platform === "linux" && process.getuid?.() === 0 && canMount();

describe("a full disk", () => {
  it.skipIf(!mayMount)(
    "is answered with 503, never with a false 200 (skipped where nothing can be mounted)",
    async () => {
      const { folder, sandbox, start } = await world({ recipients: { ops: { feishu: ["a"] } } });
      const data = join(folder, "data");
      mkdirSync(data);
      mount(data, 8 * mebibyte);
      const ballast = join(data, "ballast");
      writeFileSync(ballast, Buffer.alloc(4 * mebibyte));
      const hub = await start();
      // What waits is kept: it is what fills the disk.
      sandbox.faults.add({ mode: "stall" });

      const content = { title: "满", msg: "字".repeat(100_000) };
      const accepted: string[] = [];
      let refused = await hub.push({ content });
      while (refused.status === 200 && accepted.length < 100) {
        accepted.push(refused.body.data.task_id);
        refused = await hub.push({ content });
      }
      expect(accepted.length).toBeGreaterThan(0);
      expect([refused.status, refused.body.code, refused.body.message]).toEqual([503, 503, "存储不可用"]);
      expect(refused.body.data).toMatchObject({ error: expect.stringContaining("磁盘已满") });
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
      for (const id of accepted) expect((await hub.task(id)).status).toBe("processing");
      expect((await hub.ask("GET", "/health")).status).toBe(200);

      rmSync(ballast);
      expect((await hub.ask("GET", "/ready")).status).toBe(200);
      accepted.push(await hub.accepted({ content }));
      await hub.kill();
      sandbox.faults.clear();
      const next = await start();
      for (const id of accepted) expect((await next.settled(id)).status).toBe("completed");
    },
  );
});

function mount(folder: string, bytes: number): void {
  execFileSync("/bin/mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "yizhan-test", folder]);
  onTestFinished(() => void spawnSync("/bin/umount", ["--lazy", folder]));
}

function canMount(): boolean {
  const probe = spawnSync("/usr/bin/unshare", ["--mount", "/bin/mount", "-t", "tmpfs", "yizhan-test", "/mnt"]);
  return probe.status === 0;
}

import { execFile, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { type Hub, type World, world } from "./hub.ts";
import { root, run } from "./yizhan.ts";

const execute = promisify(execFile);
const recipients = { ops_alert: { feishu: ["alarm"], wechat: ["group"] } };

/** Debian's own Python: that is where its package python3-requests is. */
const python = "/usr/bin/python3";
const hasRequests = spawnSync(python, ["-c", "import requests"]).status === 0;
const canRunPython = hasRequests || process.env.CI === "true";

/** What every client prints. */
interface Report {
  readonly created: { readonly code: number; readonly data: { readonly task_id: string; readonly recipient: string } };
  readonly task: { readonly code: number; readonly data: { readonly status: string; readonly results: object[] } };
  readonly unread: {
    readonly data: { readonly pagination: { readonly total: number }; readonly notifications: object[] };
  };
  readonly marked: { readonly code: number };
  readonly statistics: { readonly data: { readonly statistics: object } };
}

describe("a client written for PushServer", () => {
  it.skipIf(!canRunPython)(
    "works in Python with requests (skipped where python3-requests is not installed)",
    async () => {
      const hub = await ringing(await world({ recipients }));
      const { stdout } = await execute(python, [join(root, "test/clients/client.py"), hub.url]);
      expectEverything(JSON.parse(stdout));
    },
  );

  it("works in JavaScript", async () => {
    const hub = await ringing(await world({ recipients }));
    const { stdout } = await execute(process.execPath, [join(root, "test/clients/client.mjs"), hub.url]);
    expectEverything(JSON.parse(stdout));
  });
});

describe("a configuration written for PushServer", () => {
  const sample = readFileSync(join(root, "test/clients/pushserver.yaml"), "utf8");

  it("is valid as it is, but for the address that other machines can reach", async () => {
    const { folder } = await world();
    writeFileSync(join(folder, "config.yaml"), sample);
    const bare = await run(["check", "config.yaml"], { cwd: folder });
    expect(bare.code).toBe(1);
    expect(bare.stderr.split("\n").filter(Boolean)).toEqual([
      expect.stringMatching(/^config\.yaml:\d+:\d+ server\.host: .*auth\.keys or YIZHAN_API_KEY/),
      "config.yaml: 1 problem(s)",
    ]);
    const env = { YIZHAN_API_KEY: "key-0123456789abcdef" };
    expect(await run(["check", "config.yaml"], { cwd: folder, env })).toMatchObject({ code: 0, stderr: "" });
  });

  it("is found in config/, reaches all its channels, and logs where it says", async () => {
    const { folder, sandbox, start } = await world();
    const places = { url: sandbox.url, smtpPort: sandbox.smtpPort ?? 0 };
    writeFileSync(join(folder, "config.yaml"), pointedAt(sample, places));
    const hub = await start({ args: ["--host", "127.0.0.1", "--port", "0"] });
    const task = await hub.settled(await hub.accepted({ recipient_alias: "ops_alert", strategy: "all" }));
    expect(task.recipient).toBe("运维告警组");
    expect(task.results.map(({ platform, webhook, status }) => [platform, webhook, status])).toEqual([
      ["feishu", "告警机器人", "success"],
      ["dingtalk", "告警机器人", "success"],
      ["wechat", "告警群", "success"],
      ["email", "管理员邮箱", "success"],
    ]);
    await hub.stop();
    const log = readFileSync(join(folder, "log/app.log"), "utf8").trimEnd().split("\n");
    expect(log.map((line) => JSON.parse(line))).toContainEqual(expect.objectContaining({ msg: "SIGTERM: stopping" }));
    expect(log.join()).not.toMatch(/your-secret|your-app-password/);
  });
});

/** A hub with one unread notification. */
async function ringing({ start }: World): Promise<Hub> {
  const hub = await start();
  await hub.settled(await hub.accepted({ recipient_alias: "ops_alert", platform: "system", type: "error" }));
  return hub;
}

function expectEverything({ created, task, unread, marked, statistics }: Report): void {
  expect(created).toMatchObject({ code: 200, message: "消息推送任务已创建", data: { recipient: "接收者 ops_alert" } });
  expect(task).toMatchObject({
    code: 200,
    message: "任务查询成功",
    data: { task_id: created.data.task_id, status: "completed", results: [{ platform: "feishu", webhook: "alarm" }] },
  });
  expect(unread.data.pagination).toEqual({ total: 1, limit: 10, offset: 0, count: 1 });
  expect(marked.code).toBe(200);
  expect(statistics.data.statistics).toMatchObject({ total: 1, unread: 0, read: 1, by_type: { error: 1 } });
}

/** The sample with the sandbox in the platforms' place; nothing else is changed. */
function pointedAt(sample: string, { url, smtpPort }: { url: string; smtpPort: number }): string {
  return sample
    .replaceAll(/https:\/\/(open\.feishu\.cn|oapi\.dingtalk\.com|qyapi\.weixin\.qq\.com)/g, url)
    .replace("smtp.example.com", "127.0.0.1")
    .replace("smtp_port: 587", `smtp_port: ${smtpPort}`);
}

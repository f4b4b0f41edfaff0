import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { emptyFolder } from "./folder.ts";
import { banner, Hub } from "./hub.ts";
import { Yizhan } from "./yizhan.ts";

describe("a hub that is started in an empty folder", () => {
  it("delivers to four sandbox channels of ops_alert, and prints each as it lands", async () => {
    const folder = emptyFolder();
    const hub = await demo(folder);
    const task = await hub.settled(
      await hub.accepted({
        recipient_alias: "ops_alert",
        strategy: "all",
        content: { title: "你好", msg: "第一条消息" },
      }),
    );
    expect(task.recipient).toBe("运维告警组");
    expect(task.results.map(({ platform, status }) => [platform, status])).toEqual([
      ["feishu", "success"],
      ["dingtalk", "success"],
      ["wechat", "success"],
      ["email", "success"],
    ]);
    for (const platform of ["feishu", "dingtalk", "wecom", "email"]) {
      await hub.process.printed(new RegExp(`^→ ${platform}: .*你好.*第一条消息`, "m"));
    }
    expect(existsSync(join(folder, "data"))).toBe(true);
    expect(await hub.stop()).toEqual({ code: 0, signal: null });
  });

  it("prints a curl that works as it is pasted", async () => {
    const hub = await demo(emptyFolder());
    const [command] = await hub.process.printed(/curl -X POST[\s\S]*?\}\}'\n/);
    const url = /https?:\S+/.exec(command)?.[0];
    const body = /-d '(.*)'/.exec(command)?.[1];
    expect(url).toBe(`${hub.url}/api/v1/push`);
    const { status } = await hub.ask("POST", "/api/v1/push", {
      text: body ?? "",
      headers: { "content-type": "application/json" },
    });
    expect(status).toBe(200);
  });

  it("rings the last resort in the folder when everything fails", async () => {
    const folder = emptyFolder();
    const hub = await demo(folder);
    await hub.settled(await hub.accepted({ recipient_alias: "ops_alert", platform: "system", type: "error" }));
    await hub.process.printed(/║ .*系统通知/);
    expect(readdirSync(join(folder, "notifications"))).toEqual([
      expect.stringMatching(/^system_notify_\d{8}_\d{6}.*\.txt$/),
    ]);
  });
});

async function demo(cwd: string): Promise<Hub> {
  const process = new Yizhan(["serve", "--port", "0"], { cwd });
  onTestFinished(() => process[Symbol.asyncDispose]());
  const [, url = ""] = await process.printed(banner);
  return new Hub(process, url);
}

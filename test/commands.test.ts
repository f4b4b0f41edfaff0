import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ask } from "./ask.ts";
import { emptyFolder } from "./folder.ts";
import { banner, world } from "./hub.ts";
import { accounts } from "./receiving/accounts.ts";
import { until } from "./until.ts";
import { root, run, Yizhan } from "./yizhan.ts";

describe("yizhan", () => {
  it("--version prints the version of the package", async () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    expect(await run(["--version"], { cwd: emptyFolder() })).toMatchObject({ code: 0, stdout: `${version}\n` });
  });

  it("--help names every command", async () => {
    const { code, stdout } = await run(["--help"], { cwd: emptyFolder() });
    expect(code).toBe(0);
    for (const command of ["serve", "push", "check", "sandbox"])
      expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, "m"));
  });

  it("refuses an unknown command and an unknown option", async () => {
    const cwd = emptyFolder();
    for (const args of [["sned"], ["serve", "--prot", "1"]]) {
      const { code, stderr } = await run(args, { cwd });
      expect(code).toBe(1);
      expect(stderr).toContain("error:");
    }
  });
});

describe("yizhan check", () => {
  it("says that a file is valid", async () => {
    const { folder } = await world();
    expect(await run(["check", "config.yaml"], { cwd: folder })).toMatchObject({
      code: 0,
      stdout: "config.yaml: valid, 1 recipient(s), 0 account(s)\n",
      stderr: "",
    });
  });

  it("lists the accounts it found, with the path of each one's callbacks and without its secrets", async () => {
    const { folder } = await world({ accounts: { office: { platform: "wecom", ...accounts.app.settings } } });
    const { stdout } = await run(["check", "config.yaml"], { cwd: folder });
    expect(stdout).toBe(
      "config.yaml: valid, 1 recipient(s), 1 account(s)\n  wecom/office  /callbacks/default/wecom/office\n",
    );
  });

  it("tells every problem, and not what is secret", async () => {
    const cwd = emptyFolder();
    writeFileSync(
      join(cwd, "bad.yaml"),
      [
        "sever: {}",
        "server: { port: eighty }",
        "recipients:",
        "  ops:",
        "    platforms:",
        '      feishu: { webhooks: [{ url: "ftp://secret-host/secret-token" }] }',
      ].join("\n"),
    );
    const { code, stdout, stderr } = await run(["check", "bad.yaml"], { cwd });
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^bad\.yaml:1:1 sever: .*server/m);
    expect(stderr).toMatch(/^bad\.yaml:2:17 server\.port: /m);
    expect(stderr).toMatch(/^bad\.yaml:6:\d+ recipients\.ops\.platforms\.feishu\.webhooks\[0\]\.url: /m);
    expect(stderr).toContain("3 problem(s)");
    expect(stderr).not.toContain("secret-");
  });

  it("says that there is no such file", async () => {
    const { code, stderr } = await run(["check", "none.yaml"], { cwd: emptyFolder() });
    expect(code).toBe(1);
    expect(stderr).toContain("none.yaml");
  });
});

describe("yizhan push", () => {
  it("waits for the result and prints it", async () => {
    const { folder, sandbox, start } = await world();
    const { url } = await start();
    const { code, stdout } = await run(["push", "--to", "ops", "--title", "备份", "夜间", "备份完成"], {
      cwd: folder,
      env: { YIZHAN_URL: url },
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^[0-9a-f-]{36} completed\n {2}feishu a: success /);
    expect(sandbox.inbox.list().map(({ text }) => text)).toEqual([expect.stringMatching(/备份[\s\S]*夜间 备份完成/)]);
  });

  it("reads standard input when it is given no words", async () => {
    const { folder, sandbox, start } = await world();
    const { url } = await start();
    const { code } = await run(["push", "--to", "ops", "--url", url], { cwd: folder, stdin: "第一行\n第二行\n" });
    expect(code).toBe(0);
    expect(sandbox.inbox.list()[0]?.text).toMatch(/第一行\n+第二行/);
  });

  it("prints JSON when asked", async () => {
    const { folder, start } = await world();
    const { url } = await start();
    const args = ["push", "--to", "ops", "--url", url, "--strategy", "all", "--json", "x"];
    const { code, stdout } = await run(args, { cwd: folder });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: "completed", strategy: "all", results: { length: 4 } });
  });

  it("ends with 1 when every channel failed, and quotes them", async () => {
    const { folder, sandbox, start } = await world({ recipients: { ops: { feishu: ["a"] } }, system: [] });
    const { url } = await start();
    sandbox.faults.add({ mode: "fail", code: "19001" });
    const { code, stdout } = await run(["push", "--to", "ops", "--url", url, "x"], { cwd: folder });
    expect(code).toBe(1);
    expect(stdout).toMatch(/failed\n {2}feishu a: failed \[19001\]/);
  });

  it("ends with 1 when the hub refuses, and says why", async () => {
    const { folder, start } = await world();
    const { url } = await start();
    const unknown = await run(["push", "--to", "nobody", "--url", url, "x"], { cwd: folder });
    expect([unknown.code, unknown.stderr]).toEqual([1, "yizhan: 接收者不存在: 接收者nobody不存在\n"]);
    const empty = await run(["push", "--to", "ops", "--url", url], { cwd: folder, stdin: "" });
    expect([empty.code, empty.stderr]).toEqual([1, "yizhan: 请求参数错误: content.msg不能为空\n"]);
  });

  it("ends with 1 when no hub answers", async () => {
    const { folder, start } = await world();
    const hub = await start();
    await hub.stop();
    const { code, stderr } = await run(["push", "--to", "ops", "--url", hub.url, "x"], { cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toContain(`no hub answers at ${hub.url}`);
  });

  it("ends with 3 when the result does not come in time; the hub keeps trying", async () => {
    const { folder, sandbox, start } = await world({ recipients: { ops: { feishu: ["a"] } } });
    const hub = await start();
    sandbox.faults.add({ mode: "stall" });
    const args = ["push", "--to", "ops", "--url", hub.url, "--timeout", "0.2", "x"];
    const { code, stdout, stderr } = await run(args, { cwd: folder });
    expect(code).toBe(3);
    expect(stderr).toContain("still on its way");
    const [id = ""] = stdout.split(" ");
    sandbox.faults.clear();
    expect((await hub.settled(id)).status).toBe("completed");
  });

  it("sends its key", async () => {
    const keys = ["key-0123456789abcdef"];
    const { folder, start } = await world({ auth: { keys }, server: { host: "0.0.0.0" } });
    const { url } = await start();
    const refused = await run(["push", "--to", "ops", "--url", url, "x"], { cwd: folder });
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("未授权")]);
    const env = { YIZHAN_API_KEY: "key-0123456789abcdef" };
    expect((await run(["push", "--to", "ops", "--url", url, "x"], { cwd: folder, env })).code).toBe(0);
  });
});

describe("yizhan sandbox", () => {
  it("stands in for the platforms and shows what arrives, until a signal ends it", async () => {
    const sandbox = new Yizhan(["sandbox", "--port", "0", "--smtp-port", "0"], { cwd: emptyFolder() });
    onTestFinished(() => sandbox[Symbol.asyncDispose]());
    const [, url = ""] = await sandbox.printed(/sandbox platforms on (http:\S+), SMTP on port \d+/);
    const json = { msg_type: "text", content: { text: "你好" } };
    const { text } = await ask(url, "POST", "/open-apis/bot/v2/hook/any-token", { json });
    expect(JSON.parse(text)).toMatchObject({ code: 0 });
    await sandbox.printed(/"platform":"feishu".*你好|你好.*"platform":"feishu"/);
    sandbox.signal("SIGTERM");
    expect(await sandbox.exited).toEqual({ code: 0, signal: null });
  });

  it("plays the platforms' APIs and long connections to a hub, moved over HTTP", async () => {
    const folder = emptyFolder();
    const sandbox = new Yizhan(["sandbox", "--port", "0", "--smtp-port", "0"], { cwd: folder });
    onTestFinished(() => sandbox[Symbol.asyncDispose]());
    const [, base_url = ""] = await sandbox.printed(/base_url: (http:\S+)/);
    const lark = { platform: "feishu", app_id: "cli_a", app_secret: "s", connection: "stream", base_url };
    const config = { server: { port: 0 }, accounts: { lark } };
    writeFileSync(join(folder, "config.yaml"), JSON.stringify(config));
    const process = new Yizhan(["serve"], { cwd: folder });
    onTestFinished(() => process[Symbol.asyncDispose]());
    const [, url = ""] = await process.printed(banner);
    const connected = async () => (await ask(base_url, "GET", "/sandbox/streams")).text.includes('"connections":1');
    await until(connected, { what: "the connection" });
    const photo = await fetch(`${base_url}/sandbox/files/feishu/om_1%2Fimg_1`, { method: "PUT", body: "a photo" });
    expect(photo.status).toBe(200);
    const json = { event: "message", person: "lisi", message: "om_1", kind: "image", media: "img_1" };
    const { text } = await ask(base_url, "POST", "/sandbox/streams/feishu/cli_a", { json });
    expect(JSON.parse(text)).toMatchObject({ told: { outcome: "acknowledged", messageId: "om_1" } });
    const { body } = await ask<{ events: { id: string }[] }>(url, "GET", "/api/v1/events");
    const file = `/api/v1/events/${body.data.events[0]?.id}/attachments/0`;
    const fetched = await until(
      async () => {
        const answer = await ask(url, "GET", file);
        return answer.status === 200 && answer.text;
      },
      { what: "the file" },
    );
    expect(fetched).toBe("a photo");
  });
});

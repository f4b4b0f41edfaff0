import { spawn } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { createSandbox } from "../src/sandbox/server.ts";
import { emptyFolder } from "./folder.ts";
import { accounts } from "./receiving/accounts.ts";
import { until } from "./until.ts";
import { root } from "./yizhan.ts";

/** What the examples are run with: two accounts that call, and a recipient. */
const config = {
  server: { host: "127.0.0.1", port: 0 },
  log: { level: "error" },
  accounts: {
    office: { platform: "wechat-official", app_id: "wx0123456789abcdef", token: "atoken", mode: "plain" },
    monitor: {
      platform: "webhook",
      verify: { scheme: "key", key: "only-the-monitor-knows" },
      mapping: { title: ["title"], body: ["body"] },
    },
  },
  recipients: { ops_alert: { platforms: { system: { notifications: [{ type: "http", name: "inbox" }] } } } },
};

describe("examples/on-status.ts", () => {
  it("prints what became of each message, once, also over a restart", async () => {
    const folder = emptyFolder();
    const first = await example("on-status.ts", folder);
    expect(await reportTemplate(first.url, "200163836", "success")).toBe(200);
    await first.printed(/wechat-official: message 200163836 is delivered\n/);
    await first.kill();
    const second = await example("on-status.ts", folder);
    expect(await reportTemplate(second.url, "200163840", "failed:user block")).toBe(200);
    await second.printed(/message 200163840 is failed \(.+\)\n/);
    expect(second.stdout()).not.toContain("200163836");
  });
});

describe("examples/custom-handler.ts", () => {
  it("pushes what a signed webhook says, once", async () => {
    const { url, printed } = await example("custom-handler.ts", emptyFolder());
    const call = (key: string) =>
      fetch(`${url}/callbacks/default/webhook/monitor`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
        body: JSON.stringify({ title: "Disk", body: "87 %" }),
      });
    expect((await call("a guess")).status).toBe(401);
    expect((await call("only-the-monitor-knows")).status).toBe(200);
    expect((await call("only-the-monitor-knows")).status).toBe(200);
    await printed(/: accepted\n/);
    const inbox = async () => {
      const answer = await fetch(`${url}/api/v1/notifications`);
      const { data } = (await answer.json()) as { data: { notifications: { title: string; message: string }[] } };
      return data.notifications;
    };
    const [notice] = await until(async () => (await inbox()).length > 0 && inbox(), { what: "a notification" });
    expect(JSON.stringify(notice)).toContain("87 %");
    expect(await inbox()).toHaveLength(1);
  });
});

describe("examples/own-platform.ts", () => {
  it("sends to the pager, again after a pause where that is busy", async () => {
    const heard: unknown[] = [];
    const pagerUrl = await serverOf((body, answer) => {
      heard.push(body);
      answer(heard.length === 1 ? 503 : 200);
    });
    const { url } = await ownPlatform({ pager: { webhooks: [{ url: pagerUrl }] } });
    const pushed = await fetch(`${url}/api/v1/push`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        recipient_alias: "ops_alert",
        type: "warning",
        style: "text",
        platform: "pager",
        content: { title: "Disk", msg: "87 %" },
      }),
    });
    const { data } = (await pushed.json()) as { data: { task_id: string } };
    const task = await until(
      async () => {
        const answer = await fetch(`${url}/api/v1/task/${data.task_id}`);
        const { data: told } = (await answer.json()) as { data: { status: string } };
        return told.status === "completed" && told;
      },
      { what: "a completed task" },
    );
    expect(task).toMatchObject({ results: [{ platform: "pager", status: "success" }] });
    expect(heard).toEqual([{ text: "Disk: 87 %" }, { text: "Disk: 87 %" }]);
  });

  it("hears the pager, once, and nobody else", async () => {
    const { url, printed, stdout } = await ownPlatform({});
    const body = JSON.stringify({ id: "7", text: "on my way" });
    const call = (secret: string) =>
      fetch(`${url}/callbacks/default/pager/desk`, {
        method: "POST",
        headers: { "x-pager-signature": createHmac("sha256", secret).update(body).digest("hex") },
        body,
      });
    expect((await call("a guess")).status).toBe(401);
    expect(await (await call(pagerSecret)).text()).toBe("ok");
    expect(await (await call(pagerSecret)).text()).toBe("ok");
    await printed(/the pager says on my way\n/);
    const events = await fetch(`${url}/api/v1/events?account=pager/desk`);
    expect(await events.json()).toMatchObject({ data: { events: [{ source: expect.stringContaining("pager") }] } });
    expect(stdout().match(/on my way/g)).toHaveLength(1);
  });

  const pagerSecret = "only-the-pager-knows";
  const ownPlatform = (platforms: object) =>
    example("own-platform.ts", emptyFolder(), {
      queue: { retry: { initial_delay: 0.01 } },
      accounts: { desk: { platform: "pager", secret: pagerSecret } },
      recipients: { ops_alert: { platforms } },
    });
});

describe("examples/echo.ts", () => {
  it("says to everybody what they said, and welcomes who opens the app", async () => {
    const { people, at } = await someoneAt("echo.ts", "app");
    const said = await people.say({ ...at, person: "zhangsan", text: "你好" });
    expect(said.attempts.map(({ reply }) => reply)).toEqual([expect.stringContaining("<![CDATA[你说：你好]]>")]);
    const entered = await people.enter({ ...at, person: "zhangsan" });
    expect(entered.attempts.map(({ reply }) => reply)).toEqual([expect.stringContaining("<![CDATA[欢迎，zhangsan]]>")]);
  });
});

describe("examples/thinking-aloud.ts", () => {
  it("has its words appear as they come, until the last", async () => {
    const { people, at } = await someoneAt("thinking-aloud.ts", "robot");
    const { attempts, followed = [] } = await people.say({
      ...at,
      person: "zhangsan",
      text: "one two three four five",
    });
    const states = [...attempts, ...followed].map(({ verdict, reply }) => {
      expect(verdict).toBe("accepted");
      return (reply as { stream: { id: string; content: string; finish: boolean } }).stream;
    });
    expect(states.at(-1)).toMatchObject({ content: "one two three four five ", finish: true });
    expect(states.slice(0, -1).every(({ finish }) => !finish)).toBe(true);
    expect(new Set(states.map(({ id }) => id)).size).toBe(1);
    // It grows: what was seen before stays.
    for (const [nth, { content }] of states.entries()) {
      expect(content.startsWith(states[nth - 1]?.content ?? "")).toBe(true);
    }
    expect(new Set(states.map(({ content }) => content)).size).toBeGreaterThan(1);
  });
});

/** A server that is given each body, as JSON, and says with which status it answers. */
async function serverOf(onBody: (body: unknown, answer: (status: number) => void) => void): Promise<string> {
  const server = createServer((request, response) => {
    void json(request).then((body) => onBody(body, (status) => response.writeHead(status).end()));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** An example with an account, and people of the sandbox who write to it. */
async function someoneAt(name: string, account: "app" | "robot") {
  const { platform, settings, calling, caller } = accounts[account];
  const { url } = await example(name, emptyFolder(), { accounts: { [account]: { platform, ...settings } } });
  const sandbox = createSandbox();
  onTestFinished(() => sandbox.close());
  const at = { platform: calling, account };
  sandbox.callbacks.register(at, { ...caller, url: `${url}/callbacks/default/${platform}/${account}` });
  return { people: sandbox.people, at };
}

/** Runs an example as it is written, with the package as `npm install` would give it. */
async function example(name: string, folder: string, more: object = {}) {
  const file = join(folder, "config.yaml");
  writeFileSync(file, JSON.stringify({ ...config, ...more }));
  const child = spawn(`${root}node_modules/.bin/node`, [`${root}examples/${name}`, file, "ops_alert"], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = new Promise((resolve) => child.once("close", resolve));
  const kill = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  onTestFinished(kill);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const printed = (pattern: RegExp) =>
    until(
      () => {
        if (child.exitCode !== null) throw new Error(`${name} ended: ${stdout}${stderr}`);
        return pattern.exec(stdout) ?? undefined;
      },
      { what: `${pattern} from ${name}` },
    );
  const [, url = ""] = await printed(/listening on (\S+)\n/);
  return { url, printed, kill, stdout: () => stdout };
}

/** What an official account is told of a template message, in plain mode. */
async function reportTemplate(url: string, message: string, status: string): Promise<number> {
  const seconds = Math.floor(Date.now() / 1000);
  const nonce = message;
  const signature = createHash("sha1")
    .update(["atoken", String(seconds), nonce].sort().join(""))
    .digest("hex");
  const body = `<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[o_1]]></FromUserName>
<CreateTime>${seconds}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[TEMPLATESENDJOBFINISH]]></Event>
<MsgID>${message}</MsgID><Status><![CDATA[${status}]]></Status></xml>`;
  const query = new URLSearchParams({ signature, timestamp: String(seconds), nonce });
  const answer = await fetch(`${url}/callbacks/default/wechat-official/office?${query}`, {
    method: "POST",
    headers: { "content-type": "text/xml" },
    body,
  });
  return answer.status;
}

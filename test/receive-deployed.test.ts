import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";
import { createSandbox } from "../src/sandbox/server.ts";
import { emptyFolder } from "./folder.ts";
import { banner, Hub } from "./hub.ts";
import { secrets } from "./receiving/accounts.ts";
import { PlatformCaller } from "./receiving/platform-caller.ts";
import { eventsOf } from "./receiving/receiving-world.ts";
import { Yizhan } from "./yizhan.ts";

const corp = { corp_id: "ww0123456789abcdef", agent_id: "1000002" };

const wecom = {
  WECHAT_CORP_ID: corp.corp_id,
  WECHAT_AGENT_ID: corp.agent_id,
  WECHAT_SECRET: "app-secret-of-the-environment",
  WECHAT_TOKEN: secrets.wecomToken,
};
const safe = { ...wecom, WECHAT_ENCODING_AES_KEY: secrets.wecomKey };
const robot = {
  WECHAT_BOT_WEBHOOK_URL: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc",
  WECHAT_BOT_SECRET: "robot-secret-of-the-environment",
};
const feishu = {
  APP_ID: "cli_environment",
  APP_SECRET: "feishu-app-secret-of-the-environment",
  VERIFICATION_TOKEN: secrets.feishuToken,
  ENCRYPT_KEY: secrets.feishuKey,
};

const hello = { event: "message", person: "zhangsan", text: "hello" } as const;

describe("a hub with nothing but the variables of an existing deployment", () => {
  it.each(["/wechat/callback", "/api/v1/webhooks/wechat/api", "/callbacks/default/wecom/default"])(
    "takes WeCom's encrypted calls at %s",
    async (path) => {
      const hub = await deployed(safe);
      const app = wecomApp(hub, path, { encoding_aes_key: secrets.wecomKey });
      expect(await verdict(app, { event: "verify" })).toBe("accepted");
      expect(await verdict(app, hello)).toBe("accepted");
      expect(await eventsOf(hub)).toMatchObject([
        { type: "yizhan.message.received", account: "default", platform: "wecom", data: { text: "hello" } },
      ]);
    },
  );

  it("takes plain ones at /wechat/callback when there is no key, and says so", async () => {
    const hub = await deployed(wecom);
    const app = wecomApp(hub, "/wechat/callback");
    expect(await verdict(app, { event: "verify" })).toBe("accepted");
    expect(await verdict(app, hello)).toBe("accepted");
    expect(await eventsOf(hub)).toMatchObject([{ account: "default", data: { text: "hello" } }]);
    expect(hub.process.stdout + hub.process.stderr).toContain("WECHAT_ENCODING_AES_KEY");
  });

  it("takes no plain ones when there is a key", async () => {
    const hub = await deployed(safe);
    expect(await verdict(wecomApp(hub, "/wechat/callback"), hello)).toBe("refused");
    expect(await eventsOf(hub)).toEqual([]);
  });

  it("is checked at /api/v1/webhooks/wechat/api/verify", async () => {
    const hub = await deployed(safe);
    const app = wecomApp(hub, "/api/v1/webhooks/wechat/api/verify", { encoding_aes_key: secrets.wecomKey });
    expect(await verdict(app, { event: "verify" })).toBe("accepted");
  });

  it("takes a robot's calls with the app's Token, or its own", async () => {
    const path = "/api/v1/webhooks/wechat/bot";
    const shared = await deployed({ ...safe, ...robot });
    const settings = { token: secrets.wecomToken, encoding_aes_key: secrets.wecomKey, url: shared.url + path };
    expect(await verdict(new PlatformCaller("wecom-bot", settings), { event: "verify" })).toBe("accepted");
    expect(await verdict(new PlatformCaller("wecom-bot", settings), hello)).toBe("accepted");
    expect(await eventsOf(shared)).toMatchObject([{ account: "bot", platform: "wecom", data: { text: "hello" } }]);

    const env = { ...safe, ...robot, WECHAT_BOT_TOKEN: secrets.botToken, WECHAT_BOT_ENCODING_AES_KEY: secrets.botKey };
    const own = await deployed(env);
    const bot = { token: secrets.botToken, encoding_aes_key: secrets.botKey, url: own.url + path };
    expect(await verdict(new PlatformCaller("wecom-bot", bot), hello)).toBe("accepted");
    expect(await verdict(new PlatformCaller("wecom-bot", { ...settings, url: own.url + path }), hello)).toBe("refused");
  });

  it("takes Feishu's calls at its root, and answers its challenge", async () => {
    const hub = await deployed(feishu);
    const settings = { verification_token: secrets.feishuToken, encrypt_key: secrets.feishuKey, url: `${hub.url}/` };
    const app = new PlatformCaller("feishu", { ...settings, app_id: feishu.APP_ID });
    expect(await verdict(app, { event: "verify" })).toBe("accepted");
    expect(await verdict(app, hello)).toBe("accepted");
    expect(await eventsOf(hub)).toMatchObject([{ account: "default", platform: "feishu", data: { text: "hello" } }]);
  });

  it("takes Feishu's plain calls when there is no Encrypt Key", async () => {
    const { ENCRYPT_KEY: _, ...env } = feishu;
    const hub = await deployed(env);
    const app = new PlatformCaller("feishu", { verification_token: secrets.feishuToken, url: `${hub.url}/` });
    expect(await verdict(app, { event: "verify" })).toBe("accepted");
    expect(await verdict(app, hello)).toBe("accepted");
    expect(await eventsOf(hub)).toHaveLength(1);
  });

  it("has all of them at once, prints where to call, and shows no secret", async () => {
    const env = { ...safe, ...robot, ...feishu };
    const hub = await deployed(env);
    const { body } = await hub.ask<{ accounts: { callback_path: string }[] }>("GET", "/api/v1/status");
    const paths = ["wecom/default", "wecom/bot", "feishu/default"].map((name) => `/callbacks/default/${name}`);
    expect(body.data.accounts.map(({ callback_path }) => callback_path)).toEqual(paths);
    for (const path of paths) expect(hub.process.stdout).toContain(path);
    const said = hub.process.stdout + hub.process.stderr + JSON.stringify(body);
    const { WECHAT_SECRET, WECHAT_TOKEN, WECHAT_ENCODING_AES_KEY, WECHAT_BOT_SECRET, APP_SECRET, ENCRYPT_KEY } = env;
    for (const secret of [WECHAT_SECRET, WECHAT_TOKEN, WECHAT_ENCODING_AES_KEY, WECHAT_BOT_SECRET, APP_SECRET]) {
      expect(said).not.toContain(secret);
    }
    expect(said).not.toContain(ENCRYPT_KEY);
  });

  it("can push to the group robot of WECHAT_BOT_WEBHOOK_URL", async () => {
    const sandbox = createSandbox();
    await sandbox.listen();
    onTestFinished(() => sandbox.close());
    const env = { ...safe, WECHAT_BOT_WEBHOOK_URL: `${sandbox.url}/cgi-bin/webhook/send?key=robot-1` };
    const hub = await deployed(env);
    const id = await hub.accepted({ recipient_alias: "wechat_bot" });
    expect((await hub.settled(id)).status).toBe("completed");
    expect(sandbox.inbox.list()).toMatchObject([{ platform: "wecom", token: "robot-1" }]);
  });
});

/** The form of a WeChat notification service's file, every section and key of it. */
const notificationFile = `# 通知服务
service:
  name: "通知中心"
  version: "1.0.0"

webhook:
  enabled: true
  host: "127.0.0.1"
  port: 0

channels:
  wechat_api:
    enabled: true
    corp_id: "\${WECHAT_CORP_ID}"
    secret: "\${WECHAT_CORP_SECRET}"
    agent_id: "\${WECHAT_AGENT_ID}"

  wechat_bot:
    enabled: true
    webhook_url: "\${WECHAT_BOT_WEBHOOK_URL}"
    secret: "\${WECHAT_BOT_SECRET}"
`;

describe("config/notification.yaml", () => {
  const { WECHAT_SECRET, ...rest } = safe;
  const env = { ...rest, ...robot, WECHAT_CORP_SECRET: WECHAT_SECRET };

  it("is found and loaded as it is, with the app's verification from the environment", async () => {
    const hub = await deployed(env, notificationFile);
    const app = wecomApp(hub, "/api/v1/webhooks/wechat/api", { encoding_aes_key: secrets.wecomKey });
    expect(await verdict(app, { event: "verify" })).toBe("accepted");
    expect(await verdict(app, hello)).toBe("accepted");
    expect(await eventsOf(hub)).toMatchObject([{ account: "default", platform: "wecom" }]);
  });

  it("asks for a key when it listens on every address, as ever", async () => {
    const cwd = folderWith(notificationFile.replace("127.0.0.1", "0.0.0.0"));
    const refused = new Yizhan(["serve"], { cwd, env });
    onTestFinished(() => refused[Symbol.asyncDispose]());
    expect((await refused.exited).code).not.toBe(0);
    expect(refused.stderr + refused.stdout).toContain("YIZHAN_API_KEY");
    const open = await deployed(
      { ...env, YIZHAN_API_KEY: "a-long-enough-key-for-clients" },
      notificationFile.replace("127.0.0.1", "0.0.0.0"),
    );
    const app = wecomApp(open, "/wechat/callback", { encoding_aes_key: secrets.wecomKey });
    // Platforms hold no key; who reads Events does.
    expect(await verdict(app, hello)).toBe("accepted");
    expect((await open.ask("GET", "/api/v1/events")).status).toBe(401);
    const headers = { authorization: "Bearer a-long-enough-key-for-clients" };
    const { body } = await open.ask<{ events: unknown[] }>("GET", "/api/v1/events", { headers });
    expect(body.data.events).toHaveLength(1);
  });
});

/** A hub in a folder of its own, which holds at most a `config/notification.yaml`. */
async function deployed(env: Readonly<Record<string, string>>, notification?: string): Promise<Hub> {
  const cwd = folderWith(notification);
  const args = notification === undefined ? ["--port", "0"] : [];
  const process = new Yizhan(["serve", ...args], { cwd, env });
  onTestFinished(() => process[Symbol.asyncDispose]());
  const [, url = ""] = await process.printed(banner);
  return new Hub(process, url.replace("0.0.0.0", "127.0.0.1"));
}

function folderWith(notification: string | undefined): string {
  const cwd = emptyFolder();
  if (notification !== undefined) {
    mkdirSync(join(cwd, "config"));
    writeFileSync(join(cwd, "config", "notification.yaml"), notification);
  }
  return cwd;
}

function wecomApp(hub: Hub, path: string, more: Readonly<Record<string, unknown>> = {}): PlatformCaller {
  return new PlatformCaller("wecom", { ...corp, token: secrets.wecomToken, url: hub.url + path, ...more });
}

type What = Parameters<PlatformCaller["happened"]>[0];

async function verdict(caller: PlatformCaller, what: What): Promise<string> {
  return (await caller.happened(what).send()).verdict;
}

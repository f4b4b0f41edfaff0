// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration are what is tested
import { describe, expect, it } from "vitest";
import { platforms } from "../platforms/registry.ts";
import { formatProblem } from "./problem.ts";
import { readConfig } from "./read.ts";

/** Every section and key that the form has, with placeholders as deployments write them. */
const file = `service:
  name: "PMC通知服务"
  version: "1.0.0"

webhook:
  enabled: true
  host: "0.0.0.0"
  port: 8089

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
const aesKey = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
const robotUrl = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc";
const documented = {
  WECHAT_CORP_ID: "ww1",
  WECHAT_CORP_SECRET: "corp-secret",
  WECHAT_AGENT_ID: "1000002",
  WECHAT_BASE_URL: "https://qyapi.example.com",
  WECHAT_BOT_WEBHOOK_URL: robotUrl,
  WECHAT_BOT_SECRET: "bot-secret",
};
const verifying = { WECHAT_TOKEN: "token", WECHAT_ENCODING_AES_KEY: aesKey };
const key = { YIZHAN_API_KEY: "a-key-of-the-operator" };

function read(text: string, env: Record<string, string>) {
  return readConfig({ file: "notification.yaml", text, env, platforms });
}

function load(text: string, env: Record<string, string>) {
  const loaded = read(text, env);
  if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join("\n"));
  return { ...loaded.config, notes: loaded.notes };
}

function problemsOf(text: string, env: Record<string, string>): string[] {
  const loaded = read(text, env);
  return loaded.ok ? [] : loaded.problems.map(formatProblem);
}

describe("a notification.yaml", () => {
  it("loads as it is, with the variables it names and those that verify", () => {
    const { server, receivingAccounts, recipients, notes } = load(file, { ...documented, ...verifying, ...key });
    expect(server).toMatchObject({ host: "0.0.0.0", port: 8089 });
    expect(receivingAccounts).toEqual([
      {
        platform: "wecom",
        name: "default",
        settings: {
          kind: "app",
          mode: "safe",
          corp_id: "ww1",
          secret: "corp-secret",
          agent_id: "1000002",
          token: "token",
          encoding_aes_key: aesKey,
          base_url: "https://qyapi.example.com",
        },
      },
      { platform: "wecom", name: "bot", settings: { kind: "bot", token: "token", encoding_aes_key: aesKey } },
    ]);
    expect(recipients).toMatchObject([
      {
        alias: "wechat_bot",
        platforms: [{ platform: "wecom", entries: [{ settings: { url: robotUrl, secret: "bot-secret" } }] }],
      },
    ]);
    expect(notes).toEqual([]);
  });

  it("without a token anywhere loads too: it can push, and says why it cannot be called", () => {
    const { receivingAccounts, recipients, notes } = load(file, { ...documented, ...key });
    expect(receivingAccounts).toEqual([]);
    expect(recipients.map(({ alias }) => alias)).toEqual(["wechat_bot"]);
    expect(notes).toEqual([
      expect.stringMatching(/^notification\.yaml:11:3 channels\.wechat_api: no token.*WECHAT_TOKEN/),
    ]);
  });

  it("may hold what verifies itself, and any other key of the account", () => {
    const text = file.replace(
      "    agent_id:",
      `    token: own\n    encoding_aes_key: ${aesKey}\n    allowed_addresses: [10.0.0.0/8]\n    agent_id:`,
    );
    expect(load(text, { ...documented, ...verifying, ...key }).receivingAccounts).toMatchObject([
      { name: "default", settings: { token: "own" }, allowedAddresses: ["10.0.0.0/8"] },
      { name: "bot", settings: { token: "token" } },
    ]);
  });

  it("receives nothing when webhook is switched off, and nothing for a channel that is", () => {
    const env = { ...documented, ...verifying, ...key };
    const names = (text: string) => load(text, env).receivingAccounts.map(({ name }) => name);
    expect(names(file.replace("enabled: true", "enabled: false"))).toEqual([]);
    expect(names(file.replace("wechat_api:\n    enabled: true", "wechat_api:\n    enabled: false"))).toEqual(["bot"]);
    const withoutBot = file.replace("wechat_bot:\n    enabled: true", "wechat_bot:\n    enabled: false");
    expect(names(withoutBot)).toEqual(["default"]);
    expect(load(withoutBot, env).recipients[0]?.platforms).toMatchObject([{ entries: [] }]);
  });

  it("may have sections of the hub's own file beside its own", () => {
    const text = `${file}log: { level: debug }
auth: { keys: [a-key-of-the-operator] }
recipients: { ops: {} }
accounts: { lark: { platform: feishu, app_id: cli_1, verification_token: v } }
`;
    const { log, recipients, receivingAccounts } = load(text, { ...documented, ...verifying });
    expect(log.level).toBe("debug");
    expect(recipients.map(({ alias }) => alias)).toEqual(["wechat_bot", "ops"]);
    expect(receivingAccounts.map(({ platform }) => platform)).toEqual(["wecom", "wecom", "feishu"]);
  });
});

describe("a mistake in a notification.yaml", () => {
  const env = { ...documented, ...verifying, ...key };

  it("is told under the file's own keys: an open door", () => {
    expect(problemsOf(file, { ...documented, ...verifying })).toEqual([
      expect.stringMatching(/^notification\.yaml:7:9 webhook\.host: found "0\.0\.0\.0", .*YIZHAN_API_KEY/),
    ]);
  });

  it.each([
    ["8089", "http", 'notification.yaml:8:9 webhook.port: found "http", expected a whole number from 0 to 65535'],
    ["corp_id", "corpid", 'notification.yaml:13:5 channels.wechat_api.corpid: unknown key, did you mean "corp_id"?'],
    ["${WECHAT_CORP_ID}", "a b", /^notification\.yaml:13:14 channels\.wechat_api\.corp_id: found "a b", must be/],
    [
      "wechat_api",
      "wechat_apis",
      'notification.yaml:11:3 channels.wechat_apis: unknown key, did you mean "wechat_api"?',
    ],
    ["version", "versoin", 'notification.yaml:3:3 service.versoin: unknown key, did you mean "version"?'],
    ["host", "hosts", 'notification.yaml:7:3 webhook.hosts: unknown key, did you mean "host"?'],
    [
      "${WECHAT_BOT_WEBHOOK_URL}",
      "ftp://x",
      /^notification\.yaml:19:18 channels\.wechat_bot\.webhook_url: found a text/,
    ],
    [
      "enabled: true",
      "enabled: maybe",
      'notification.yaml:6:12 webhook.enabled: found "maybe", expected true or false',
    ],
  ])("is told under the file's own keys: %s as %s", (right, wrong, problem) => {
    const [first, ...more] = problemsOf(file.replace(right, wrong), env);
    expect(more).toEqual([]);
    if (typeof problem === "string") expect(first).toBe(problem);
    else expect(first).toMatch(problem);
  });

  it("is told under the file's own keys: a robot without an address", () => {
    const text = file.replace(/ {4}webhook_url.*\n/, "");
    expect(problemsOf(text, env)).toEqual([
      expect.stringMatching(/^notification\.yaml:17:3 channels\.wechat_bot\.webhook_url: found nothing, /),
    ]);
  });

  it("is told when a variable that it names is not set", () => {
    const { WECHAT_BOT_WEBHOOK_URL: _, ...rest } = env;
    expect(problemsOf(file, rest)).toEqual([
      expect.stringMatching(
        /^notification\.yaml:19:18 channels\.wechat_bot\.webhook_url: the environment variable WECHAT_BOT_WEBHOOK_URL is not set/,
      ),
    ]);
  });

  it("of the environment is told under the hub's own keys", () => {
    expect(problemsOf(file, { ...env, YIZHAN_PORT: "http" })).toEqual([
      expect.stringMatching(/^environment variable YIZHAN_PORT server\.port: found "http"/),
    ]);
  });

  it("is told when a section is none", () => {
    expect(
      problemsOf("service: { name: x }\nwebhook: 5\nchannels: [a]\n", env).map((line) => line.split(":")[3]),
    ).toEqual([
      " found a number (not shown), expected a section of keys and values",
      " found a list, expected a section of keys and values",
    ]);
  });
});

describe("a file of the hub's own", () => {
  it("is not taken for one because a section is misspelt", () => {
    expect(problemsOf("server: { port: 1 }\nwebhook: {}\n", key)).toEqual([
      expect.stringMatching(/^notification\.yaml:2:1 webhook: unknown key/),
    ]);
  });
});

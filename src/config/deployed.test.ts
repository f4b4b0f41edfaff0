import { describe, expect, it } from "vitest";
import { platforms } from "../platforms/registry.ts";
import { formatProblem } from "./problem.ts";
import { readConfig } from "./read.ts";

const aesKey = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
const wecom = { WECHAT_CORP_ID: "ww1", WECHAT_TOKEN: "token", WECHAT_ENCODING_AES_KEY: aesKey };
const feishu = { APP_ID: "cli_1", APP_SECRET: "secret", VERIFICATION_TOKEN: "verify" };
const robotUrl = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc";

function load(env: Record<string, string>, text = "") {
  const loaded = readConfig({ file: "config.yaml", text, env, platforms });
  if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join("\n"));
  const { receivingAccounts, recipients } = loaded.config;
  return {
    accounts: receivingAccounts,
    recipients,
    notes: loaded.notes.filter((note) => !/recipients: none/.test(note)),
  };
}

describe("the variables of WeCom's app", () => {
  it("are the account wecom/default", () => {
    const { accounts, notes } = load({
      ...wecom,
      WECHAT_AGENT_ID: "1000002",
      WECHAT_SECRET: "secret",
      WECHAT_BASE_URL: "http://127.0.0.1:9",
    });
    expect(accounts).toEqual([
      {
        platform: "wecom",
        name: "default",
        settings: {
          kind: "app",
          mode: "safe",
          corp_id: "ww1",
          agent_id: "1000002",
          secret: "secret",
          token: "token",
          encoding_aes_key: aesKey,
          base_url: "http://127.0.0.1:9",
        },
      },
    ]);
    expect(notes).toEqual([]);
  });

  it("may name the secret WECHAT_CORP_SECRET", () => {
    expect(load({ ...wecom, WECHAT_CORP_SECRET: "s" }).accounts).toMatchObject([{ settings: { secret: "s" } }]);
  });

  it("without a key are an account in plain mode, and that is told", () => {
    const { accounts, notes } = load({ ...wecom, WECHAT_ENCODING_AES_KEY: "" });
    expect(accounts).toMatchObject([{ settings: { mode: "plain" } }]);
    expect(notes).toEqual([expect.stringMatching(/^environment: account wecom\/default: .*WECHAT_ENCODING_AES_KEY/)]);
  });

  it.each(["WECHAT_TOKEN", "WECHAT_CORP_ID"])(
    "without %s are no account, because nothing could be verified",
    (name) => {
      const { accounts, notes } = load({ ...wecom, [name]: "" });
      expect(accounts).toEqual([]);
      expect(notes).toEqual([expect.stringContaining(`account wecom/default: ${name} is not set`)]);
    },
  );

  it("are checked like a file: what is wrong names its variable and is not shown", () => {
    const env = { ...wecom, WECHAT_ENCODING_AES_KEY: "too-short" };
    const loaded = readConfig({ file: "config.yaml", text: "", env, platforms });
    const problems = loaded.ok ? [] : loaded.problems.map(formatProblem);
    expect(problems).toEqual([
      expect.stringMatching(
        /^environment variable WECHAT_ENCODING_AES_KEY accounts\.default\.encoding_aes_key: found a text \(not shown\)/,
      ),
    ]);
  });
});

describe("the variables of WeCom's robot", () => {
  it("are a recipient wechat_bot, and no account: an ordinary robot does not call", () => {
    const { accounts, recipients } = load({ WECHAT_BOT_WEBHOOK_URL: robotUrl, WECHAT_BOT_SECRET: "secret" });
    expect(accounts).toEqual([]);
    expect(recipients).toMatchObject([
      {
        alias: "wechat_bot",
        platforms: [{ platform: "wecom", entries: [{ settings: { url: robotUrl, secret: "secret" } }] }],
      },
    ]);
  });

  it("are the account wecom/bot when there is what verifies its calls, the app's or its own", () => {
    const [, shared] = load({ ...wecom, WECHAT_BOT_WEBHOOK_URL: robotUrl }).accounts;
    expect(shared).toEqual({
      platform: "wecom",
      name: "bot",
      settings: { kind: "bot", token: "token", encoding_aes_key: aesKey },
    });
    const [, own] = load({ ...wecom, WECHAT_BOT_TOKEN: "own" }).accounts;
    expect(own?.settings).toMatchObject({ token: "own" });
  });

  it.each([robotUrl, "broken"])("give way to a recipient of that name in the file, whatever they hold: %s", (url) => {
    const text = "recipients: { wechat_bot: { name: 文件里的 } }";
    const { recipients } = load({ WECHAT_BOT_WEBHOOK_URL: url }, text);
    expect(recipients.map(({ name }) => name)).toEqual(["文件里的"]);
  });
});

describe("the variables of Feishu's app", () => {
  it("are the account feishu/default", () => {
    const { accounts, notes } = load({ ...feishu, ENCRYPT_KEY: "key", LARK_HOST: "https://open.larksuite.com" });
    expect(accounts).toEqual([
      {
        platform: "feishu",
        name: "default",
        settings: {
          app_id: "cli_1",
          app_secret: "secret",
          verification_token: "verify",
          encrypt_key: "key",
          base_url: "https://open.larksuite.com",
        },
      },
    ]);
    expect(notes).toEqual([]);
  });

  it("are told of when what verifies is missing", () => {
    const { accounts, notes } = load({ ...feishu, VERIFICATION_TOKEN: "" });
    expect(accounts).toEqual([]);
    expect(notes).toEqual([expect.stringContaining("account feishu/default: VERIFICATION_TOKEN is not set")]);
  });

  it("mean nothing alone: APP_ID is a common name", () => {
    expect(load({ APP_ID: "cli_1" })).toMatchObject({ accounts: [], notes: [] });
  });
});

describe("an account of the file", () => {
  const text = (more: string) => `accounts: { default: { platform: wecom, corp_id: ww2, token: other, ${more} } }`;

  it("wins over the variables of the same platform and name, whole and whatever they hold", () => {
    const env = { ...wecom, ...feishu, WECHAT_ENCODING_AES_KEY: "broken" };
    const { accounts } = load(env, text(`encoding_aes_key: ${aesKey}`));
    expect(accounts.map(({ platform, settings }) => [platform, settings])).toMatchObject([
      ["wecom", { corp_id: "ww2", token: "other" }],
      ["feishu", { app_id: "cli_1" }],
    ]);
  });

  it("switches them off when it is switched off", () => {
    expect(load(wecom, text("enabled: false")).accounts).toEqual([]);
  });
});

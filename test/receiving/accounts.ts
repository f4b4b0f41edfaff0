import type { CallingPlatform } from "../../src/sandbox/callers/calling-sides.ts";

/** One account, as the hub's file has it and as the sandbox needs it to call. */
export interface TestAccount {
  readonly platform: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly calling: CallingPlatform;
  /** Without its url, which is known once the hub listens. */
  readonly caller: Readonly<Record<string, unknown>>;
}

/** Everything secret; none of it may ever be said. */
export const secrets = {
  wecomToken: "wecomTokenKeptSecret",
  wecomKey: "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
  botToken: "botTokenKeptSecret",
  botKey: "kWxYm8qr6nMoAUwZRjGtBxmz4KA2tkAj4ykkR7q3B3D",
  officialToken: "officialTokenKeptSecret",
  officialKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
  feishuToken: "feishu-verification-token",
  feishuKey: "feishu-encrypt-key",
  dingtalkSecret: "dingtalk-client-secret",
  dingtalkToken: "dingtalkTokenKeptSecret",
  dingtalkKey: "4g5j64qlyl3zvetqxz5jiocdr586fn2zvjpa8zls3ij",
  dingtalkApi: "dingtalk-api-secret",
  webhookKey: "only-the-monitor-knows",
} as const;

/** An account of every platform that calls, and of every mode. */
export const accounts = {
  app: {
    platform: "wecom",
    settings: {
      corp_id: "ww0123456789abcdef",
      agent_id: 1000002,
      token: secrets.wecomToken,
      encoding_aes_key: secrets.wecomKey,
    },
    calling: "wecom",
    caller: {
      corp_id: "ww0123456789abcdef",
      agent_id: 1000002,
      token: secrets.wecomToken,
      encoding_aes_key: secrets.wecomKey,
    },
  },
  robot: {
    platform: "wecom",
    settings: { kind: "bot", token: secrets.botToken, encoding_aes_key: secrets.botKey },
    calling: "wecom-bot",
    caller: { token: secrets.botToken, encoding_aes_key: secrets.botKey, bot_id: "aib-test" },
  },
  official: official("safe"),
  compatible: official("compat"),
  plain: official("plain"),
  feishu: {
    platform: "feishu",
    settings: { app_id: "cli_test", verification_token: secrets.feishuToken, encrypt_key: secrets.feishuKey },
    calling: "feishu",
    caller: { app_id: "cli_test", verification_token: secrets.feishuToken, encrypt_key: secrets.feishuKey },
  },
  lark: {
    platform: "feishu",
    settings: { app_id: "cli_plain", verification_token: secrets.feishuToken },
    calling: "feishu",
    caller: { app_id: "cli_plain", verification_token: secrets.feishuToken },
  },
  dingtalk: {
    platform: "dingtalk",
    settings: {
      client_id: "dingtest",
      client_secret: secrets.dingtalkSecret,
      token: secrets.dingtalkToken,
      aes_key: secrets.dingtalkKey,
      api_secret: secrets.dingtalkApi,
    },
    calling: "dingtalk",
    caller: {
      app_secret: secrets.dingtalkSecret,
      token: secrets.dingtalkToken,
      encoding_aes_key: secrets.dingtalkKey,
      owner_key: "dingtest",
      api_secret: secrets.dingtalkApi,
      robot_code: "dingtest",
    },
  },
} as const satisfies Record<string, TestAccount>;

export type AccountKey = keyof typeof accounts;

/** The `accounts` section with all of them, and a webhook beside them. */
export const allAccounts: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  ...Object.fromEntries(
    Object.entries(accounts).map(([name, { platform, settings }]) => [name, { platform, ...settings }]),
  ),
  monitor: {
    platform: "webhook",
    verify: { scheme: "key", key: secrets.webhookKey },
    mapping: { title: ["alert.name"], body: ["alert.text"], id: ["id"] },
  },
};

function official(mode: "safe" | "compat" | "plain"): TestAccount & { readonly calling: "wechat-official" } {
  const key = mode === "plain" ? {} : { encoding_aes_key: secrets.officialKey };
  const shared = { app_id: "wx0123456789abcdef", token: secrets.officialToken, mode, ...key };
  return {
    platform: "wechat-official",
    settings: shared,
    calling: "wechat-official",
    caller: { ...shared, original_id: "gh_0123456789ab" },
  };
}

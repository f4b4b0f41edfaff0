/** The platforms whose callbacks are measured. */
export type BenchPlatform = "wecom" | "feishu" | "dingtalk";

/** The one account of each. Nobody else knows these secrets, and nothing is behind them. */
export const accountName = "bench";

const aesKey = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";

/** As the hub is configured. */
export const hubAccounts = {
  wecom: { corp_id: "wwbench", token: "QDG6eK", encoding_aes_key: aesKey },
  feishu: { app_id: "cli_a000000000000000", verification_token: "benchtoken", encrypt_key: "bench encrypt key" },
  dingtalk: { client_id: "dingbench", client_secret: "bench secret", token: "QDG6eK", aes_key: aesKey },
} as const satisfies Record<BenchPlatform, object>;

const { wecom, feishu, dingtalk } = hubAccounts;

/** As the sandbox, which plays the platform, is told of the same accounts. */
export const callerAccounts = {
  wecom: { ...wecom, agent_id: 1000002, url: callbackUrl("wecom") },
  feishu: { ...feishu, url: callbackUrl("feishu") },
  dingtalk: {
    app_secret: dingtalk.client_secret,
    token: dingtalk.token,
    encoding_aes_key: dingtalk.aes_key,
    owner_key: dingtalk.client_id,
    url: callbackUrl("dingtalk"),
  },
} as const satisfies Record<BenchPlatform, object>;

/** Lines of a configuration file. */
export function accountLines(): string[] {
  return [
    "accounts:",
    ...Object.entries(hubAccounts).map(([platform, settings]) => {
      // JSON is YAML.
      return `  ${platform}: ${JSON.stringify({ platform, name: accountName, ...settings })}`;
    }),
  ];
}

/** The host is never looked up: only the path is used. */
function callbackUrl(platform: BenchPlatform): string {
  return `http://hub/callbacks/default/${platform}/${accountName}`;
}

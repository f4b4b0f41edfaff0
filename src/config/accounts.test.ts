import { describe, expect, it } from "vitest";
import * as z from "zod";
import { platforms } from "../platforms/registry.ts";
import type { AccountSchemas } from "./accounts.ts";
import { directoryOf } from "./directory.ts";
import { formatProblem } from "./problem.ts";
import { readConfig } from "./read.ts";

/** Two platforms of this test's own, so that what it says does not change with theirs. */
const schemas: AccountSchemas = new Map([
  ["wecom", { account: z.strictObject({ corp_id: z.string(), token: z.string().min(4).meta({ secret: true }) }) }],
  ["feishu", { account: z.strictObject({ app_id: z.string(), port: z.int().default(1) }) }],
]);

function read(accounts: string) {
  const text = `accounts:\n  ${accounts.replaceAll("\n", "\n  ")}\n`;
  return readConfig({ file: "config.yaml", text, env: {}, platforms, accountSchemas: schemas });
}

function problemsOf(accounts: string): string[] {
  const loaded = read(accounts);
  return loaded.ok ? [] : loaded.problems.map(formatProblem);
}

function configOf(accounts: string) {
  const loaded = read(accounts);
  if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join("\n"));
  return loaded.config;
}

describe("an account", () => {
  it("is its platform, its name, and what the platform verifies with", () => {
    const { receivingAccounts } = configOf(`oa: { platform: wecom, corp_id: ww1, token: 1234 }
hr: { platform: feishu, app_id: cli_1, allowed_addresses: [10.0.0.0/8, "1.2.3.*", "::1"] }`);
    expect(receivingAccounts).toEqual([
      { platform: "wecom", name: "oa", settings: { corp_id: "ww1", token: "1234" } },
      {
        platform: "feishu",
        name: "hr",
        settings: { app_id: "cli_1", port: 1 },
        allowedAddresses: ["10.0.0.0/8", "1.2.3.*", "::1"],
      },
    ]);
  });

  it("may be asked about through a proxy", () => {
    const { receivingAccounts } = configOf(
      'oa: { platform: wecom, corp_id: ww1, token: 1234, proxy: "http://u:p@proxy.example:3128" }',
    );
    expect(receivingAccounts).toMatchObject([{ proxy: "http://u:p@proxy.example:3128" }]);
  });

  it("may have another name than its key, so that two platforms can share one", () => {
    const { receivingAccounts } = configOf(`default: { platform: wecom, corp_id: ww1, token: 1234 }
lark: { platform: feishu, name: default, app_id: cli_1 }`);
    expect(receivingAccounts.map(({ platform, name }) => `${platform}/${name}`)).toEqual([
      "wecom/default",
      "feishu/default",
    ]);
  });

  it("may name its platform as clients know it", () => {
    const { receivingAccounts } = configOf("oa: { platform: wechat, corp_id: ww1, token: 1234 }");
    expect(receivingAccounts[0]?.platform).toBe("wecom");
  });

  it("that is switched off may be unfinished, but not misspelt", () => {
    expect(configOf("oa: { platform: wecom, enabled: false, token: x, allowed_addresses: [soon] }")).toMatchObject({
      receivingAccounts: [],
    });
    expect(problemsOf("oa: { platform: wecom, enabled: false, tokn: x }")).toEqual([
      'config.yaml:2:42 accounts.oa.tokn: unknown key, did you mean "token"?',
    ]);
  });

  it("is a row of the store beside the accounts that only send", () => {
    const text = `email: { smtp_host: localhost, from: a@example.com }
recipients: { ops: { platforms: { email: { recipients: [{ email: b@example.com }] } } } }
accounts: { oa: { platform: wecom, corp_id: ww1, token: "1234" } }`;
    const loaded = readConfig({ file: "config.yaml", text, env: {}, platforms, accountSchemas: schemas });
    if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join("\n"));
    const { accounts, channels } = directoryOf(loaded.config, platforms);
    expect(accounts.map(({ id, platform, name }) => [id, platform, name])).toEqual([
      ["email-default", "email", "email"],
      ["wecom/oa", "wecom", "oa"],
    ]);
    expect(channels[0]?.account).toBe("email-default");
  });
});

describe("a mistake in accounts", () => {
  const mistakes: { name: string; accounts: string; problem: string }[] = [
    {
      name: "a name that does not fit an address",
      accounts: "OA 1: { platform: wecom, corp_id: a, token: 1234 }",
      problem:
        'config.yaml:2:3 accounts["OA 1"]: found "OA 1", expected a name of 1 to 64 of a-z, 0-9, ".", "_" and "-" that begins with a letter or digit',
    },
    {
      name: "a `name` that does not fit one either",
      accounts: "oa: { platform: feishu, app_id: a, name: ../x }",
      problem:
        'config.yaml:2:44 accounts.oa.name: found "../x", expected a name of 1 to 64 of a-z, 0-9, ".", "_" and "-" that begins with a letter or digit',
    },
    {
      name: "no platform",
      accounts: "oa: { corp_id: a }",
      problem: "config.yaml:2:3 accounts.oa.platform: missing, expected one of wecom, feishu",
    },
    {
      name: "a misspelt platform",
      accounts: "oa: { platform: wecm }",
      problem: 'config.yaml:2:19 accounts.oa.platform: unknown platform, did you mean "wecom"?',
    },
    {
      name: "a key of another platform",
      accounts: "oa: { platform: feishu, app_id: a, corp_id: b }",
      problem:
        "config.yaml:2:38 accounts.oa.corp_id: unknown key, expected one of app_id, port, platform, name, enabled, allowed_addresses, proxy",
    },
    {
      name: "a missing key",
      accounts: "oa:\n  platform: wecom\n  token: abcdef",
      problem: "config.yaml:2:3 accounts.oa.corp_id: found nothing, expected text",
    },
    {
      name: "a secret that cannot be right, without showing it",
      accounts: "oa: { platform: wecom, corp_id: a, token: abc }",
      problem: "config.yaml:2:45 accounts.oa.token: found a text (not shown), expected text of at least 4 characters",
    },
    {
      name: "an address that is none",
      accounts: "oa: { platform: feishu, app_id: a, allowed_addresses: [10.0.0.1, 10.0.0.0/33] }",
      problem:
        'config.yaml:2:68 accounts.oa.allowed_addresses[1]: found "10.0.0.0/33", expected an IP address, a range such as 10.0.0.0/8, 10.0.0.*, or "platform"',
    },
    {
      name: "a list of allowed addresses that allows nobody",
      accounts: "oa: { platform: feishu, app_id: a, allowed_addresses: [] }",
      problem: "config.yaml:2:57 accounts.oa.allowed_addresses: found an empty list, expected at least 1 entries",
    },
    {
      name: "the same account twice",
      accounts: "oa: { platform: feishu, app_id: a }\nob: { platform: feishu, name: oa, app_id: b }",
      problem: "config.yaml:3:7 accounts.ob: the same platform and name as accounts.oa (line 2), expected another name",
    },
    {
      name: "an account that is no section",
      accounts: "oa: wecom",
      problem: "config.yaml:2:7 accounts.oa: found a text (not shown), expected a section of keys and values",
    },
  ];

  it.each(mistakes)("is told with its place: $name", ({ accounts, problem }) => {
    expect(problemsOf(accounts)).toEqual([problem]);
  });

  it.each(["[]", "5"])("as a whole is told too: %s", (value) => {
    const loaded = readConfig({ file: "config.yaml", text: `accounts: ${value}`, env: {}, platforms });
    expect(loaded.ok ? [] : loaded.problems.map(({ path }) => path)).toEqual(["accounts"]);
  });
});

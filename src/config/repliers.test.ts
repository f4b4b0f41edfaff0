import { describe, expect, it } from "vitest";
import * as z from "zod";
import { platforms } from "../platforms/registry.ts";
import type { AccountSchemas } from "./accounts.ts";
import { formatProblem } from "./problem.ts";
import { readConfig } from "./read.ts";

const accountSchemas: AccountSchemas = new Map([["wecom", { account: z.strictObject({ token: z.string() }) }]]);
const secret = `whsec_${Buffer.alloc(24, 1).toString("base64")}`;
const accounts = "accounts:\n  office: { platform: wecom, token: t }\n";

function read(text: string, env: Record<string, string> = {}) {
  const loaded = readConfig({ file: "config.yaml", text: accounts + text, env, platforms, accountSchemas });
  return loaded.ok ? loaded.config.replies : loaded.problems.map(formatProblem);
}

describe("the programs that people are replied to by", () => {
  it("are none unless there are some", () => {
    expect(read("")).toEqual([]);
  });

  it("are read in order", () => {
    const entries = [
      `  - { url: 'https://a.example/reply', secret: "\${SECRET}" }`,
      `  - { url: 'http://b.example', secret: '${secret}', account: wecom/office, types: [yizhan.message.received], tries: 2 }`,
    ];
    expect(read(`replies:\n${entries.join("\n")}\n`, { SECRET: secret })).toEqual([
      { url: "https://a.example/reply", secret, types: [], tries: 1 },
      {
        url: "http://b.example",
        secret,
        types: ["yizhan.message.received"],
        tries: 2,
        accounts: ["wecom/office"],
      },
    ]);
  });

  it.each([
    ["{ secret: SECRET }", "replies[0].url: found nothing, expected text of 1 to 2048 characters"],
    ["{ url: 'ftp://a.example', secret: SECRET }", "expected an address beginning with https:// or http://"],
    ["{ url: 'https://u:p@a.example', secret: SECRET }", "found a user or password in the address"],
    ["{ url: 'http://127.0.0.1:9000', secret: SECRET }", "or subscriptions.allow_private: true"],
    ["{ url: 'http://[fd00::1]/', secret: SECRET }", "or subscriptions.allow_private: true"],
    ["{ url: 'https://a.example', secret: topsecret }", "expected whsec_ and the base64 of 24 to 64 bytes"],
    ["{ url: 'https://a.example', secret: SECRET, account: wecom/home }", 'found "wecom/home", but there is no such'],
    ["{ url: 'https://a.example', secret: SECRET, types: [yizhan.message] }", "expected one of yizhan."],
    ["{ url: 'https://a.example', secret: SECRET, tries: 4 }", "found 4, expected a whole number from 1 to 3"],
  ])("are refused with %s", (entry, words) => {
    const problems = read(`replies:\n  - ${entry.replace("SECRET", secret)}\n`).map(String);
    expect(problems).toEqual([expect.stringContaining(words)]);
    expect(problems.join()).not.toContain("topsecret");
  });

  it("may be in the hub's own network where subscriptions may", () => {
    const text = `subscriptions: { allow_private: true }\nreplies:\n  - { url: 'http://127.0.0.1:9000', secret: '${secret}' }\n`;
    expect(read(text)).toMatchObject([{ url: "http://127.0.0.1:9000" }]);
  });
});

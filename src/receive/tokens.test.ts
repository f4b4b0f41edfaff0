import { describe, expect, it } from "vitest";
import { AppFailure } from "../platforms/app-calls.ts";
import { apps } from "../platforms/apps.ts";
import { type AppsWorld, appsWorld } from "../testing/apps-world.ts";
import type { AppTokens } from "./tokens.ts";

const platforms = ["wecom", "wechat-official", "feishu", "dingtalk"] as const;
const secrets = {
  wecom: "wecom-secret",
  "wechat-official": "official-secret",
  feishu: "feishu-secret",
  dingtalk: "dingtalk-secret",
};
const ids = { wecom: "ww1", "wechat-official": "wx1", feishu: "cli_1", dingtalk: "ding1" };

describe.each(platforms)("a token of %s", (platform) => {
  it("is got once by all who ask at the same time, and kept", async () => {
    const world = await appsWorld();
    const tokens = await Promise.all(Array.from({ length: 20 }, () => tokenOf(world, world.tokens, platform)));
    expect(new Set(tokens).size).toBe(1);
    await world.clock.advance(3_600_000);
    expect(await tokenOf(world, world.tokens, platform)).toBe(tokens[0]);
    expect(askedForTokens(world)).toBe(1);
  });

  it("is got once by two processes", async () => {
    const world = await appsWorld();
    const other = world.otherTokens("two");
    let settled = false;
    const both = Promise.all([tokenOf(world, world.tokens, platform), tokenOf(world, other, platform)]).finally(() => {
      settled = true;
    });
    // The one that has to wait looks again by the clock.
    await world.until(async () => {
      await world.clock.advance(50);
      return settled;
    });
    const [one, two] = await both;
    expect(one).toBe(two);
    expect(askedForTokens(world)).toBe(1);
  });

  it("is renewed before it ends", async () => {
    const world = await appsWorld();
    await tokenOf(world, world.tokens, platform);
    await world.clock.advance(7_200_000 - 5 * 60_000 - 1);
    await tokenOf(world, world.tokens, platform);
    expect(askedForTokens(world)).toBe(1);
    await world.clock.advance(1);
    await tokenOf(world, world.tokens, platform);
    expect(askedForTokens(world)).toBe(2);
  });

  it("that the platform refuses is replaced once", async () => {
    const world = await appsWorld();
    const used: string[] = [];
    const failure = callOf(world, world.tokens, platform).withToken(async (token) => {
      used.push(token);
      throw new AppFailure(refused, { tokenRefused: true });
    });
    await expect(failure).rejects.toMatchObject({ error: { kind: "unauthorized" } });
    expect(used).toHaveLength(2);
  });

  it("is not asked for again and again with a secret that was refused, and the secret is not quoted", async () => {
    const world = await appsWorld();
    world.sandbox.apis.declareApp(platform, ids[platform], "another");
    const first = await tokenOf(world, world.tokens, platform).catch((error: unknown) => error);
    const second = await tokenOf(world, world.tokens, platform).catch((error: unknown) => error);
    for (const failure of [first, second]) {
      expect(failure).toBeInstanceOf(AppFailure);
      expect(failure).toMatchObject({ error: { kind: "unauthorized" }, tokenRefused: false });
      expect(String(failure)).not.toContain(secrets[platform]);
    }
    expect(askedForTokens(world)).toBe(1);
    world.sandbox.apis.declareApp(platform, ids[platform], secrets[platform]);
    await world.clock.advance(60_000);
    await expect(tokenOf(world, world.tokens, platform)).resolves.toBeTypeOf("string");
  });
});

describe("a token that is still good", () => {
  it("goes on being used while no new one can be had", async () => {
    const world = await appsWorld();
    const token = await tokenOf(world, world.tokens, "feishu");
    await world.clock.advance(7_200_000 - 60_000);
    world.sandbox.apis.declareApp("feishu", "cli_1", "another");
    expect(await tokenOf(world, world.tokens, "feishu")).toBe(token);
  });
});

describe("an official account's token that is refused, though asking gives the same again", () => {
  it("is ended by force", async () => {
    const world = await appsWorld();
    const used: string[] = [];
    await callOf(world, world.tokens, "wechat-official").withToken(async (token) => {
      used.push(token);
      if (used.length === 1) throw new AppFailure(refused, { tokenRefused: true });
    });
    expect(new Set(used).size).toBe(2);
    expect(world.sandbox.apis.issued).toBe(2);
  });
});

describe("an account without a secret", () => {
  it("is told so", async () => {
    const world = await appsWorld();
    await expect(tokenOf(world, world.tokens, "wecom", "bare")).rejects.toMatchObject({ error: { code: "account" } });
    expect(askedForTokens(world)).toBe(0);
  });
});

const refused = { kind: "unauthorized", code: "42001", message: "expired", advice: "" } as const;

function callOf({ accounts }: AppsWorld, tokens: AppTokens, platform: string, account = "main") {
  const found = accounts.at({ tenant: "default", platform, account });
  const app = apps.get(platform);
  if (!found || !app) throw new Error(`no account ${platform}/${account}`);
  return tokens.callFor(found, app, 5_000);
}

function tokenOf(world: AppsWorld, tokens: AppTokens, platform: string, account = "main"): Promise<string> {
  return callOf(world, tokens, platform, account).withToken(async (token) => token);
}

function askedForTokens({ sandbox }: AppsWorld): number {
  return [...sandbox.apis.asked].reduce((sum, [path, times]) => sum + (/token/i.test(path) ? times : 0), 0);
}

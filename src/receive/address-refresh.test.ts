import { describe, expect, it } from "vitest";
import { apps } from "../platforms/apps.ts";
import { type AppsWorld, appsWorld } from "../testing/apps-world.ts";
import { AddressRefresh } from "./address-refresh.ts";

const dayMs = 24 * 3_600_000;

describe.each(["wecom", "wechat-official"] as const)("the addresses that %s calls from", (platform) => {
  const place = { tenant: "default", platform, account: "main" };

  it("are asked for daily; the list before a change stays beside the new one", async () => {
    const { world, refresh, list } = await setup();
    world.sandbox.apis.addresses.set(platform, ["101.226.103.*", "2.2.2.2"]);
    await refresh.configure([place]);
    await world.until(async () => !list(place).has("9.9.9.9"));
    expect([list(place).has("101.226.103.7"), list(place).has("2.2.2.2")]).toEqual([true, true]);
    for (const next of ["101.226.103.0/25", "3.3.3.3"]) {
      world.sandbox.apis.addresses.set(platform, [next]);
      await due(world, dayMs);
      await world.clock.advance(dayMs);
      await world.until(async () => list(place).has(next.replace("0/25", "1")));
    }
    expect(["3.3.3.3", "101.226.103.1", "2.2.2.2"].map((address) => list(place).has(address))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("are remembered over a restart", async () => {
    const { world, refresh, list } = await setup();
    world.sandbox.apis.addresses.set(platform, ["2.2.2.2"]);
    await refresh.configure([place]);
    await world.until(async () => !list(place).has("9.9.9.9"));
    await refresh.stop();
    const again = refreshOf(world);
    await again.configure([place]);
    expect([again.listOf(place).has("2.2.2.2"), again.listOf(place).has("9.9.9.9")]).toEqual([true, false]);
  });
});

describe("a list that is not known", () => {
  const place = { tenant: "default", platform: "wecom", account: "main" };

  it("keeps nobody out, and is asked for again with patience", async () => {
    const { world, refresh, list, failed } = await setup();
    world.sandbox.apis.declareApp("wecom", "ww1", "another");
    await refresh.configure([place]);
    await world.until(async () => failed.length === 1);
    expect(failed[0]).toContain("wecom [40001]");
    expect(list(place).has("9.9.9.9")).toBe(true);
    await due(world, 60_000);
    world.sandbox.apis.declareApp("wecom", "ww1", "wecom-secret");
    world.sandbox.apis.addresses.set("wecom", ["not an address", "2.2.2.2"]);
    await world.clock.advance(60_000);
    await world.until(async () => !list(place).has("9.9.9.9"));
    expect(list(place).has("2.2.2.2")).toBe(true);
  });

  it("is not asked for any more when its account is gone from the configuration", async () => {
    const { world, refresh } = await setup();
    await refresh.configure([place]);
    await due(world, dayMs);
    await refresh.configure([]);
    await world.clock.advance(dayMs);
    await world.until(async () => (await world.store.jobCount("addresses")) === 0);
  });
});

async function setup() {
  const world = await appsWorld();
  const failed: string[] = [];
  const refresh = refreshOf(world, failed);
  refresh.start();
  return { world, refresh, failed, list: (place: Parameters<AddressRefresh["listOf"]>[0]) => refresh.listOf(place) };
}

function refreshOf(world: AppsWorld, failed: string[] = []): AddressRefresh {
  const { store, accounts, tokens, clock } = world;
  return new AddressRefresh({
    store,
    accounts: () => accounts,
    apps,
    tokens,
    clock,
    onFailure: ({ platform }, error) => failed.push(`${platform} ${error}`),
    onError: (what, error) => world.told.push(`${what}: ${String(error)}`),
  });
}

async function due(world: AppsWorld, afterMs: number): Promise<void> {
  const at = world.clock.now() + afterMs;
  await world.until(async () => (await world.store.nextJobAt("addresses")) === at);
}

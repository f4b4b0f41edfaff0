import { describe, expect, it } from "vitest";
// biome-ignore lint/style/noRestrictedImports: model itself imports nothing; its tests build on the shared samples.
import { aRecipient } from "../testing/samples.ts";
import { type Ending, next } from "./next.ts";
import { leavesOf } from "./plan.ts";
import type { Recipient } from "./recipient.ts";
import { planFor, type Route } from "./strategy.ts";

const recipient = aRecipient({ feishu: ["f1", "f2"], dingtalk: ["d1", "d2"] }, ["bell", "siren"]);

describe("a strategy over two platforms of two Channels each", () => {
  // What fails | what was tried: `+` side by side, `>` afterwards | how it ended.
  it.each<[Route, string, string, string]>([
    [{ strategy: "all" }, "", "f1+f2+d1+d2", "completed"],
    [{ strategy: "all" }, "f1 f2 d1", "f1+f2+d1+d2", "completed"],
    [{ strategy: "all" }, "f1 f2 d1 d2", "f1+f2+d1+d2 > bell+siren", "completed"],
    [{ strategy: "all" }, "f1 f2 d1 d2 bell siren", "f1+f2+d1+d2 > bell+siren", "failed"],

    [{ strategy: "failover" }, "", "f1", "completed"],
    [{ strategy: "failover" }, "f1", "f1 > f2", "completed"],
    [{ strategy: "failover" }, "f1 f2", "f1 > f2 > d1", "completed"],
    [{ strategy: "failover" }, "f1 f2 d1", "f1 > f2 > d1 > d2", "completed"],
    [{ strategy: "failover" }, "f1 f2 d1 d2", "f1 > f2 > d1 > d2 > bell+siren", "completed"],
    [{ strategy: "failover" }, "f1 f2 d1 d2 bell siren", "f1 > f2 > d1 > d2 > bell+siren", "failed"],

    [{ strategy: "webhook_failover" }, "", "f1+d1", "completed"],
    [{ strategy: "webhook_failover" }, "f1", "f1+d1 > f2", "completed"],
    [{ strategy: "webhook_failover" }, "f1 d1", "f1+d1 > f2+d2", "completed"],
    [{ strategy: "webhook_failover" }, "f1 f2", "f1+d1 > f2", "completed"],
    [{ strategy: "webhook_failover" }, "f1 f2 d1 d2", "f1+d1 > f2+d2 > bell+siren", "completed"],

    [{ strategy: "mixed" }, "", "f1+f2", "completed"],
    [{ strategy: "mixed" }, "f1", "f1+f2", "completed"],
    [{ strategy: "mixed" }, "f1 f2", "f1+f2 > d1+d2", "completed"],
    [{ strategy: "mixed" }, "f1 f2 d2", "f1+f2 > d1+d2", "completed"],
    [{ strategy: "mixed" }, "f1 f2 d1 d2 bell", "f1+f2 > d1+d2 > bell+siren", "completed"],

    [{ platform: "dingtalk" }, "", "d1", "completed"],
    [{ platform: "dingtalk" }, "d1", "d1 > d2", "completed"],
    [{ platform: "dingtalk" }, "d1 d2", "d1 > d2 > bell+siren", "completed"],
    [{ platform: "system" }, "", "bell+siren", "completed"],
    [{ platform: "system" }, "bell", "bell+siren", "completed"],
    [{ platform: "system" }, "bell siren", "bell+siren", "failed"],
  ])("%j, where these fail: [%s], tries %s and has %s", (route, failing, tried, outcome) => {
    expect(rounds(route, recipient, failing.split(" "))).toEqual({ tried, outcome });
  });
});

describe("a Recipient without Channels", () => {
  it("has its last resort rung at once", () => {
    expect(rounds({ strategy: "failover" }, aRecipient({}, ["bell"]), [])).toEqual({
      tried: "bell",
      outcome: "completed",
    });
  });

  it("and without notifications has failed at once", () => {
    expect(rounds({ strategy: "all" }, aRecipient({}), [])).toEqual({ tried: "", outcome: "failed" });
  });
});

describe("a platform that the Recipient does not have", () => {
  it("is refused by name", () => {
    expect(() => planFor({ platform: "wecom" }, recipient)).toThrow(
      new RangeError("recipient ops has no platform wecom"),
    );
  });
});

/** Runs in rounds: all that are under way end together. */
function rounds(route: Route, to: Recipient, failing: readonly string[]) {
  const plan = planFor(route, to);
  const leaves = leavesOf(plan);
  const endings = new Map<number, Ending>();
  const tried: string[] = [];
  for (;;) {
    const { start, outcome } = next(plan, endings);
    if (outcome) return { tried: tried.join(" > "), outcome };
    tried.push(start.map((leaf) => leaves[leaf]?.name).join("+"));
    for (const leaf of start) endings.set(leaf, failing.includes(leaves[leaf]?.name ?? "") ? "failed" : "success");
  }
}

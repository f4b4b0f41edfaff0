import { describe, expect, it } from "vitest";
import type { Event } from "../model/event.ts";
import { RefusalCounts } from "./reception-metrics.ts";

function setup() {
  let now = 1_000;
  const lines: [object, string][] = [];
  const log = { warn: (fields: object, text: string) => void lines.push([fields, text]) };
  const counts = new RefusalCounts({ now: () => now, log });
  return { counts, lines, later: (ms: number) => (now += ms) };
}

const account = { platform: "feishu", name: "a" };

describe("callbacks", () => {
  it("are counted by platform and what became of them, Events by platform", () => {
    const { counts } = setup();
    counts.received("feishu", 2, 1);
    counts.received("feishu", 0, 1);
    counts.refused(account, "signature", "look at the token");
    const lines = counts.render().split("\n");
    expect(lines).toContain('yizhan_callbacks_total{platform="feishu",outcome="stored"} 1');
    expect(lines).toContain('yizhan_callbacks_total{platform="feishu",outcome="repeated"} 1');
    expect(lines).toContain('yizhan_callbacks_total{platform="feishu",outcome="signature"} 1');
    expect(lines).toContain('yizhan_events_total{platform="feishu"} 2');
  });

  it("to accounts that do not exist make one series and one line, whatever they were called", () => {
    const { counts, lines } = setup();
    for (let n = 0; n < 100; n++) counts.unknownAccount({ tenant: "t", platform: `p${n}`, account: "x".repeat(500) });
    expect(counts.render()).toContain('yizhan_callbacks_total{platform="unknown",outcome="unknown-account"} 100');
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines[0]).length).toBeLessThan(300);
  });
});

describe("a refusal", () => {
  it("is logged with what to look at, once a minute for each account and reason", () => {
    const { counts, lines, later } = setup();
    counts.refused(account, "signature", "look at the token");
    expect(lines[0]?.[0]).toEqual({ platform: "feishu", account: "a", reason: "signature" });
    expect(lines[0]?.[1]).toContain("look at the token");
    later(59_999);
    counts.refused(account, "signature", "look at the token");
    expect(lines).toHaveLength(1);
    counts.refused(account, "stale", "look at the clock");
    counts.refused({ ...account, name: "b" }, "signature", "look at the token");
    expect(lines).toHaveLength(3);
    later(1);
    counts.refused(account, "signature", "look at the token");
    expect(lines).toHaveLength(4);
    expect(counts.health("feishu", "a").refusals).toEqual({ signature: 3, stale: 1 });
    expect(counts.health("feishu", "c")).toEqual({ refusals: {} });
  });
});

describe("a reply", () => {
  it("is counted by what became of it; what went wrong is logged, once a minute for each account and outcome", () => {
    const { counts, lines, later } = setup();
    counts.replied(account, "replied");
    counts.replied(account, "late", "nothing came within 2500 ms");
    counts.replied(account, "late", "nothing came within 2500 ms");
    expect(counts.render()).toContain('yizhan_replies_total{platform="feishu",outcome="replied"} 1');
    expect(counts.render()).toContain('yizhan_replies_total{platform="feishu",outcome="late"} 2');
    const logged = { platform: "feishu", account: "a", outcome: "late" };
    expect(lines).toEqual([[logged, "nobody was replied to: nothing came within 2500 ms"]]);
    later(60_000);
    counts.replied(account, "late", "nothing came within 2500 ms");
    counts.replied(account, "cut", "a text that grows is cut at 20480 bytes");
    expect(lines.slice(1).map(([, text]) => text)).toEqual([
      "nobody was replied to: nothing came within 2500 ms",
      "a reply was cut: a text that grows is cut at 20480 bytes",
    ]);
  });
});

describe("an account's last Event", () => {
  it("is the time it was heard of, its own and no other's", () => {
    const { counts, later } = setup();
    const event = { platform: "feishu", account: "a" } as Event;
    counts.heard([{ event }]);
    later(500);
    counts.heard([{ event: { ...event, account: "b" } }]);
    expect(counts.health("feishu", "a").lastEventAt).toBe(1_000);
    expect(counts.health("feishu", "b").lastEventAt).toBe(1_500);
    expect(counts.health("wecom", "a").lastEventAt).toBeUndefined();
  });
});

import { describe, expect, it } from "vitest";
import { dingtalkStandIn } from "./dingtalk.ts";
import { feishuStandIn } from "./feishu.ts";
import { Robots } from "./robots.ts";

describe("a robot that was called before it was declared", () => {
  it("is one robot, and starts anew when its declaration is forgotten", () => {
    const robots = new Robots([dingtalkStandIn], false);
    const called = robots.find("dingtalk", "ops");
    robots.declare("dingtalk", "ops", { secret: "s" });
    expect([...robots.all()].map(({ token, declared }) => [token, declared])).toEqual([["ops", true]]);
    expect(robots.find("dingtalk", "ops")?.settings.secret).toBe("s");
    robots.forget("dingtalk", "ops");
    const again = robots.find("dingtalk", "ops");
    expect(again?.declared).toBe(false);
    expect(again).not.toBe(called);
  });
});

describe("robots that were never declared", () => {
  it("are remembered up to ten thousand, the newest first", () => {
    const robots = new Robots([dingtalkStandIn], false);
    for (let n = 0; n < 10_001; n++) robots.find("dingtalk", `${n}`);
    const tokens = [...robots.all()].map(({ token }) => token);
    expect(tokens).toHaveLength(10_000);
    expect(tokens).not.toContain("0");
    expect(tokens).toContain("10000");
  });

  it("are one robot per platform and token", () => {
    const robots = new Robots([dingtalkStandIn, feishuStandIn], false);
    expect(robots.find("dingtalk", "ops")).toBe(robots.find("dingtalk", "ops"));
    expect(robots.find("dingtalk", "ops")).not.toBe(robots.find("feishu", "ops"));
    expect(robots.find("dingtalk", "")).toBeUndefined();
  });
});

import { describe, expect, it } from "vitest";
import { type Reply, ReplyRefused, replyParts } from "../model/reply.ts";
import { replies as dingtalk } from "./dingtalk/replying.ts";
import { replies as feishu } from "./feishu/replying.ts";
import { checkParts, type ReplyRules } from "./replying.ts";
import { replies as official } from "./wechat-official/replying.ts";
import { replies as wecom } from "./wecom/replying.ts";

const tables = Object.entries({ dingtalk, feishu, official, wecom }).flatMap(([platform, rules]) =>
  Object.entries<ReplyRules>(rules).map(([situation, rule]) => [`${platform} ${situation}`, rule] as const),
);

describe("what a platform takes in answer to a callback", () => {
  it.each(tables)("%s: something, in time, and nothing twice", (_name, { takes, withinMs, tries, tryMs, stream }) => {
    expect(takes.length).toBeGreaterThan(0);
    const lines = takes.map((parts) => [...parts].sort().join(" "));
    expect(new Set(lines).size).toBe(lines.length);
    for (const part of takes.flat()) expect(replyParts).toContain(part);
    // The way there and back, and a busy hub, have half a second at least.
    expect(withinMs).toBeLessThanOrEqual(tryMs - 500);
    expect([1, 2, 3]).toContain(tries);
    expect(takes.some((parts) => parts.includes("stream"))).toBe(stream !== undefined);
  });
});

describe("a reply's parts", () => {
  const rules: ReplyRules = { takes: [["text"], ["toast", "card"]], withinMs: 1, tries: 1, tryMs: 2 };

  it.each<Reply>([{ text: "hello" }, { card: {}, toast: { text: "done" } }, { text: "hello", image: undefined }])(
    "may be %j",
    (reply) => {
      expect(() => checkParts(reply, rules, "feishu")).not.toThrow();
    },
  );

  it.each<[Reply, string]>([
    [{}, "nothing"],
    [{ image: "m1" }, "image"],
    [{ card: {} }, "card"],
    [{ text: "hello", toast: { text: "done" } }, "text with toast"],
  ])("may not be %j, which is told in words", (reply, found) => {
    const words = `the reply has ${found}, expected text, or toast with card: feishu shows nothing else in answer to this`;
    expect(() => checkParts(reply, rules, "feishu")).toThrow(new ReplyRefused(words));
  });
});

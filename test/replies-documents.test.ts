import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { replyParts } from "../src/model/reply.ts";
import { replies as dingtalk } from "../src/platforms/dingtalk/replying.ts";
import { replies as feishu } from "../src/platforms/feishu/replying.ts";
import type { ReplyRules } from "../src/platforms/replying.ts";
import { replies as official } from "../src/platforms/wechat-official/replying.ts";
import { replies as wecom } from "../src/platforms/wecom/replying.ts";
import { root } from "./yizhan.ts";

const platforms = { wecom, "wechat-official": official, feishu, dingtalk };

describe.each([
  ["docs/replies.md", " with ", "What is taken, and how soon", "Parts"],
  ["docs/replies.zh-CN.md", " 加 ", "能回复什么，时限多久", "组成部分"],
])("%s", (file, together, taken, parts) => {
  it("says what each platform takes, and how soon, as its folder has it", () => {
    const inCode = Object.entries(platforms).flatMap(([platform, rules]) =>
      Object.entries<ReplyRules>(rules).map(([situation, { takes, withinMs }]) => ({
        platform,
        situation,
        takes: takes.map((all) => all.join(" + ")),
        within: `${withinMs / 1000} s`,
      })),
    );
    const documented = rowsUnder(file, taken).map(([platform = "", what = "", takes = "", within = ""]) => ({
      platform: platform.replaceAll("`", ""),
      situation: /^`([^`]+)`/.exec(what)?.[1],
      takes: takes.split(/, |、/).map((all) => all.replaceAll("`", "").split(together).join(" + ")),
      within,
    }));
    expect(documented).toEqual(inCode);
  });

  it("names every part", () => {
    const named = rowsUnder(file, parts).flatMap((cells) => cells.join(" ").match(/`\w+`/g) ?? []);
    for (const part of replyParts) expect(named).toContain(`\`${part}\``);
  });
});

function rowsUnder(file: string, heading: string): string[][] {
  const text = readFileSync(join(root, file), "utf8");
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  return [...section.matchAll(/^\| (`.*) \|$/gm)].map(([, row = ""]) => row.split(" | ").map((cell) => cell.trim()));
}

import { describe, expect, it } from "vitest";
import type { Message } from "../../model/message.ts";
import { platformContract } from "../../testing/platform-contract.ts";
import type { Payload } from "../definition.ts";
import { wecom } from "./index.ts";
import { render } from "./render.ts";

const hook = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa";

platformContract(wecom, {
  folder: new URL("./", import.meta.url),
  channel: { url: hook, secret: "" },
  badChannels: [
    { settings: { url: "qyapi.weixin.qq.com" }, says: /beginning with https:\/\/ or http:\/\// },
    { settings: { key: "x" }, says: /url/ },
  ],
  measure: (payload) => Buffer.byteLength(readable(payload)),
  textOf: readable,
  http: {
    channelAt: (origin) => ({ url: `${origin}/cgi-bin/webhook/send?key=key-693a91f6`, secret: "" }),
    secrets: ["key-693a91f6"],
    success: '{"errcode":0,"errmsg":"ok"}',
    refusal: (errmsg, code = "93000") => JSON.stringify({ errcode: Number(code), errmsg }),
  },
});

describe("WeCom", () => {
  it("is known to clients by the name it always had", () => {
    expect(wecom.aliases).toEqual(["wechat"]);
    expect(wecom.apiName).toBe("wechat");
  });
});

describe("a WeCom text", () => {
  it("calls people by its lists", () => {
    const mentions = { all: true, users: ["zhangsan"], mobiles: ["13800000000"] };
    expect(render({ ...alarm, mentions })).toEqual([
      {
        msgtype: "text",
        text: {
          content: "🚨 磁盘告警\n使用率 95%",
          mentioned_list: ["zhangsan", "@all"],
          mentioned_mobile_list: ["13800000000"],
        },
      },
    ]);
  });

  it("calls people in its last part only", () => {
    const payloads = render({ ...alarm, body: "字".repeat(1000), mentions: { users: ["zhangsan"] } });
    expect(payloads.map((payload) => JSON.stringify(payload).includes("zhangsan"))).toEqual([false, true]);
  });
});

describe("a WeCom card", () => {
  it.each([
    ["info", '**<font color="info">ℹ️ 磁盘告警</font>**'],
    ["warning", '**<font color="warning">⚠️ 磁盘告警</font>**'],
    ["error", '**<font color="warning">🚨 磁盘告警</font>**'],
  ] as const)("of level %s is markdown with a coloured title", (level, first) => {
    expect(render({ ...alarm, level, style: "card" })).toEqual([
      { msgtype: "markdown", markdown: { content: `${first}\n使用率 95%` } },
    ]);
  });

  it("has no lists, tables, images, italics or fences", () => {
    const body =
      "- 项\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n![图](https://example.com/i.png) *斜* ~~删~~ **粗**\n\n```sh\nls -l\n```";
    expect(readable(render({ ...alarm, style: "card", body })[0])).toBe(
      '**<font color="warning">🚨 磁盘告警</font>**\n• 项\n\na | b\n1 | 2\n\n[图](https://example.com/i.png) 斜 删 **粗**\n\n> ls -l',
    );
  });

  it("calls users in its text", () => {
    expect(readable(render({ ...alarm, style: "card", mentions: { users: ["zhangsan", "a>b"] } })[0])).toMatch(
      /\n<@zhangsan>$/,
    );
  });

  it("calls everybody by a text message behind it, because markdown cannot", () => {
    expect(render({ ...alarm, style: "card", mentions: { all: true, mobiles: ["13800000000"] } })[1]).toEqual({
      msgtype: "text",
      text: { content: "🚨 磁盘告警", mentioned_list: ["@all"], mentioned_mobile_list: ["13800000000"] },
    });
  });

  it("calls nobody for what somebody's text says", () => {
    const [payload] = render({
      ...alarm,
      style: "card",
      title: "<@all></font>",
      body: "<@zhangsan> < @lisi> <**@**wangwu>",
    });
    expect(readable(payload)).not.toMatch(/<\s*@/);
    expect(readable(payload).match(/<\/font>/g)).toHaveLength(1);
  });

  it("has its actions as links", () => {
    const actions = [{ text: "查看", url: "https://example.com/a_(b)" }];
    expect(readable(render({ ...alarm, style: "card", actions })[0])).toContain(
      "\n[查看](https://example.com/a_%28b%29)",
    );
  });
});

const alarm: Message = { title: "磁盘告警", body: "使用率 95%", level: "error", style: "text" };

interface Readable {
  readonly text?: { readonly content: string };
  readonly markdown?: { readonly content: string };
}

function readable(payload: Payload | undefined): string {
  const { text, markdown }: Readable = { ...payload };
  return text?.content ?? markdown?.content ?? "";
}

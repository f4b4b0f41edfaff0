import { describe, expect, it } from "vitest";
import type { Message } from "../../model/message.ts";
import { platformContract } from "../../testing/platform-contract.ts";
import { sentRequests } from "../../testing/sent-requests.ts";
import type { Payload } from "../definition.ts";
import { dingtalk } from "./index.ts";
import { render } from "./render.ts";
import { addressOf, connect, sign } from "./robot.ts";

const hook = "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef";

platformContract(dingtalk, {
  folder: new URL("./", import.meta.url),
  channel: { url: hook, secret: "SECdemo" },
  badChannels: [
    { settings: { url: "" }, says: /beginning with https:\/\/ or http:\/\// },
    { settings: { url: hook, token: "x" }, says: /token/ },
  ],
  signatures: [
    // The inputs are the official page's example.
    {
      of: "a timestamp",
      made: sign("1577262236757", "this is a secret"),
      published: "DJrE6qdyVGCQz9z5r2MDuNcNAhwYnuAkyj13cx169CA=",
    },
  ],
  measure: (payload) => Buffer.byteLength(JSON.stringify(payload)),
  textOf: readable,
  http: {
    channelAt: (origin) => ({ url: `${origin}/robot/send?access_token=token-0123456789`, secret: "SECrobot+secret" }),
    secrets: ["token-0123456789", "SECrobot+secret"],
    success: '{"errcode":0,"errmsg":"ok"}',
    refusal: (errmsg, code = "400105") => JSON.stringify({ errcode: Number(code), errmsg }),
  },
});

describe("a DingTalk robot's address", () => {
  it("carries the signature of the moment, percent-encoded", () => {
    const address = addressOf({ url: hook, secret: "this is a secret" }, 1_577_262_236_757.5);
    expect(address).toBe(`${hook}&timestamp=1577262236757&sign=DJrE6qdyVGCQz9z5r2MDuNcNAhwYnuAkyj13cx169CA%3D`);
  });

  it("escapes what a query would read as a blank", () => {
    const signs = Array.from(
      { length: 50 },
      (_, ms) => addressOf({ url: hook, secret: "s" }, ms).split("sign=")[1] ?? "",
    );
    expect(signs.some((sign) => sign.includes("%2B"))).toBe(true);
    for (const sign of signs) expect(sign).toMatch(/^[\w%]+$/);
  });

  it("stays as it is without a secret", () => {
    expect(addressOf({ url: hook, secret: "" }, 1)).toBe(hook);
  });
});

describe("a DingTalk message sent again", () => {
  it("has the msgUuid of the first time, and a signature in the query", async () => {
    const channelAt = (origin: string) => ({ url: `${origin}/robot/send?access_token=t`, secret: "this is a secret" });
    const payload = { msgtype: "text", text: { content: "hi" } };
    const sending = { channelAt, payload, nowMs: 1_577_262_236_757, key: "task-7-1", times: 2 };
    const requests = await sentRequests(connect, sending);
    const sent = { msgtype: "text", text: { content: "hi" }, msgUuid: "task-7-1" };
    expect(requests.map(({ body }): unknown => JSON.parse(body))).toEqual([sent, sent]);
    expect(requests[1]?.url).toBe(
      "/robot/send?access_token=t&timestamp=1577262236757&sign=DJrE6qdyVGCQz9z5r2MDuNcNAhwYnuAkyj13cx169CA%3D",
    );
  });
});

describe("a DingTalk text", () => {
  it("names whom it calls in the text and in the list", () => {
    const mentions = { all: true, users: ["manager01"], mobiles: ["13800000000"] };
    expect(render({ ...alarm, mentions })).toEqual([
      {
        msgtype: "text",
        text: { content: "⚠️ 磁盘告警\n使用率 95%\n\n@13800000000 @manager01" },
        at: { atMobiles: ["13800000000"], atUserIds: ["manager01"], isAtAll: true },
      },
    ]);
  });

  it("calls people in its last part only", () => {
    const payloads = render({ ...alarm, body: "字".repeat(9000), mentions: { mobiles: ["13800000000"] } });
    expect(payloads.map((payload) => "at" in payload)).toEqual([false, true]);
    expect(readable(payloads[0])).not.toContain("@138");
  });

  it("calls at most 50 people and says how many are left out", () => {
    const mobiles = Array.from({ length: 60 }, (_, index) => `138000000${10 + index}`);
    const [payload] = render({ ...alarm, mentions: { mobiles } });
    expect(payload).toMatchObject({ at: { atMobiles: mobiles.slice(0, 50) } });
    expect(readable(payload)).toContain("另有 10 人未能提醒");
  });
});

describe("a DingTalk card", () => {
  it("is markdown whose lines are broken by two blanks", () => {
    expect(render({ ...alarm, style: "card", body: "第一行\n第二行\n\n- 项 **重**\n\n|a|b|\n|-|-|\n|1|2|" })).toEqual([
      {
        msgtype: "markdown",
        markdown: { title: "⚠️ 磁盘告警", text: "### ⚠️ 磁盘告警\n\n第一行  \n第二行\n\n- 项 **重**\n\na | b  \n1 | 2" },
      },
    ]);
  });

  it("with actions is an actionCard with buttons, on the last part", () => {
    const actions = [
      { text: "查看", url: "https://example.com/1" },
      { text: "确认", url: "https://example.com/2" },
    ];
    const payloads = render({ ...alarm, style: "card", body: "字".repeat(9000), actions });
    expect(payloads.map(({ msgtype }) => msgtype)).toEqual(["markdown", "actionCard"]);
    expect(payloads[1]).toMatchObject({
      actionCard: {
        title: "⚠️ 磁盘告警 (2/2)",
        btnOrientation: "1",
        btns: [
          { title: "查看", actionURL: "https://example.com/1" },
          { title: "确认", actionURL: "https://example.com/2" },
        ],
      },
    });
  });

  it("that calls people has its actions as links, because buttons and mentions exclude each other", () => {
    const actions = [{ text: "查看", url: "https://example.com/1" }];
    const [payload] = render({ ...alarm, style: "card", actions, mentions: { all: true } });
    expect(payload).toMatchObject({ msgtype: "markdown", at: { isAtAll: true } });
    expect(readable(payload)).toContain("[查看](https://example.com/1)");
  });
});

const alarm: Message = { title: "磁盘告警", body: "使用率 95%", level: "warning", style: "text" };

interface Readable {
  readonly text?: { readonly content: string };
  readonly markdown?: { readonly text: string };
  readonly actionCard?: {
    readonly text: string;
    readonly btns: readonly { readonly title: string; readonly actionURL: string }[];
  };
}

function readable(payload: Payload | undefined): string {
  const { text, markdown, actionCard }: Readable = { ...payload };
  const buttons = actionCard?.btns.map(({ title, actionURL }) => `${title} ${actionURL}`) ?? [];
  return [text?.content ?? markdown?.text ?? actionCard?.text, ...buttons].join("\n");
}

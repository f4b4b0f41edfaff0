import { describe, expect, it } from "vitest";
import type { ReplyContent } from "../replying.ts";
import { dingtalkReceiver } from "./receive.ts";
import { replies } from "./replying.ts";

const account = dingtalkReceiver.account.parse({ client_id: "ding1", client_secret: "s" });
const context = { nowMs: 0, randomBytes: (bytes: number) => new Uint8Array(bytes) };

describe("what somebody writes to the robot", () => {
  it.each<[ReplyContent, object]>([
    [{ text: "你好" }, { msgtype: "text", text: { content: "你好" } }],
    [{ markdown: "## 今日\n\n- 晴" }, { msgtype: "markdown", markdown: { title: "今日", text: "## 今日\n\n- 晴" } }],
    [
      { card: { title: "t", text: "x", singleTitle: "看", singleURL: "https://e" } },
      { msgtype: "actionCard", actionCard: { title: "t", text: "x", singleTitle: "看", singleURL: "https://e" } },
    ],
  ])("is replied to with %j", (content, body) => {
    const way = wayOf({ msgtype: "text", text: { content: "hi" } });
    expect(way?.rules).toBe(replies.message);
    expect(JSON.parse(way?.answer(content, context).body ?? "")).toEqual(body);
  });

  it("is not replied to with more than the robot may say", () => {
    const words = "a robot's text has 20001 bytes, and at most 20000 are shown";
    expect(() => wayOf({ msgtype: "text" })?.answer({ text: "a".repeat(20_001) }, context)).toThrow(
      new RangeError(words),
    );
  });
});

describe("a click in a card", () => {
  it("is replied to with the values that take the place of the card's", () => {
    const card = { cardData: { cardParamMap: { state: "done" } }, cardUpdateOptions: { updateCardDataByKey: true } };
    const way = wayOf({ type: "actionCallback", outTrackId: "t1" });
    expect(way?.rules).toBe(replies.click);
    expect(JSON.parse(way?.answer({ card }, context).body ?? "")).toEqual(card);
  });

  it.each([{ cardData: { cardParamMap: { n: 1 } } }, { userPrivateData: {} }])(
    "takes only text for values: %j",
    (card) => {
      expect(() => wayOf({ type: "actionCallback" })?.answer({ card }, context)).toThrow(
        /\.cardParamMap must be an object whose values are all text$/,
      );
    },
  );
});

describe("an event", () => {
  it("is answered with one word, and nothing else", () => {
    expect(wayOf({ encrypt: "AAAA" })).toBeUndefined();
  });
});

function wayOf(body: object) {
  const raw = JSON.stringify(body);
  const request = { method: "POST", query: new URLSearchParams(), headers: {}, body: Buffer.from(raw) };
  return dingtalkReceiver.way?.(raw, request, account);
}

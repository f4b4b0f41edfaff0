import { describe, expect, it } from "vitest";
import type { ReplyContent } from "../replying.ts";
import { feishuReceiver } from "./receive.ts";
import { replies } from "./replying.ts";

const account = feishuReceiver.account.parse({ app_id: "cli_1", verification_token: "t" });
const context = { nowMs: 0, randomBytes: (bytes: number) => new Uint8Array(bytes) };
const card = { schema: "2.0", body: { elements: [] } };
const template = { type: "template", data: { template_id: "AAq1" } };

describe("a click in a card", () => {
  it.each<[ReplyContent, object]>([
    [{ toast: { kind: "success", text: "已批准" } }, { toast: { type: "success", content: "已批准" } }],
    [{ text: "已批准" }, { toast: { type: "info", content: "已批准" } }],
    [{ card }, { card: { type: "raw", data: card } }],
    [{ card: template }, { card: template }],
    [
      { toast: { text: "ok" }, card },
      { toast: { type: "info", content: "ok" }, card: { type: "raw", data: card } },
    ],
  ])("is replied to with %j", (content, body) => {
    const way = wayOf({ schema: "2.0", header: { event_type: "card.action.trigger", event_id: "e1" }, event: {} });
    expect(way?.rules).toBe(replies.click);
    expect(way?.answer(content, context)).toEqual({
      status: 200,
      contentType: "application/json; charset=utf-8",
      body: JSON.stringify(body),
    });
  });

  it("of the older callback is replied to with the card itself", () => {
    const way = wayOf({ open_id: "ou_1", open_message_id: "om_1", action: { value: {}, tag: "button" } });
    expect(way?.rules).toBe(replies["older click"]);
    expect(way?.answer({ card }, context).body).toBe(JSON.stringify(card));
  });
});

describe("a message", () => {
  it("is not replied to in the answer, which the platform does not look at", () => {
    expect(wayOf({ schema: "2.0", header: { event_type: "im.message.receive_v1" }, event: {} })).toBeUndefined();
  });
});

function wayOf(body: object) {
  const request = { method: "POST", query: new URLSearchParams(), headers: {}, body: new Uint8Array() };
  return feishuReceiver.way?.(JSON.stringify(body), request, account);
}

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dingtalkStandIn } from "./dingtalk.ts";
import { feishuStandIn } from "./feishu.ts";
import { Robot } from "./robots.ts";
import type { Call } from "./stand-in.ts";
import { wecomStandIn } from "./wecom.ts";

/** Bodies that get past the first checks, with anything at all where an object is expected. */
const kinds = {
  feishu: ["text", "post", "image", "share_chat", "interactive"],
  dingtalk: ["text", "markdown", "link", "actionCard", "feedCard"],
  wecom: ["text", "markdown", "image", "news", "file", "template_card"],
};
const paths = { feishu: "/open-apis/bot/v2/hook/a", dingtalk: "/robot/send", wecom: "/cgi-bin/webhook/send" };
const names = [
  "title",
  "text",
  "content",
  "post",
  "zh_cn",
  "elements",
  "header",
  "body",
  "tag",
  "btns",
  "links",
  "articles",
  "at",
];

describe.each([feishuStandIn, dingtalkStandIn, wecomStandIn])("the stand-in of $platform", (standIn) => {
  it("answers any JSON with a code", () => {
    const anything = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 5 }, fc.jsonValue({ maxDepth: 1 }), fc.array(tie("value")), tie("fields")),
      fields: fc.dictionary(fc.constantFrom(...names), tie("value")),
    })).value;
    const kind = fc.constantFrom(...kinds[standIn.platform]);
    fc.assert(
      fc.property(kind, anything, anything, (type, part, at) => {
        const body = JSON.stringify({ msg_type: type, msgtype: type, content: part, card: part, [type]: part, at });
        const verdict = standIn.answer(callOf(body), new Robot(standIn.platform, "a", {}, false), 0);
        expect(verdict.code).toMatch(/^-?\d+$/);
        expect(verdict.reply.status).toBe(200);
        expect(verdict.content === undefined).toBe(verdict.code !== "0");
      }),
      { numRuns: 150 },
    );
  });

  function callOf(body: string): Call {
    const headers = { "content-type": "application/json" };
    const query = new URLSearchParams({ access_token: "a", key: "a" });
    return { method: "POST", path: paths[standIn.platform], query, headers, body: Buffer.from(body), ip: "127.0.0.1" };
  }
});

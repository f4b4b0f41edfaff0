import { describe, expect, it } from "vitest";
import { feishuSign } from "./feishu.ts";
import { newYear, visit } from "./sandbox-fixture.ts";

const hook = "/open-apis/bot/v2/hook/ops";
const hello = { msg_type: "text", content: { text: "hello" } };
const success = { StatusCode: 0, StatusMessage: "success", code: 0, data: {}, msg: "success" };
const seconds = newYear / 1000;

describe("a Feishu signature", () => {
  it.each([
    ["demo-secret", "1599360473", "3/MaVZ8JLIy4TUG+7KSFJqvUkTKd+HWY8g+56DZWq8s="],
    ["demo", "1599360473", "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="],
  ])("of %s at %s is the published one", (secret, timestamp, sign) => {
    expect(feishuSign(timestamp, secret)).toBe(sign);
  });
});

describe("a Feishu robot", () => {
  it("answers success in its new and its old fields, and shows the message", async () => {
    const { post, sandbox } = await visit();
    expect(await post(hook, hello)).toMatchObject({ status: 200, body: success });
    expect(sandbox.inbox.list()).toMatchObject([
      { seq: 1, platform: "feishu", token: "ops", text: "hello", type: "text" },
    ]);
  });

  it.each<[string, unknown, number, string]>([
    ["no JSON", "{", 9499, "Bad Request"],
    ["a list", [], 9499, "Bad Request"],
    ["20 KB and one byte", padded(20 * 1024 + 1), 9499, "Bad Request"],
    ["no msg_type", {}, 19002, "params error, msg_type need"],
    ["an unknown msg_type", { msg_type: "audio", content: {} }, 19002, "params error, msg_type is not supported"],
    [
      "content as a string",
      { msg_type: "text", content: '{"text":"x"}' },
      19002,
      "params error, content must be an object",
    ],
    ["a text without text", { msg_type: "text", content: {} }, 19002, "params error, content.text need"],
    ["a post without languages", post({}), 19002, "params error, content.post needs a language"],
    [
      "a post without its post level",
      { msg_type: "post", content: { zh_cn: { content: [] } } },
      19002,
      "params error, content.post need",
    ],
    [
      "a post of one list",
      post({ zh_cn: { content: [{ tag: "text", text: "x" }] } }),
      19002,
      "params error, content.post.zh_cn.content must be a list of lists",
    ],
    [
      "a post with an unknown node",
      post({ zh_cn: { content: [[{ tag: "video" }]] } }),
      19002,
      "params error, content.post.zh_cn has a node that is not supported",
    ],
    ["an image without key", { msg_type: "image", content: {} }, 19002, "params error, content.image_key need"],
    [
      "a shared chat without id",
      { msg_type: "share_chat", content: {} },
      19002,
      "params error, content.share_chat_id need",
    ],
    ["a card in content", { msg_type: "interactive", content: {} }, 19002, "params error, card must be an object"],
    ["a card as a string", card("{}"), 19002, "params error, card must be an object"],
    ["a card without elements", card({}), 230099, cardError(200621, "parse card json err, elements is required")],
    [
      "a card with an untagged element",
      card({ elements: [{}] }),
      230099,
      cardError(200621, "parse card json err, every element needs a tag"),
    ],
    [
      "a v2 card with an unknown property",
      card({ schema: "2.0", elements: [], body: { elements: [] } }),
      230099,
      cardError(200621, "parse card json err, unknown property, property: elements"),
    ],
    [
      "a v2 card with a v1 setting",
      card({ schema: "2.0", config: { wide_screen_mode: true }, body: { elements: [] } }),
      230099,
      cardError(200621, "parse card json err, unknown property, property: config.wide_screen_mode"),
    ],
    [
      "a v2 card with a v1 tag",
      card({ schema: "2.0", body: { elements: [{ tag: "action", actions: [] }] } }),
      230099,
      cardError(200861, "cards of schema V2 no longer support this capability; unsupported tag action"),
    ],
    [
      "a v2 card of 201 elements",
      card({ schema: "2.0", body: { elements: Array(201).fill({ tag: "hr" }) } }),
      230099,
      cardError(11310, "element exceeds the limit"),
    ],
    [
      "a card nested a hundred deep",
      card({ elements: [nested(100)] }),
      230099,
      cardError(200621, "parse card json err, nested too deeply"),
    ],
    [
      "a template without id",
      card({ type: "template", data: {} }),
      230099,
      cardError(200621, "parse card json err, data.template_id is required"),
    ],
  ])("refuses %s", async (_, body, code, msg) => {
    const { post, sandbox } = await visit();
    expect(await post(hook, body)).toMatchObject({ status: 200, body: { code, data: {}, msg } });
    expect(sandbox.inbox.list()).toEqual([]);
    expect(sandbox.statistics().platforms.feishu.refused).toEqual({ [code]: 1 });
  });

  it.each<[string, unknown, string, string[]]>([
    ["exactly 20 KB", padded(20 * 1024), "", []],
    [
      "a text with mentions",
      { msg_type: "text", content: { text: 'hi <at user_id="all">所有人</at><at user_id="ou_1">A</at>' } },
      'hi <at user_id="all">所有人</at><at user_id="ou_1">A</at>',
      ["all", "ou_1"],
    ],
    [
      "a post",
      post({
        zh_cn: {
          title: "T",
          content: [
            [
              { tag: "text", text: "see " },
              { tag: "a", text: "it", href: "http://x" },
            ],
            [{ tag: "at", user_id: "ou_1", user_name: "A" }],
          ],
        },
      }),
      "T\nsee it (http://x)\n@A",
      ["ou_1"],
    ],
    [
      "a v1 card",
      card({
        header: { title: { tag: "plain_text", content: "T" } },
        elements: [
          { tag: "markdown", content: "**x** <at id=all></at>" },
          { tag: "action", actions: [{ tag: "button", text: { tag: "plain_text", content: "go" } }] },
        ],
      }),
      "T\n**x** <at id=all></at>\ngo",
      ["all"],
    ],
    [
      "a v2 card",
      card({
        schema: "2.0",
        config: { update_multi: true },
        header: { title: { tag: "plain_text", content: "T" } },
        body: { elements: [{ tag: "markdown", content: "x" }] },
      }),
      "T\nx",
      [],
    ],
    ["a template", card({ type: "template", data: { template_id: "t" } }), "", []],
    ["an image", { msg_type: "image", content: { image_key: "k" } }, "[image k]", []],
    ["a shared chat", { msg_type: "share_chat", content: { share_chat_id: "oc_1" } }, "[chat oc_1]", []],
  ])("shows %s", async (_, body, text, mentions) => {
    const { post, sandbox } = await visit();
    expect((await post(hook, body)).body).toEqual(success);
    const [message] = sandbox.inbox.list();
    expect(message?.mentions).toEqual(mentions);
    if (text !== "") expect(message?.text).toBe(text);
  });

  it.each([
    ["GET", hook],
    ["POST", `${hook}/more`],
    ["POST", "/open-apis/bot/v2/hooks/ops"],
  ])("is not found by %s %s, in plain text", async (method, path) => {
    const { ask } = await visit();
    const answered = await ask(method, path);
    expect(answered).toMatchObject({ status: 404, body: "404 page not found" });
    expect(answered.type).toMatch(/^text\/plain/);
  });
});

describe("a signed Feishu robot", () => {
  const mismatch = { code: 19021, msg: "sign match fail or timestamp is not within one hour from current time" };
  const signedAt = (at: number, secret = "s3cret") => ({
    ...hello,
    timestamp: String(at),
    sign: feishuSign(String(at), secret),
  });

  it.each<[string, unknown, object]>([
    ["the right sign", signedAt(seconds), success],
    ["a clock one hour behind", signedAt(seconds - 3600), success],
    ["a clock one hour ahead", signedAt(seconds + 3600), success],
    ["a clock one hour and a second behind", signedAt(seconds - 3601), mismatch],
    ["a clock one hour and a second ahead", signedAt(seconds + 3601), mismatch],
    ["a timestamp in milliseconds", signedAt(newYear), mismatch],
    ["another secret", signedAt(seconds, "other"), mismatch],
    ["no sign", hello, mismatch],
    ["a timestamp as a number", { ...signedAt(seconds), timestamp: seconds }, mismatch],
  ])("given %s", async (_, body, answer) => {
    const { post } = await visit({ robots: [{ platform: "feishu", token: "ops", secret: "s3cret" }] });
    expect(await post(hook, body)).toMatchObject({ status: 200, body: answer });
  });
});

describe("a Feishu robot with other security settings", () => {
  it("wants one of its keywords in the message", async () => {
    const { post } = await visit({ robots: [{ platform: "feishu", token: "ops", keywords: ["告警", "alert"] }] });
    expect((await post(hook, hello)).body).toMatchObject({ code: 19024, msg: "Key Words Not Found" });
    expect((await post(hook, { msg_type: "text", content: { text: "an alert" } })).body).toEqual(success);
  });

  it.each([
    ["10.0.0.0/8", 19022],
    ["127.0.0.*", 0],
    ["127.0.0.1", 0],
    ["127.0.0.0/30", 0],
    ["127.0.1.*", 19022],
  ])("whose callers are limited to %s answers this machine with %d", async (rule, code) => {
    const { post } = await visit({ robots: [{ platform: "feishu", token: "ops", ips: [rule] }] });
    expect((await post(hook, hello)).body).toMatchObject({ code });
  });

  it("that is disabled, or in strict mode not declared, does not exist", async () => {
    const unknown = { code: 19001, data: {}, msg: "param invalid: incoming webhook access token invalid" };
    const { post } = await visit({ strict: true, robots: [{ platform: "feishu", token: "ops", disabled: true }] });
    expect((await post(hook, hello)).body).toEqual(unknown);
    expect((await post("/open-apis/bot/v2/hook/nobody", hello)).body).toEqual(unknown);
  });
});

describe("a Feishu robot that sends too fast", () => {
  const limited = { code: 11232, data: {}, msg: "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]" };

  it("gets 5 messages through in any second", async () => {
    const { post, clock, sandbox } = await visit();
    for (let n = 0; n < 5; n++) expect((await post(hook, hello)).body).toEqual(success);
    expect((await post(hook, hello)).body).toEqual(limited);
    clock.now += 999;
    expect((await post(hook, hello)).body).toEqual(limited);
    clock.now += 1;
    expect((await post(hook, hello)).body).toEqual(success);
    expect(sandbox.statistics().platforms.feishu).toMatchObject({ requests: 8, accepted: 6, refused: { 11232: 2 } });
  });

  it("gets 100 messages through in any minute, and leaves other robots alone", async () => {
    const { post, clock } = await visit();
    for (let n = 0; n < 100; n++) {
      expect((await post(hook, hello)).body).toEqual(success);
      clock.now += 250;
    }
    expect((await post(hook, hello)).body).toEqual(limited);
    expect((await post("/open-apis/bot/v2/hook/other", hello)).body).toEqual(success);
    clock.now = newYear + 60_000;
    expect((await post(hook, hello)).body).toEqual(success);
  });
});

function post(post: unknown) {
  return { msg_type: "post", content: { post } };
}

function card(card: unknown) {
  return { msg_type: "interactive", card };
}

function cardError(code: number, message: string): string {
  return `Failed to create card content, ext=ErrCode: ${code}; ErrMsg: ${message}`;
}

function padded(bytes: number): string {
  const empty = JSON.stringify({ msg_type: "text", content: { text: "" } });
  return JSON.stringify({ msg_type: "text", content: { text: "x".repeat(bytes - empty.length) } });
}

function nested(levels: number): unknown {
  return levels === 0 ? "x" : { tag: "div", text: nested(levels - 1) };
}

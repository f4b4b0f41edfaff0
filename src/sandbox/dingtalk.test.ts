import { describe, expect, it } from "vitest";
import { dingtalkSign } from "./dingtalk.ts";
import { newYear, visit } from "./sandbox-fixture.ts";

const send = "/robot/send?access_token=ops";
const hello = { msgtype: "text", text: { content: "hello" } };
const ok = { errcode: 0, errmsg: "ok" };
const more = ", more: [https://open.dingtalk.com/document/dingstart/customize-robot-security-settings]";

describe("a DingTalk signature", () => {
  it("is the published one", () => {
    expect(dingtalkSign("1577262236757", "this is a secret")).toBe("DJrE6qdyVGCQz9z5r2MDuNcNAhwYnuAkyj13cx169CA=");
  });
});

describe("a DingTalk robot", () => {
  it.each<[string, unknown, string, string[]]>([
    ["text", hello, "hello", []],
    [
      "text with mentions",
      {
        ...hello,
        text: { content: "hi @138 @u1" },
        at: { atMobiles: ["138", "139"], atUserIds: ["u1"], isAtAll: true },
      },
      "hi @138 @u1",
      ["all", "138", "u1"],
    ],
    ["markdown", { msgtype: "markdown", markdown: { title: "T", text: "# x" } }, "T\n# x", []],
    [
      "link, which mentions nobody",
      { msgtype: "link", link: { title: "T", text: "x", messageUrl: "http://x" }, at: { isAtAll: true } },
      "T\nx\nhttp://x",
      [],
    ],
    [
      "actionCard with one button",
      { msgtype: "actionCard", actionCard: { title: "T", text: "x", singleTitle: "go", singleURL: "http://x" } },
      "T\nx\ngo\nhttp://x",
      [],
    ],
    [
      "actionCard with buttons",
      { msgtype: "actionCard", actionCard: { title: "T", text: "x", btns: [{ title: "a", actionURL: "http://a" }] } },
      "T\nx\na\nhttp://a",
      [],
    ],
    [
      "feedCard",
      { msgtype: "feedCard", feedCard: { links: [{ title: "T", messageURL: "http://x", picURL: "http://p" }] } },
      "T\nhttp://x\nhttp://p",
      [],
    ],
  ])("shows %s", async (_, body, text, mentions) => {
    const { post, sandbox } = await visit();
    expect(await post(send, body)).toMatchObject({ status: 200, body: ok });
    expect(sandbox.inbox.list()).toMatchObject([{ platform: "dingtalk", token: "ops", text, mentions }]);
  });

  it.each<[string, unknown, number, string]>([
    ["no JSON", "hello", 40035, "缺少参数 json"],
    ["20 001 bytes", padded(20_001), 460101, "message too long, exceed 20000 bytes"],
    ["no msgtype", { text: { content: "x" } }, 400105, "不支持的消息类型"],
    ["the type of callback answers", { msgtype: "empty", empty: {} }, 400105, "不支持的消息类型"],
    ["a text without its object", { msgtype: "text" }, 40035, "缺少参数 text"],
    ["an empty text", { msgtype: "text", text: { content: "" } }, 40035, "缺少参数 text.content"],
    ["markdown without title", { msgtype: "markdown", markdown: { text: "x" } }, 40035, "缺少参数 markdown.title"],
    [
      "a link with the address of a feed",
      { msgtype: "link", link: { title: "T", text: "x", messageURL: "http://x" } },
      40035,
      "缺少参数 link.messageUrl",
    ],
    [
      "half a single button",
      { msgtype: "actionCard", actionCard: { title: "T", text: "x", singleTitle: "go" } },
      40035,
      "缺少参数 actionCard.singleURL",
    ],
    [
      "no buttons",
      { msgtype: "actionCard", actionCard: { title: "T", text: "x", btns: [] } },
      40035,
      "缺少参数 actionCard.btns",
    ],
    [
      "a button with the address of a link",
      { msgtype: "actionCard", actionCard: { title: "T", text: "x", btns: [{ title: "a", actionUrl: "http://a" }] } },
      40035,
      "缺少参数 actionCard.btns[0].actionURL",
    ],
    [
      "a feed without picture",
      { msgtype: "feedCard", feedCard: { links: [{ title: "T", messageURL: "http://x" }] } },
      40035,
      "缺少参数 feedCard.links[0].picURL",
    ],
    ["51 mentioned users", { ...hello, at: { atUserIds: Array(51).fill("u") } }, 40035, "缺少参数 at.atUserIds"],
    ["mobiles as numbers", { ...hello, at: { atMobiles: [138] } }, 40035, "缺少参数 at.atMobiles"],
  ])("refuses %s", async (_, body, errcode, errmsg) => {
    const { post, sandbox } = await visit();
    expect(await post(send, body)).toMatchObject({ status: 200, body: { errcode, errmsg } });
    expect(sandbox.inbox.list()).toEqual([]);
  });

  it("takes 20 000 bytes", async () => {
    const { post } = await visit();
    expect((await post(send, padded(20_000))).body).toEqual(ok);
  });

  it("wants JSON by its header", async () => {
    const { post } = await visit();
    const answered = await post(send, hello, { "content-type": "text/plain" });
    expect(answered).toMatchObject({ status: 200, body: { errcode: 43004 } });
  });

  it.each([
    ["no token", "/robot/send", 400101],
    ["an unknown token in strict mode", "/robot/send?access_token=nobody", 300001],
    ["the token of a stopped robot", "/robot/send?access_token=stopped", 400102],
  ])("answers to %s with its code", async (_, path, errcode) => {
    const robots = [{ platform: "dingtalk", token: "stopped", disabled: true }] as const;
    const { post } = await visit({ strict: true, robots });
    expect(await post(path, hello)).toMatchObject({ status: 200, body: { errcode } });
  });

  it("shows a msgUuid once, however often it is sent", async () => {
    const { post, sandbox } = await visit();
    expect((await post(send, { ...hello, msgUuid: "1" })).body).toEqual(ok);
    expect((await post(send, { ...hello, msgUuid: "1" })).body).toEqual(ok);
    expect((await post(send, { ...hello, msgUuid: "2" })).body).toEqual(ok);
    expect(sandbox.inbox.list()).toHaveLength(2);
    expect(sandbox.statistics().platforms.dingtalk).toMatchObject({ accepted: 2, repeated: 1 });
  });

  it("refused with a msgUuid, takes it the next time", async () => {
    const { post, clock, sandbox } = await visit();
    for (let n = 0; n < 20; n++) await post(send, hello);
    expect((await post(send, { ...hello, msgUuid: "1" })).body).toMatchObject({ errcode: 130101 });
    clock.now += 600_000;
    expect((await post(send, { ...hello, msgUuid: "1" })).body).toEqual(ok);
    expect(sandbox.inbox.kept).toBe(21);
  });
});

describe("a signed DingTalk robot", () => {
  const signed = (at: number, secret = "SECret") =>
    `&timestamp=${at}&sign=${encodeURIComponent(dingtalkSign(String(at), secret))}`;
  // One whose sign has a plus, which only percent-encoding brings through.
  const withPlus = [...Array(1000).keys()]
    .map((n) => newYear + n)
    .find((at) => dingtalkSign(String(at), "SECret").includes("+"));

  it.each([
    ["the right sign", signed(newYear), 0, "ok"],
    ["a sign with an encoded plus", signed(withPlus ?? 0), 0, "ok"],
    ["a sign with a bare plus", signed(withPlus ?? 0).replaceAll("%2B", "+"), 310000, `sign not match${more}`],
    ["a clock one hour off", signed(newYear - 3_600_000), 0, "ok"],
    ["a clock a millisecond further off", signed(newYear - 3_600_001), 310000, `invalid timestamp${more}`],
    ["a timestamp in seconds", signed(newYear / 1000), 310000, `invalid timestamp${more}`],
    ["no timestamp", "", 310000, `invalid timestamp${more}`],
    ["another secret", signed(newYear, "other"), 310000, `sign not match${more}`],
  ])("given %s", async (_, query, errcode, errmsg) => {
    const { post } = await visit({ robots: [{ platform: "dingtalk", token: "ops", secret: "SECret" }] });
    expect(await post(send + query, hello)).toMatchObject({ status: 200, body: { errcode, errmsg } });
  });
});

describe("a DingTalk robot with other security settings", () => {
  it("wants one of its keywords", async () => {
    const { post } = await visit({ robots: [{ platform: "dingtalk", token: "ops", keywords: ["告警"] }] });
    expect((await post(send, hello)).body).toEqual({ errcode: 310000, errmsg: `keywords not in content${more}` });
    expect((await post(send, { msgtype: "text", text: { content: "告警!" } })).body).toEqual(ok);
  });

  it("wants its callers at known addresses", async () => {
    const { post } = await visit({ robots: [{ platform: "dingtalk", token: "ops", ips: ["10.0.0.0/8"] }] });
    expect((await post(send, hello)).body).toEqual({ errcode: 310000, errmsg: `ip 127.0.0.1 not in whitelist${more}` });
  });
});

describe("a DingTalk robot that sends a 21st message in a minute", () => {
  it("is blocked for ten minutes", async () => {
    const { post, clock } = await visit();
    const tooFast = { errcode: 130101, errmsg: "send too fast, exceed 20 times per minute" };
    for (let n = 0; n < 20; n++) expect((await post(send, hello)).body).toEqual(ok);
    clock.now += 59_999;
    expect((await post(send, hello)).body).toEqual(tooFast);
    clock.now += 599_999;
    expect((await post(send, hello)).body).toEqual(tooFast);
    clock.now += 1;
    expect((await post(send, hello)).body).toEqual(ok);
  });
});

function padded(bytes: number): string {
  const empty = JSON.stringify({ msgtype: "text", text: { content: "" } });
  return JSON.stringify({ msgtype: "text", text: { content: "x".repeat(bytes - empty.length) } });
}

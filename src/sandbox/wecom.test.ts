import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { visit } from "./sandbox-fixture.ts";

const send = "/cgi-bin/webhook/send?key=ops";
const hello = { msgtype: "text", text: { content: "hello" } };
const ok = { errcode: 0, errmsg: "ok" };

const jpeg = Buffer.from("ffd8ffe000104a46", "hex");
const picture = (bytes: Buffer) => ({
  msgtype: "image",
  image: { base64: bytes.toString("base64"), md5: createHash("md5").update(bytes).digest("hex") },
});
const article = { title: "T", description: "d", url: "http://x" };
const news = (articles: unknown) => ({ msgtype: "news", news: { articles } });
const notice = {
  card_type: "text_notice",
  main_title: { title: "T", desc: "d" },
  card_action: { type: 1, url: "http://x" },
};
const card = (template_card: unknown) => ({ msgtype: "template_card", template_card });

describe("a WeCom robot", () => {
  it.each<[string, unknown, string, string[]]>([
    ["text", hello, "hello", []],
    [
      "text with mentions",
      { msgtype: "text", text: { content: "x", mentioned_list: ["@all", "u1"], mentioned_mobile_list: ["138"] } },
      "x",
      ["all", "u1", "138"],
    ],
    [
      "text of 2048 bytes",
      { msgtype: "text", text: { content: `${"字".repeat(682)}ab` } },
      `${"字".repeat(682)}ab`,
      [],
    ],
    ["markdown with a mention", { msgtype: "markdown", markdown: { content: "<@u1> **x**" } }, "<@u1> **x**", ["u1"]],
    ["markdown_v2, which mentions nobody", { msgtype: "markdown_v2", markdown_v2: { content: "<@u1>" } }, "<@u1>", []],
    ["image", picture(jpeg), `[image ${createHash("md5").update(jpeg).digest("hex")}]`, []],
    ["news", news([article]), "T\nd\nhttp://x", []],
    ["text_notice", card(notice), "T\nd", []],
    ["news_notice", card({ ...notice, card_type: "news_notice", card_image: { url: "http://p" } }), "T\nd", []],
  ])("shows %s", async (_, body, text, mentions) => {
    const { post, sandbox } = await visit();
    expect(await post(send, body)).toMatchObject({ status: 200, body: ok });
    expect(sandbox.inbox.list()).toMatchObject([{ platform: "wecom", token: "ops", text, mentions }]);
  });

  it.each<[string, unknown, number, string]>([
    ["no JSON", "{", 40058, "Warning: wrong json format. invalid Request Parameter"],
    ["no msgtype", {}, 40008, "invalid message type"],
    ["an unknown msgtype", { msgtype: "textcard", textcard: {} }, 40008, "invalid message type"],
    ["an empty text", { msgtype: "text", text: { content: "" } }, 44004, "empty content"],
    ["a missing text", { msgtype: "text" }, 44004, "empty content"],
    [
      "text of 2049 bytes",
      { msgtype: "text", text: { content: "字".repeat(683) } },
      40058,
      "invalid Request Parameter: text.content exceed max length 2048",
    ],
    [
      "markdown of 4097 bytes",
      { msgtype: "markdown", markdown: { content: "x".repeat(4097) } },
      40058,
      "invalid Request Parameter: markdown.content exceed max length 4096",
    ],
    [
      "mentions that are no list",
      { msgtype: "text", text: { content: "x", mentioned_list: "u1" } },
      40058,
      "invalid Request Parameter: text.mentioned_list must be a list of strings",
    ],
    ["no picture", { msgtype: "image", image: {} }, 44001, "empty media data"],
    ["a picture of another kind", picture(Buffer.from("GIF89a")), 40004, "invalid media type"],
    [
      "a picture over 2 MB",
      picture(Buffer.concat([jpeg, Buffer.alloc(2 * 1024 * 1024)])),
      45001,
      "media size out of limit",
    ],
    [
      "a picture with another md5",
      { msgtype: "image", image: { ...picture(jpeg).image, md5: "0" } },
      40058,
      "invalid Request Parameter: image.md5 does not match",
    ],
    ["no articles", news([]), 45008, "article size out of limit"],
    ["nine articles", news(Array(9).fill(article)), 45008, "article size out of limit"],
    [
      "an article without title",
      news([{ url: "http://x" }]),
      40058,
      "invalid Request Parameter: news.articles[0].title is missing",
    ],
    ["an article without a scheme", news([{ title: "T", url: "example.com" }]), 45034, "url lacks scheme"],
    ["a file without media_id", { msgtype: "file", file: {} }, 41006, "missing media_id"],
    ["a file never uploaded", { msgtype: "file", file: { media_id: "m" } }, 40007, "invalid media_id"],
    [
      "a card that needs a callback",
      card({ ...notice, card_type: "button_interaction" }),
      40058,
      "invalid Request Parameter: template_card.card_type must be text_notice or news_notice",
    ],
    [
      "a card without title",
      card({ ...notice, main_title: {} }),
      40058,
      "invalid Request Parameter: main_title.title or sub_title_text is missing",
    ],
    [
      "a card that leads nowhere",
      card({ ...notice, card_action: { type: 0 } }),
      40058,
      "invalid Request Parameter: card_action needs type 1 and url, or type 2 and appid",
    ],
    [
      "a card with seven lines",
      card({ ...notice, horizontal_content_list: Array(7).fill({ keyname: "k" }) }),
      40058,
      "invalid Request Parameter: horizontal_content_list must be a list of at most 6",
    ],
    [
      "a news card without picture",
      card({ ...notice, card_type: "news_notice" }),
      40058,
      "invalid Request Parameter: card_image.url or image_text_area.image_url is missing",
    ],
  ])("refuses %s", async (_, body, errcode, message) => {
    const { post, sandbox } = await visit();
    const more = `more info at https://open.work.weixin.qq.com/devtool/query?e=${errcode}`;
    const errmsg = `${message}, hint: [sandbox-${errcode}], from ip: 127.0.0.1, ${more}`;
    expect(await post(send, body)).toMatchObject({ status: 200, body: { errcode, errmsg } });
    expect(sandbox.inbox.list()).toEqual([]);
  });

  it.each([
    ["no key", "/cgi-bin/webhook/send", 93000],
    ["an unknown key in strict mode", "/cgi-bin/webhook/send?key=nobody", 93000],
    ["the key of a disabled robot", "/cgi-bin/webhook/send?key=off", 93004],
  ])("answers to %s with its code", async (_, path, errcode) => {
    const { post } = await visit({ strict: true, robots: [{ platform: "wecom", token: "off", disabled: true }] });
    expect(await post(path, hello)).toMatchObject({ status: 200, body: { errcode } });
  });

  it("has no security settings to declare", async () => {
    await expect(visit({ robots: [{ platform: "wecom", token: "ops", secret: "x" }] })).rejects.toThrow(
      "secret: wecom robots have no such setting; leave it out",
    );
  });
});

describe("a WeCom robot that sends a 21st message in a minute", () => {
  it("is blocked for a minute", async () => {
    const { post, clock } = await visit();
    for (let n = 0; n < 20; n++) expect((await post(send, hello)).body).toEqual(ok);
    clock.now += 30_000;
    expect((await post(send, hello)).body).toMatchObject({ errcode: 45009 });
    clock.now += 59_999;
    expect((await post(send, hello)).body).toMatchObject({ errcode: 45009 });
    clock.now += 1;
    expect((await post(send, hello)).body).toEqual(ok);
  });
});

describe("an upload for a WeCom robot", () => {
  const upload = async (url: string, key: string, type: string, bytes: string) => {
    const form = new FormData();
    form.append("media", new Blob([bytes]), "report.txt");
    const response = await fetch(`${url}/cgi-bin/webhook/upload_media?key=${key}&type=${type}`, {
      method: "POST",
      body: form,
    });
    return (await response.json()) as { errcode: number; media_id: string };
  };
  const fileMessage = (media_id: string) => ({ msgtype: "file", file: { media_id } });

  it("can be sent by the same robot for three days", async () => {
    const { post, clock, sandbox } = await visit();
    const uploaded = await upload(sandbox.url, "ops", "file", "six or more bytes");
    expect(uploaded).toMatchObject({ errcode: 0, errmsg: "ok", type: "file", created_at: String(clock.now / 1000) });
    expect((await post(send, fileMessage(uploaded.media_id))).body).toEqual(ok);
    expect((await post("/cgi-bin/webhook/send?key=other", fileMessage(uploaded.media_id))).body).toMatchObject({
      errcode: 40007,
    });
    clock.now += 3 * 24 * 3_600_000 + 1;
    expect((await post(send, fileMessage(uploaded.media_id))).body).toMatchObject({ errcode: 40007 });
  });

  it.each([
    ["of another type", "image", "six or more bytes", 40004],
    ["of nothing", "file", "", 44001],
    ["of five bytes", "file", "12345", 45001],
    ["of a voice that is no AMR", "voice", "six or more bytes", 40004],
    ["of a voice", "voice", "#!AMR\nxx", 0],
  ])("%s answers its code", async (_, type, bytes, errcode) => {
    const { sandbox } = await visit();
    expect(await upload(sandbox.url, "ops", type, bytes)).toMatchObject({ errcode });
  });
});

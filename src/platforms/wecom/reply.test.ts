import { describe, expect, it } from "vitest";
import { context, openedXml, rootOf, second } from "../tencent-calls-for-tests.ts";
import { frameKey, openFrame, signatureHolds } from "../tencent-crypto.ts";
import { type WecomAccount, wecomAccount } from "./account.ts";
import { type BotReply, type BotStream, botReply } from "./bot-reply.ts";
import { type AppReply, appReply } from "./reply.ts";

const key = "A".repeat(43);
const ends = { to: "zhangsan", from: "ww1" };

describe("an app's passive reply", () => {
  const account = appOf({ corp_id: "ww1", token: "T0ken", encoding_aes_key: key });
  const corp = { token: "T0ken", encodingAesKey: key, receiver: "ww1" };

  it.each<[AppReply, object]>([
    [{ kind: "text", content: "你好 ]]> <b>" }, { Content: "你好 ]]> <b>" }],
    [{ kind: "image", mediaId: "m1" }, { Image: { MediaId: "m1" } }],
    [{ kind: "voice", mediaId: "m2" }, { Voice: { MediaId: "m2" } }],
    [{ kind: "video", mediaId: "m3", title: "题" }, { Video: { MediaId: "m3", Title: "题" } }],
    [
      {
        kind: "news",
        articles: [
          { title: "一", url: "https://e/1" },
          { title: "二", url: "https://e/2", picUrl: "https://p" },
        ],
      },
      {
        ArticleCount: "2",
        Articles: {
          item: [
            { Title: "一", Url: "https://e/1" },
            { Title: "二", Url: "https://e/2", PicUrl: "https://p" },
          ],
        },
      },
    ],
    [{ kind: "update_button", replaceName: "已处理" }, { Button: { ReplaceName: "已处理" } }],
    [
      {
        kind: "update_template_card",
        card: { CardType: "text_notice", MainTitle: { Title: "完成" }, CardAction: { Type: 1 } },
      },
      { TemplateCard: { CardType: "text_notice", MainTitle: { Title: "完成" }, CardAction: { Type: "1" } } },
    ],
  ])("%j is encrypted and signed", (reply, body) => {
    const answer = appReply(reply, ends, account, context);
    expect(answer).toMatchObject({ status: 200, contentType: "application/xml; charset=utf-8" });
    expect(openedXml(answer, corp)).toEqual({
      ToUserName: "zhangsan",
      FromUserName: "ww1",
      CreateTime: String(second),
      MsgType: reply.kind,
      ...body,
    });
  });

  it("is signed for its own time and nonce", () => {
    const { body } = appReply({ kind: "text", content: "hi" }, ends, account, context);
    expect(rootOf(body)).toMatchObject({ TimeStamp: String(second), Nonce: "0000000000000000" });
  });

  it("is not encrypted for a plain account", () => {
    const plain = appOf({ corp_id: "ww1", token: "T0ken", mode: "plain" });
    expect(rootOf(appReply({ kind: "text", content: "hi" }, ends, plain, context).body)).toMatchObject({
      Content: "hi",
    });
  });

  it.each<[AppReply, string]>([
    [{ kind: "text", content: "字".repeat(683) }, "a passive reply's text has 2049 bytes, and at most 2048 are shown"],
    [{ kind: "news", articles: [] }, "a passive reply shows 1 to 8 articles, not 0"],
    [
      { kind: "news", articles: Array(9).fill({ title: "t", url: "u" }) },
      "a passive reply shows 1 to 8 articles, not 9",
    ],
  ])("is refused when the platform would not show it", (reply, says) => {
    expect(() => appReply(reply, ends, account, context)).toThrow(new RangeError(says));
  });
});

describe("a robot's passive reply", () => {
  const account = botOf({ kind: "bot", token: "T0ken", encoding_aes_key: key });
  const stream = { id: "s1", finish: false, content: "<think>想</think>" };
  const card = { card_type: "text_notice", main_title: { title: "完成" } };

  it.each<[BotReply, object]>([
    [
      { kind: "text", content: "欢迎" },
      { msgtype: "text", text: { content: "欢迎" } },
    ],
    [
      { kind: "stream", stream },
      { msgtype: "stream", stream },
    ],
    [
      { kind: "stream", stream: { ...stream, finish: true, images: [{ base64: "aQ==", md5: "m" }], feedbackId: "f1" } },
      {
        msgtype: "stream",
        stream: {
          ...stream,
          finish: true,
          msg_item: [{ msgtype: "image", image: { base64: "aQ==", md5: "m" } }],
          feedback: { id: "f1" },
        },
      },
    ],
    [
      { kind: "template_card", card },
      { msgtype: "template_card", template_card: card },
    ],
    [
      { kind: "stream_with_template_card", stream, card },
      { msgtype: "stream_with_template_card", stream, template_card: card },
    ],
    [
      { kind: "update_template_card", card, userIds: ["zhangsan"] },
      { response_type: "update_template_card", userids: ["zhangsan"], template_card: card },
    ],
    [
      { kind: "update_template_card", card },
      { response_type: "update_template_card", template_card: card },
    ],
  ])("%j is encrypted and signed under the nonce of the call", (reply, body) => {
    const answer = botReply(reply, "1597212914", account, context);
    expect(answer).toMatchObject({ status: 200, contentType: "application/json; charset=utf-8" });
    const { encrypt, msgsignature, timestamp, nonce } = JSON.parse(answer.body) as Sealed;
    expect([timestamp, nonce]).toEqual([second, "1597212914"]);
    expect(signatureHolds(msgsignature, "T0ken", String(timestamp), nonce, encrypt)).toBe(true);
    const opened = openFrame(encrypt, frameKey(key), "");
    expect(opened.ok && JSON.parse(opened.message.toString())).toEqual(body);
  });

  it.each<[Partial<BotStream>, string]>([
    [{ id: "" }, "a stream needs an id: the platform asks for its next state by it"],
    [{ content: "a".repeat(20_481) }, "a stream's text has 20481 bytes, and at most 20480 are shown"],
    [{ feedbackId: "f".repeat(257) }, "a feedback id has 257 bytes, and at most 256 are shown"],
    [{ images: [{ base64: "", md5: "" }] }, "a stream shows images only with its last state"],
    [{ finish: true, images: Array(11).fill({ base64: "", md5: "" }) }, "a stream shows at most 10 images, not 11"],
  ])("is refused when the platform would not show it", (wrong, says) => {
    const reply = { kind: "stream", stream: { ...stream, ...wrong } } as const;
    expect(() => botReply(reply, "n", account, context)).toThrow(new RangeError(says));
  });
});

interface Sealed {
  readonly encrypt: string;
  readonly msgsignature: string;
  readonly timestamp: number;
  readonly nonce: string;
}

function appOf(settings: object): Extract<WecomAccount, { kind: "app" }> {
  const account = wecomAccount.parse(settings);
  if (account.kind !== "app") throw new Error("not an app");
  return account;
}

function botOf(settings: object): Extract<WecomAccount, { kind: "bot" }> {
  const account = wecomAccount.parse(settings);
  if (account.kind !== "bot") throw new Error("not a robot");
  return account;
}

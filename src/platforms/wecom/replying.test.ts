import { describe, expect, it } from "vitest";
import type { ReplyContent, ReplyWay } from "../replying.ts";
import { context, openedXml, post, rootOf, second, xml } from "../tencent-calls-for-tests.ts";
import { frameKey, openFrame } from "../tencent-crypto.ts";
import { wecomReceiver } from "./receive.ts";
import { polledStream, replies } from "./replying.ts";

const key = "A".repeat(43);
const corp = { token: "T0ken", encodingAesKey: key, receiver: "ww1" };
const app = { corp_id: "ww1", token: "T0ken", encoding_aes_key: key };

describe("an app's callback", () => {
  it.each<[ReplyContent, object]>([
    [{ text: "你好" }, { MsgType: "text", Content: "你好" }],
    [{ image: "m1" }, { MsgType: "image", Image: { MediaId: "m1" } }],
    [{ voice: "m2" }, { MsgType: "voice", Voice: { MediaId: "m2" } }],
    [{ video: { media: "m3", title: "题" } }, { MsgType: "video", Video: { MediaId: "m3", Title: "题" } }],
    [
      { articles: [{ title: "一", url: "https://e/1", picture: "https://p" }] },
      {
        MsgType: "news",
        ArticleCount: "1",
        Articles: { item: { Title: "一", Url: "https://e/1", PicUrl: "https://p" } },
      },
    ],
  ])("with a message is replied to with %j", (content, body) => {
    const way = wayOf({ MsgType: "text", Content: "hi" });
    expect(way?.rules).toBe(replies.app);
    expect(openedXml(answered(way, content), corp)).toEqual({
      ToUserName: "zhangsan",
      FromUserName: "ww1",
      CreateTime: String(second),
      ...body,
    });
  });

  it.each<[ReplyContent, object]>([
    [{ button: "已处理" }, { MsgType: "update_button", Button: { ReplaceName: "已处理" } }],
    [
      {
        card: {
          CardType: "text_notice",
          MainTitle: { Title: "完成" },
          JumpList: [{ Type: 1 }, { Type: 0 }],
          Safe: true,
        },
      },
      {
        MsgType: "update_template_card",
        TemplateCard: {
          CardType: "text_notice",
          MainTitle: { Title: "完成" },
          JumpList: [{ Type: "1" }, { Type: "0" }],
          Safe: "1",
        },
      },
    ],
  ])("with a click is replied to with %j", (content, body) => {
    const way = wayOf({ MsgType: "event", Event: "template_card_event", TaskId: "t1" });
    expect(way?.rules).toBe(replies["app click"]);
    expect(openedXml(answered(way, content), corp)).toMatchObject(body);
  });

  it.each([
    [{ "bad name": "x" }, "a card's fields must have the platform's XML names"],
    [{ "A><B": "x" }, "a card's fields must have the platform's XML names"],
    [{ Title: null }, "the card's Title must be text, a number, an object or a list of them"],
  ])("takes no card that is no XML: %j", (card, says) => {
    const way = wayOf({ MsgType: "event", Event: "template_card_event" });
    expect(() => answered(way, { card })).toThrow(new RangeError(says));
  });

  it.each(["subscribe", "enter_agent", "LOCATION", "CLICK", "view", "template_card_menu_event"])(
    "that tells of %s may be replied to",
    (Event) => {
      expect(wayOf({ MsgType: "event", Event })?.rules).toBe(replies.app);
    },
  );

  it.each(["unsubscribe", "change_contact", "batch_job_result", "taskcard_click"])(
    "that tells of %s may not",
    (Event) => {
      expect(wayOf({ MsgType: "event", Event })).toBeUndefined();
    },
  );

  it("is replied to in the clear where the account is plain", () => {
    const account = wecomReceiver.account.parse({ corp_id: "ww1", token: "T0ken", mode: "plain" });
    const way = wecomReceiver.way?.(message({ MsgType: "text" }), post({}, ""), account);
    expect(rootOf(answered(way, { text: "hi" }).body)).toMatchObject({ MsgType: "text", Content: "hi" });
  });

  it("in JSON is not replied to: no page says how", () => {
    const raw = '{"MsgType":"text","FromUserName":"zhangsan"}';
    expect(wecomReceiver.way?.(raw, post({}, ""), wecomReceiver.account.parse(app))).toBeUndefined();
  });
});

describe("a robot's callback", () => {
  const stream = { id: "s1", finish: false, content: "think" };
  const card = { card_type: "text_notice" };

  it.each<[ReplyContent, object]>([
    [{ stream }, { msgtype: "stream", stream }],
    [{ card }, { msgtype: "template_card", template_card: card }],
    [
      { stream, card },
      { msgtype: "stream_with_template_card", stream, template_card: card },
    ],
  ])("with a message is replied to with %j, under the nonce of the call", (content, body) => {
    const way = robotWay({ msgtype: "text", text: { content: "hi" } });
    expect(way?.rules).toBe(replies.robot);
    expect(openedJson(answered(way, content))).toEqual([body, "n1"]);
  });

  it("of somebody who opens the chat is replied to with words or a card", () => {
    const way = robotWay({ msgtype: "event", event: { eventtype: "enter_chat" } });
    expect(way?.rules).toBe(replies["robot entered"]);
    expect(openedJson(answered(way, { text: "欢迎" }))[0]).toEqual({ msgtype: "text", text: { content: "欢迎" } });
  });

  it("with a click is replied to with the card that takes the place of the clicked one", () => {
    const way = robotWay({ msgtype: "event", event: { eventtype: "template_card_event" } });
    expect(way?.rules).toBe(replies["robot click"]);
    const body = { response_type: "update_template_card", template_card: card };
    expect(openedJson(answered(way, { card }))[0]).toEqual(body);
  });

  it("with a judgement, or in XML, is not replied to", () => {
    expect(robotWay({ msgtype: "event", event: { eventtype: "feedback_event" } })).toBeUndefined();
    const raw = "<xml><MsgType>text</MsgType></xml>";
    expect(wecomReceiver.way?.(raw, post({ nonce: "n1" }, ""), robot())).toBeUndefined();
  });

  it("asks for the next state of a text by its id", () => {
    expect(polledStream({ msgtype: "stream", stream: { id: "s1" } })).toBe("s1");
    expect(polledStream({ msgtype: "stream", stream: {} })).toBeUndefined();
    expect(polledStream({ msgtype: "text", text: { content: "stream" } })).toBeUndefined();
  });

  function robot() {
    return wecomReceiver.account.parse({ kind: "bot", token: "T0ken", encoding_aes_key: key });
  }

  function robotWay(body: object) {
    return wecomReceiver.way?.(JSON.stringify(body), post({ nonce: "n1" }, ""), robot());
  }

  function openedJson({ body }: { readonly body: string }): [unknown, string] {
    const { encrypt, nonce } = JSON.parse(body) as { encrypt: string; nonce: string };
    const opened = openFrame(encrypt, frameKey(key), "");
    return [opened.ok && JSON.parse(opened.message.toString()), nonce];
  }
});

function message(fields: Record<string, string>): string {
  return xml({ ToUserName: "ww1", FromUserName: "zhangsan", CreateTime: second, ...fields });
}

function wayOf(fields: Record<string, string>): ReplyWay | undefined {
  return wecomReceiver.way?.(message(fields), post({}, ""), wecomReceiver.account.parse(app));
}

function answered(way: ReplyWay | undefined, content: ReplyContent) {
  if (!way) throw new Error("there is no way to reply");
  return way.answer(content, context);
}

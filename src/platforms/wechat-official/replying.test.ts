import { describe, expect, it } from "vitest";
import type { ReplyContent } from "../replying.ts";
import { context, openedXml, post, second, xml } from "../tencent-calls-for-tests.ts";
import { wechatOfficialReceiver } from "./receive.ts";
import { replies } from "./replying.ts";

const key = "A".repeat(43);
const peer = { token: "T0ken", encodingAesKey: key, receiver: "wx1" };
const account = wechatOfficialReceiver.account.parse({ app_id: "wx1", token: "T0ken", encoding_aes_key: key });

describe("an official account's callback", () => {
  it.each<[ReplyContent, object]>([
    [{ text: "你好" }, { MsgType: "text", Content: "你好" }],
    [{ image: "m1" }, { MsgType: "image", Image: { MediaId: "m1" } }],
    [
      { music: { title: "歌", description: "词", url: "https://m/1", hqUrl: "https://m/2", thumb: "t1" } },
      {
        MsgType: "music",
        Music: {
          Title: "歌",
          Description: "词",
          MusicUrl: "https://m/1",
          HQMusicUrl: "https://m/2",
          ThumbMediaId: "t1",
        },
      },
    ],
    [{ transfer: {} }, { MsgType: "transfer_customer_service" }],
    [{ transfer: { account: "kf1@x" } }, { MsgType: "transfer_customer_service", TransInfo: { KfAccount: "kf1@x" } }],
  ])("with a message is replied to with %j", (content, body) => {
    const way = wayOf({ MsgType: "text", Content: "hi" });
    if (!way) throw new Error("there is no way to reply");
    expect(way.rules).toBe(replies.account);
    expect(openedXml(way.answer(content, context), peer)).toEqual({
      ToUserName: "o1",
      FromUserName: "gh_1",
      CreateTime: String(second),
      ...body,
    });
  });

  it.each(["subscribe", "SCAN", "CLICK", "LOCATION"])("that tells of %s may be replied to", (Event) => {
    expect(wayOf({ MsgType: "event", Event })?.rules).toBe(replies.account);
  });

  it.each(["unsubscribe", "TEMPLATESENDJOBFINISH", "MASSSENDJOBFINISH"])("that tells of %s may not", (Event) => {
    expect(wayOf({ MsgType: "event", Event })).toBeUndefined();
  });
});

function wayOf(fields: Record<string, string>) {
  const raw = xml({ ToUserName: "gh_1", FromUserName: "o1", CreateTime: second, ...fields });
  return wechatOfficialReceiver.way?.(raw, post({}, ""), account);
}

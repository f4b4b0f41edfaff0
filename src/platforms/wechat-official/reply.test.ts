import { describe, expect, it } from "vitest";
import { context, openedXml, rootOf, second } from "../tencent-calls-for-tests.ts";
import { wechatOfficialAccount } from "./account.ts";
import { type OfficialReply, officialReply } from "./reply.ts";

const key = "A".repeat(43);
const peer = { token: "T0ken", encodingAesKey: key, receiver: "wx1" };
const account = wechatOfficialAccount.parse({ app_id: "wx1", token: "T0ken", encoding_aes_key: key });
const ends = { to: "o1", from: "gh_1" };

describe("an official account's passive reply", () => {
  it.each<[OfficialReply, object]>([
    [{ kind: "text", content: "你好\n再见" }, { Content: "你好\n再见" }],
    [{ kind: "image", mediaId: "m1" }, { Image: { MediaId: "m1" } }],
    [
      { kind: "music", title: "歌", musicUrl: "https://m/1", thumbMediaId: "t1" },
      { Music: { Title: "歌", MusicUrl: "https://m/1", ThumbMediaId: "t1" } },
    ],
    [{ kind: "transfer_customer_service" }, {}],
    [{ kind: "transfer_customer_service", account: "kf1@x" }, { TransInfo: { KfAccount: "kf1@x" } }],
  ])("%j is encrypted and signed", (reply, body) => {
    expect(openedXml(officialReply(reply, ends, account, context), peer)).toEqual({
      ToUserName: "o1",
      FromUserName: "gh_1",
      CreateTime: String(second),
      MsgType: reply.kind,
      ...body,
    });
  });

  it("is not encrypted in plain mode", () => {
    const { body } = officialReply({ kind: "text", content: "hi" }, ends, { ...account, mode: "plain" }, context);
    expect(rootOf(body)).toMatchObject({ MsgType: "text", Content: "hi" });
  });
});

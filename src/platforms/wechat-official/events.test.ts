import { describe, expect, it } from "vitest";
import type { Callback } from "../receiving.ts";
import { context, eventOf, sealedXmlCall, second, xml } from "../tencent-calls-for-tests.ts";
import { wechatOfficialReceiver } from "./receive.ts";

const peer = { token: "T0ken", encodingAesKey: "A".repeat(43), receiver: "wx1" };
const account = wechatOfficialReceiver.account.parse({
  app_id: "wx1",
  token: "T0ken",
  encoding_aes_key: peer.encodingAesKey,
});
const common = { ToUserName: "gh_1", FromUserName: "o1", CreateTime: second };
const follower = { id: "o1", kind: "user" };

describe("a follower's message", () => {
  it.each<[string, Record<string, string>, object]>([
    ["text", { Content: "hi", bizmsgmenuid: "101" }, { text: "hi" }],
    [
      "image",
      { PicUrl: "http://p/1", MediaId: "m1" },
      { attachments: [{ kind: "image", ref: "m1", url: "http://p/1" }] },
    ],
    [
      "voice",
      { MediaId: "m2", Format: "amr", Recognition: "说的话" },
      { text: "说的话", attachments: [{ kind: "voice", ref: "m2" }] },
    ],
    ["video", { MediaId: "m3", ThumbMediaId: "t" }, { attachments: [{ kind: "video", ref: "m3" }] }],
    ["shortvideo", { MediaId: "m4", ThumbMediaId: "t" }, { attachments: [{ kind: "video", ref: "m4" }] }],
    [
      "location",
      { Location_X: "23.1", Location_Y: "113.3", Label: "广州" },
      { location: { latitude: 23.1, longitude: 113.3, label: "广州" } },
    ],
    [
      "link",
      { Title: "题", Description: "说", Url: "http://e" },
      { link: { url: "http://e", title: "题", text: "说" } },
    ],
    ["hologram", {}, { text: "" }],
  ])("of kind %s is received", (kind, fields, data) => {
    expect(eventOf(told({ ...common, MsgType: kind, ...fields, MsgId: "6054768590064713728" }))).toMatchObject({
      type: "yizhan.message.received",
      subject: "o1",
      at: second * 1000,
      key: "message:6054768590064713728",
      data: { kind, sender: follower, ...data },
    });
  });
});

describe("an account's event", () => {
  it.each<[string, string, Record<string, string>, object]>([
    [
      "subscribe",
      "yizhan.app.subscribed",
      { EventKey: "qrscene_7", Ticket: "t" },
      { key: "qrscene_7", details: { Ticket: "t" } },
    ],
    ["subscribe", "yizhan.app.subscribed", { EventKey: "" }, { key: undefined }],
    ["unsubscribe", "yizhan.app.unsubscribed", {}, {}],
    ["SCAN", "yizhan.app.scanned", { EventKey: "7", Ticket: "t" }, { key: "7" }],
    ["LOCATION", "yizhan.app.location", { Latitude: "23.1", Longitude: "113.3" }, { details: { Latitude: "23.1" } }],
    ["CLICK", "yizhan.app.menu", { EventKey: "k" }, { key: "k" }],
    ["VIEW", "yizhan.app.menu", { EventKey: "http://e", MenuId: "1" }, { key: "http://e" }],
    ["view_miniprogram", "yizhan.app.menu", { EventKey: "pages/a" }, { key: "pages/a" }],
    ["scancode_waitmsg", "yizhan.app.scanned", { EventKey: "k" }, { key: "k" }],
    ["pic_sysphoto", "yizhan.app.menu", { EventKey: "k" }, { key: "k" }],
    ["location_select", "yizhan.app.menu", { EventKey: "k" }, { key: "k" }],
    [
      "PUBLISHJOBFINISH",
      "yizhan.app.job",
      { PublishEventInfo: "<publish_id>1</publish_id>" },
      { details: { PublishEventInfo: { publish_id: "1" } } },
    ],
    ["subscribe_msg_popup_event", "yizhan.app.other", {}, {}],
    ["user_authorization_revoke", "yizhan.app.other", { RevokeInfo: "1" }, { details: { RevokeInfo: "1" } }],
    ["of_next_year", "yizhan.app.other", {}, {}],
    ["TEMPLATESENDJOBFINISH", "yizhan.app.other", { Status: "success" }, { details: { Status: "success" } }],
  ])("%s is %s", (event, type, fields, data) => {
    const found = eventOf(told({ ...common, MsgType: "event", Event: event, ...fields }));
    expect(found).toMatchObject({ type, subject: "o1", data: { event, person: follower, ...data } });
  });
});

describe("a template message's end", () => {
  const end = { ...common, MsgType: "event", Event: "TEMPLATESENDJOBFINISH", MsgID: "4561255354251345929" };

  it.each([
    ["success", { state: "delivered" }],
    ["failed:user block", { state: "failed", reason: "user block" }],
    ["failed: system failed", { state: "failed", reason: "system failed" }],
    [" failed :  user   block ", { state: "failed", reason: "user block" }],
    ["", { state: "failed", reason: "unknown" }],
  ])("%j is a status", (Status, outcome) => {
    expect(eventOf(told({ ...end, Status }))).toEqual({
      type: "yizhan.message.status",
      subject: "o1",
      at: second * 1000,
      key: expect.any(String),
      data: { messageId: "4561255354251345929", person: follower, ...outcome },
    });
  });

  it("is another one for another message of the same second", () => {
    const other = { ...end, MsgID: "4561255354251345930", Status: "success" };
    expect(eventOf(told(other)).key).not.toBe(eventOf(told({ ...end, Status: "success" })).key);
  });
});

describe("subscribe notices' ends", () => {
  const end = { ...common, MsgType: "event", Event: "subscribe_msg_sent_event" };
  const entry = (id: string, code: string, status: string) =>
    `<List><TemplateId>t</TemplateId><MsgID>${id}</MsgID><ErrorCode>${code}</ErrorCode><ErrorStatus>${status}</ErrorStatus></List>`;

  it("are one status where there is one", () => {
    expect(eventOf(told({ ...end, SubscribeMsgSentEvent: entry("11", "0", "success") }))).toMatchObject({
      type: "yizhan.message.status",
      data: { messageId: "11", state: "delivered", person: follower },
    });
  });

  it("are one status each where there are many, under keys of their own", () => {
    const many = entry("11", "0", "success") + entry("12", "43101", "user refuse");
    const callback = told({ ...end, SubscribeMsgSentEvent: many });
    const events = callback.kind === "events" ? callback.events : [];
    expect(events.map(({ data }) => data)).toEqual([
      { messageId: "11", state: "delivered", person: follower },
      { messageId: "12", state: "failed", reason: "43101 user refuse", person: follower },
    ]);
    expect(new Set(events.map(({ key }) => key)).size).toBe(2);
  });
});

describe("a mass send's end", () => {
  const end = { ...common, MsgType: "event", Event: "MASSSENDJOBFINISH", MsgID: "1000001625" };
  const counts = { TotalCount: "100", FilterCount: "80", SentCount: "75", ErrorCount: "5" };

  it.each<[string, Record<string, string>, object]>([
    ["send success", counts, { state: "delivered", counts: { total: 100, filtered: 80, sent: 75, failed: 5 } }],
    ["sendsuccess?", counts, { state: "failed", reason: "sendsuccess?" }],
    ["err(20001)", { TotalCount: "100" }, { state: "failed", reason: "err(20001)", counts: { total: 100 } }],
    ["send success", { SentCount: "0" }, { state: "failed", reason: "send success, SentCount 0" }],
    ["send fail", {}, { state: "failed", reason: "send fail", counts: {} }],
  ])("%j is a status with its counts", (Status, fields, data) => {
    expect(eventOf(told({ ...end, Status, ...fields }))).toMatchObject({
      type: "yizhan.message.status",
      data: { messageId: "1000001625", ...data },
    });
  });

  it("is nobody's in particular", () => {
    const found = eventOf(told({ ...end, Status: "send success" }));
    expect(found.subject).toBeUndefined();
    expect(found.data).not.toHaveProperty("person");
  });
});

function told(fields: Record<string, string | number>): Callback {
  return wechatOfficialReceiver.receive(sealedXmlCall(xml(fields), peer), account, context);
}

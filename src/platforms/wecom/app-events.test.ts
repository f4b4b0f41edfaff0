import { describe, expect, it } from "vitest";
import { context, eventOf, sealedXmlCall, second, xml } from "../tencent-calls-for-tests.ts";
import { wecomReceiver } from "./receive.ts";

const corp = { token: "T0ken", encodingAesKey: "A".repeat(43), receiver: "ww1" };
const account = wecomReceiver.account.parse({ corp_id: "ww1", token: "T0ken", encoding_aes_key: corp.encodingAesKey });
const common = { ToUserName: "ww1", FromUserName: "zhangsan", CreateTime: second, AgentID: 1 };
const zhangsan = { id: "zhangsan", kind: "user" };
const withZhangsan = { id: "zhangsan", kind: "direct" };

describe("a message to an app", () => {
  it.each<[string, Record<string, string>, object]>([
    ["text", { Content: "你好 <b>" }, { text: "你好 <b>" }],
    [
      "image",
      { PicUrl: "https://p/1", MediaId: "m1" },
      { attachments: [{ kind: "image", ref: "m1", url: "https://p/1" }] },
    ],
    ["voice", { MediaId: "m2", Format: "amr" }, { attachments: [{ kind: "voice", ref: "m2" }] }],
    ["video", { MediaId: "m3", ThumbMediaId: "t" }, { attachments: [{ kind: "video", ref: "m3" }] }],
    ["file", { MediaId: "m4", FileName: "报告.pdf" }, { attachments: [{ kind: "file", ref: "m4", name: "报告.pdf" }] }],
    [
      "location",
      { Location_X: "23.134", Location_Y: "113.358", Scale: "20", Label: "广州塔" },
      { location: { latitude: 23.134, longitude: 113.358, label: "广州塔" } },
    ],
    [
      "link",
      { Title: "题", Description: "说明", Url: "https://e/1", PicUrl: "https://p/2" },
      { link: { url: "https://e/1", title: "题", text: "说明" }, attachments: [] },
    ],
    ["hologram", { Beam: "1" }, { text: "", attachments: [] }],
  ])("of kind %s is received", (kind, fields, data) => {
    expect(received({ ...common, MsgType: kind, ...fields, MsgId: "4561255354251345929" })).toMatchObject({
      type: "yizhan.message.received",
      subject: "zhangsan",
      at: second * 1000,
      key: "message:4561255354251345929",
      data: { messageId: "4561255354251345929", kind, chat: withZhangsan, sender: zhangsan, mentions: [], ...data },
    });
  });

  it("has no place when it is none", () => {
    const { data } = received({ ...common, MsgType: "location", Location_X: "north", Location_Y: "200", MsgId: "1" });
    expect(data).not.toHaveProperty("location");
  });

  it("without an id is known by what it says", () => {
    const text = { ...common, MsgType: "text", Content: "a" };
    expect(received(text).key).toMatch(/^event:[0-9a-f]{40}$/);
    expect(received(text).key).not.toBe(received({ ...text, Content: "b" }).key);
  });
});

describe("an event of an app", () => {
  it.each<[string, string, Record<string, string>, object]>([
    ["subscribe", "yizhan.app.subscribed", {}, {}],
    ["unsubscribe", "yizhan.app.unsubscribed", {}, {}],
    ["enter_agent", "yizhan.app.entered", { EventKey: "" }, { key: undefined }],
    ["click", "yizhan.app.menu", { EventKey: "k1" }, { key: "k1" }],
    ["CLICK", "yizhan.app.menu", { EventKey: "k1" }, { key: "k1" }],
    ["view", "yizhan.app.menu", { EventKey: "https://e/1" }, { key: "https://e/1" }],
    ["view_miniprogram", "yizhan.app.menu", { EventKey: "pages/a" }, { key: "pages/a" }],
    [
      "pic_weixin",
      "yizhan.app.menu",
      { EventKey: "k2", SendPicsInfo: "<Count>1</Count><PicList><item><PicMd5Sum>5a</PicMd5Sum></item></PicList>" },
      { key: "k2", details: { SendPicsInfo: { Count: "1", PicList: { item: { PicMd5Sum: "5a" } } } } },
    ],
    ["location_select", "yizhan.app.menu", { EventKey: "k3" }, { key: "k3" }],
    [
      "scancode_waitmsg",
      "yizhan.app.scanned",
      { EventKey: "k4", ScanCodeInfo: "<ScanType>qrcode</ScanType><ScanResult>1</ScanResult>" },
      { key: "k4", details: { ScanCodeInfo: { ScanType: "qrcode", ScanResult: "1" } } },
    ],
    ["scancode_push", "yizhan.app.scanned", { EventKey: "k5" }, { key: "k5" }],
    ["LOCATION", "yizhan.app.location", { Latitude: "23.1", Longitude: "113.3" }, { details: { Latitude: "23.1" } }],
    [
      "change_contact",
      "yizhan.app.contacts",
      { ChangeType: "update_user" },
      { details: { ChangeType: "update_user" } },
    ],
    [
      "batch_job_result",
      "yizhan.app.job",
      { BatchJob: "<JobId>j1</JobId><ErrCode>0</ErrCode>" },
      { details: { BatchJob: { JobId: "j1", ErrCode: "0" } } },
    ],
    ["open_approval_change", "yizhan.app.other", { ApprovalInfo: "<SpNo>1</SpNo>" }, {}],
    ["of_next_year", "yizhan.app.other", { EventKey: "k6" }, { key: "k6" }],
    ["toString", "yizhan.app.other", {}, {}],
  ])("%s is %s", (event, type, fields, data) => {
    const found = received({ ...common, MsgType: "event", Event: event, ...fields });
    expect(found).toMatchObject({ type, at: second * 1000, subject: "zhangsan" });
    expect(found.data).toMatchObject({ event, person: zhangsan, ...data });
  });

  it("keeps the platform's fields, without what every call has", () => {
    const { data } = received({ ...common, MsgType: "event", Event: "click", EventKey: "k1" });
    expect(data).toMatchObject({ details: { AgentID: "1", EventKey: "k1" } });
    expect(Object.keys((data as { details: object }).details)).toEqual(["AgentID", "EventKey"]);
  });

  it("of the system has nobody who did it", () => {
    const found = received({ ...common, FromUserName: "sys", MsgType: "event", Event: "change_contact" });
    expect(found.subject).toBeUndefined();
    expect(found.data).toHaveProperty("person", undefined);
  });

  it("happened when it was signed, if it does not say when", () => {
    expect(received({ MsgType: "event", Event: "click" }).at).toBe(second * 1000);
  });
});

describe("a click on a card", () => {
  const card = {
    ...common,
    MsgType: "event",
    Event: "template_card_event",
    EventKey: "button_1",
    TaskId: "task-1",
    CardType: "vote_interaction",
    ResponseCode: "once",
  };
  const option = (id: string) => `<OptionId>${id}</OptionId>`;
  const item = (question: string, ...options: string[]) =>
    `<SelectedItem><QuestionKey>${question}</QuestionKey><OptionIds>${options.map(option).join("")}</OptionIds></SelectedItem>`;

  it.each([
    ["one answer", item("q1", "a"), { q1: ["a"] }],
    ["many answers", item("q1", "a", "b") + item("q2", "c"), { q1: ["a", "b"], q2: ["c"] }],
    ["no answers", "", {}],
  ])("with %s", (_what, items, selected) => {
    expect(received({ ...card, SelectedItems: items })).toMatchObject({
      type: "yizhan.message.interaction",
      subject: "zhangsan",
      data: {
        kind: "click",
        messageId: "task-1",
        key: "button_1",
        person: zhangsan,
        chat: withZhangsan,
        value: { cardType: "vote_interaction", selected, responseCode: "once" },
      },
    });
  });

  it("'s menu is a menu", () => {
    expect(received({ ...card, Event: "template_card_menu_event" })).toMatchObject({ data: { kind: "menu" } });
  });

  it("of the old kind is a click", () => {
    const old = { ...common, MsgType: "event", Event: "taskcard_click", EventKey: "yes", TaskId: "task-2" };
    expect(received(old)).toMatchObject({ data: { kind: "click", key: "yes", messageId: "task-2" } });
  });

  it("is the same when the platform tells it again with another code to answer with", () => {
    expect(received({ ...card, ResponseCode: "twice" }).key).toBe(received(card).key);
  });
});

describe("a customers' group", () => {
  const change = { ...common, FromUserName: "sys", MsgType: "event", Event: "change_external_chat", ChatId: "wr1" };
  const group = { id: "wr1", kind: "group" };

  it.each([
    ["add_member", "yizhan.member.joined"],
    ["del_member", "yizhan.member.left"],
  ])("%s is %s", (detail, type) => {
    const MemChangeList = "<Item>Jack</Item><Item>Rose</Item>";
    expect(received({ ...change, ChangeType: "update", UpdateDetail: detail, MemChangeList })).toMatchObject({
      type,
      subject: "wr1",
      data: { chat: group, people: [{ id: "Jack" }, { id: "Rose" }] },
    });
  });

  it.each([
    [{ ChangeType: "update", UpdateDetail: "change_name" }, "renamed"],
    [{ ChangeType: "update", UpdateDetail: "change_owner" }, "owner"],
    [{ ChangeType: "update", UpdateDetail: "change_notice" }, "other"],
    [{ ChangeType: "dismiss" }, "disbanded"],
    [{ ChangeType: "create" }, "other"],
  ])("%j is a change: %s", (fields, changed) => {
    expect(received({ ...change, ...fields })).toMatchObject({
      type: "yizhan.chat.changed",
      data: { chat: group, change: changed },
    });
  });
});

describe("events of one second", () => {
  const change = {
    ...common,
    FromUserName: "sys",
    MsgType: "event",
    Event: "change_contact",
    ChangeType: "create_user",
  };

  it("are two when any field differs: an import makes hundreds at once", () => {
    const keys = Array.from({ length: 100 }, (_, number) => received({ ...change, UserID: `u${number}` }).key);
    expect(new Set(keys).size).toBe(100);
  });

  it("are one when all they say is the same", () => {
    expect(received({ ...change, UserID: "u1" }).key).toBe(received({ ...change, UserID: "u1" }).key);
  });
});

function received(fields: Record<string, string | number>) {
  return eventOf(wecomReceiver.receive(sealedXmlCall(xml(fields), corp), account, context));
}

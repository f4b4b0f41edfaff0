import { describe, expect, it } from "vitest";
import {
  context,
  eventOf,
  get,
  post,
  refusalOf,
  sealed,
  sealedXmlCall,
  second,
  signed,
  xml,
} from "../tencent-calls-for-tests.ts";
import { wecomReceiver } from "./receive.ts";

const robot = { token: "T0ken", encodingAesKey: "A".repeat(43), receiver: "" };
const account = wecomReceiver.account.parse({ kind: "bot", token: "T0ken", encoding_aes_key: robot.encodingAesKey });
const inGroup = { msgid: "m1", aibotid: "bot1", chatid: "wr1", chattype: "group", from: { userid: "zhangsan" } };
const alone = { msgid: "m1", aibotid: "bot1", chattype: "single", from: { userid: "zhangsan" } };
const zhangsan = { id: "zhangsan", kind: "user" };

describe("an intelligent robot's address check", () => {
  it("is answered under an empty receiver's id", () => {
    const echostr = sealed("5927782489442352469", robot);
    const answer = wecomReceiver.receive(
      get({ ...signed("msg_signature", robot, [echostr]), echostr }),
      account,
      context,
    );
    expect(answer).toMatchObject({ kind: "answered", answer: { body: "5927782489442352469" } });
  });

  it("is not an app's", () => {
    const echostr = sealed("1", { ...robot, receiver: "ww1" });
    const request = get({ ...signed("msg_signature", robot, [echostr]), echostr });
    expect(refusalOf(wecomReceiver.receive(request, account, context))).toContain("another receiver");
  });
});

describe("a message to an intelligent robot", () => {
  it("in a group mentions the robot, or it would not have come", () => {
    const text = {
      ...inGroup,
      msgtype: "text",
      text: { content: "@机器人 今天呢" },
      response_url: "https://r/?code=secret",
    };
    expect(told(text)).toEqual({
      type: "yizhan.message.received",
      subject: "wr1",
      at: second * 1000,
      key: "message:m1",
      data: {
        messageId: "m1",
        kind: "text",
        chat: { id: "wr1", kind: "group" },
        sender: zhangsan,
        text: "@机器人 今天呢",
        mentions: [{ id: "bot1", kind: "bot" }],
        attachments: [],
      },
    });
  });

  it.each([
    ["text", { content: "hi" }, { text: "hi" }],
    ["voice", { content: "说的话" }, { text: "说的话" }],
    ["image", { url: "https://i/1" }, { text: "", attachments: [{ kind: "image", url: "https://i/1" }] }],
    ["file", { url: "https://f/1" }, { attachments: [{ kind: "file", url: "https://f/1" }] }],
    ["video", { url: "https://v/1" }, { attachments: [{ kind: "video", url: "https://v/1" }] }],
    ["hologram", { beam: 1 }, { text: "", attachments: [] }],
  ])("alone with it: %s", (kind, content, data) => {
    expect(told({ ...alone, msgtype: kind, [kind]: content })).toMatchObject({
      type: "yizhan.message.received",
      subject: "zhangsan",
      data: { kind, chat: { id: "zhangsan", kind: "direct" }, mentions: [], ...data },
    });
  });

  it("of text and images has all of them", () => {
    const msg_item = [
      { msgtype: "text", text: { content: "看" } },
      { msgtype: "image", image: { url: "https://i/1" } },
      { msgtype: "text", text: { content: "这个" } },
    ];
    expect(told({ ...inGroup, msgtype: "mixed", mixed: { msg_item } })).toMatchObject({
      data: { kind: "mixed", text: "看\n这个", attachments: [{ kind: "image", url: "https://i/1" }] },
    });
  });

  it("is known by its msgid", () => {
    const text = { ...alone, msgtype: "text", text: { content: "a" } };
    expect(told({ ...text, text: { content: "b" } }).key).toBe(told(text).key);
    expect(told({ ...text, msgid: "m2" }).key).not.toBe(told(text).key);
  });

  it("that asks for a stream's next state is told as what it is", () => {
    expect(told({ ...inGroup, msgtype: "stream", stream: { id: "s1" } })).toMatchObject({
      type: "yizhan.app.other",
      data: { event: "stream", key: "s1", person: zhangsan },
    });
  });
});

describe("an event of an intelligent robot", () => {
  const event = { ...alone, msgtype: "event", create_time: second - 5 };

  it("enter_chat is somebody who came", () => {
    expect(told({ ...event, event: { eventtype: "enter_chat" } })).toMatchObject({
      type: "yizhan.app.entered",
      at: (second - 5) * 1000,
      data: { event: "enter_chat", person: zhangsan },
    });
  });

  it("template_card_event is a click, with what was chosen", () => {
    const template_card_event = {
      card_type: "vote_interaction",
      event_key: "submit",
      task_id: "task-1",
      selected_items: { selected_item: [{ question_key: "q1", option_ids: { option_id: ["a", "b"] } }] },
    };
    expect(told({ ...event, event: { eventtype: "template_card_event", template_card_event } })).toMatchObject({
      type: "yizhan.message.interaction",
      subject: "zhangsan",
      data: {
        kind: "click",
        messageId: "task-1",
        key: "submit",
        person: zhangsan,
        value: { cardType: "vote_interaction", selected: { q1: ["a", "b"] } },
      },
    });
  });

  it.each([
    [1, "reaction", "good"],
    [2, "reaction", "bad"],
    [3, "reaction-removed", undefined],
  ])("feedback_event of type %d is a %s", (type, kind, key) => {
    const feedback_event = { id: "f1", type, content: "答非所问", inaccurate_reason_list: [2, 4] };
    expect(told({ ...event, event: { eventtype: "feedback_event", feedback_event } })).toMatchObject({
      type: "yizhan.message.interaction",
      data: { kind, key, messageId: "f1", value: { content: "答非所问", reasons: [2, 4] } },
    });
  });

  it("that is new is told without the addresses that are credentials", () => {
    const found = told({ ...event, response_url: "https://r/?code=secret", event: { eventtype: "of_next_year" } });
    expect(found).toMatchObject({
      type: "yizhan.app.other",
      data: { event: "of_next_year", details: { msgid: "m1" } },
    });
    expect(JSON.stringify(found)).not.toContain("secret");
  });
});

describe("a group robot that is called back", () => {
  const from = "<UserId>zhangsan</UserId><Name>张三</Name><Alias>z</Alias>";
  const common = { WebhookUrl: "https://w/?key=secret", MsgId: "g1", ChatId: "wr1", ChatType: "group", From: from };
  const person = { id: "zhangsan", name: "张三", kind: "user" };

  it("is told messages in XML", () => {
    expect(toldXml({ ...common, MsgType: "text", Text: "<Content>@小助手 hi</Content>" })).toMatchObject({
      type: "yizhan.message.received",
      key: "message:g1",
      data: { chat: { id: "wr1", kind: "group" }, sender: person, text: "@小助手 hi" },
    });
    const image = { ...common, MsgType: "image", Image: "<ImageUrl>https://i/1</ImageUrl>" };
    expect(toldXml(image)).toMatchObject({ data: { attachments: [{ kind: "image", url: "https://i/1" }] } });
  });

  it("is told messages of one part and of many alike", () => {
    const item = (content: string) =>
      `<MsgItem><MsgType>text</MsgType><Text><Content>${content}</Content></Text></MsgItem>`;
    const mixed = { ...common, MsgType: "mixed" };
    expect(toldXml({ ...mixed, MixedMessage: item("a") })).toMatchObject({ data: { text: "a" } });
    expect(toldXml({ ...mixed, MixedMessage: item("a") + item("b") })).toMatchObject({ data: { text: "a\nb" } });
  });

  it.each([
    ["add_to_chat", "yizhan.member.joined"],
    ["delete_from_chat", "yizhan.member.left"],
  ])("%s is %s, by who did it", (event, type) => {
    const found = toldXml({ ...common, MsgType: "event", Event: `<EventType>${event}</EventType>` });
    expect(found).toMatchObject({ type, subject: "wr1", data: { people: [{ kind: "bot" }], operator: person } });
  });

  it("is told of its buttons", () => {
    const Attachment = "<CallbackId>approve</CallbackId><Actions><Name>ok</Name><Value>yes</Value></Actions>";
    expect(toldXml({ ...common, MsgType: "attachment", Attachment })).toMatchObject({
      type: "yizhan.message.interaction",
      data: { kind: "click", key: "approve", value: { name: "ok", value: "yes" }, person },
    });
  });

  it("does not hand its address on", () => {
    const found = toldXml({ ...common, MsgType: "event", Event: "<EventType>new</EventType>" });
    expect(JSON.stringify(found)).not.toContain("secret");
  });
});

function told(message: object) {
  const encrypt = sealed(JSON.stringify(message), robot);
  const request = post(signed("msg_signature", robot, [encrypt]), JSON.stringify({ encrypt }));
  return eventOf(wecomReceiver.receive(request, account, context));
}

function toldXml(fields: Record<string, string>) {
  return eventOf(wecomReceiver.receive(sealedXmlCall(xml(fields), robot), account, context));
}

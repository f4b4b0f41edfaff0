import { describe, expect, it } from "vitest";
import type { Event } from "../model/event.ts";
import type { Reply } from "../model/reply.ts";
import { reached, streamWorld } from "./stream-world.ts";

const appId = "cli_0123456789abcdef";
const cardTopic = "/v1.0/card/instances/callback";
const robotTopic = "/v1.0/im/bot/messages/get";

describe("a click in Feishu, over the long connection", () => {
  it("is answered with the toast and the card, in the frame that acknowledges it", async () => {
    const card = { schema: "2.0", body: { elements: [] } };
    const { server, start } = await worldOf(async () => ({ toast: { kind: "success", text: "已批准" }, card }));
    server.feishu.declare(appId, "s3cret");
    await start("feishu", { app_id: appId, app_secret: "s3cret", base_url: server.url });
    await server.feishu.tell(appId, clickBody, "card").done;
    const { code, data } = JSON.parse(server.feishu.answers[0]?.payload.toString() ?? "");
    expect(code).toBe(200);
    expect(JSON.parse(Buffer.from(data, "base64").toString())).toEqual({
      toast: { type: "success", content: "已批准" },
      card: { type: "raw", data: card },
    });
  });

  it("is acknowledged in time without one, when whoever replies is late", async () => {
    const { server, clock, start, asked } = await worldOf(() => new Promise(() => {}));
    server.feishu.declare(appId, "s3cret");
    await start("feishu", { app_id: appId, app_secret: "s3cret", base_url: server.url });
    const telling = server.feishu.tell(appId, clickBody, "card");
    await reached(() => asked.length === 1);
    await clock.advance(2_500);
    await telling.done;
    expect([telling.outcome, telling.attempts]).toEqual(["acknowledged", 1]);
    expect(JSON.parse(server.feishu.answers[0]?.payload.toString() ?? "")).toEqual({ code: 200 });
  });

  const clickBody = {
    schema: "2.0",
    header: { event_id: "c1", event_type: "card.action.trigger", create_time: "1767225600000" },
    event: { operator: { open_id: "ou_1" }, action: { value: { go: 1 }, tag: "button" }, context: {} },
  };
});

describe("DingTalk's Stream", () => {
  it("carries the reply to a click, and none to a message", async () => {
    const card = { cardData: { cardParamMap: { state: "done" } } };
    const { server, start, asked } = await worldOf(async () => ({ card }));
    server.dingtalk.declare("key1", "s3cret");
    await start("dingtalk", { client_id: "key1", client_secret: "s3cret", base_url: server.url });
    const content = JSON.stringify({ cardPrivateData: { actionIds: ["approve"], params: {} } });
    const click = { type: "actionCallback", outTrackId: "card1", userId: "zhangsan", content };
    await server.dingtalk.tell("key1", { type: "CALLBACK", topic: cardTopic }, click).done;
    const message = { conversationId: "c", msgId: "m1", senderStaffId: "u", msgtype: "text", text: { content: "hi" } };
    await server.dingtalk.tell("key1", { type: "CALLBACK", topic: robotTopic }, message).done;
    expect(server.dingtalk.answers.map(({ data }) => JSON.parse(String(data)))).toEqual([
      { response: card },
      { response: null },
    ]);
    expect(asked.map(({ type }) => type)).toEqual(["yizhan.message.interaction"]);
  });
});

describe("the long connection of WeCom's robots", () => {
  const message = { msgid: "m1", aibotid: "bot1", from: { userid: "zhangsan" }, chattype: "single" };
  const event = (eventtype: string) => ({ ...message, msgid: eventtype, msgtype: "event", event: { eventtype } });

  it("carries a text as it grows, under the request that brought the message", async () => {
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { server, clock, told } = await robot(async () => ({
      stream: (async function* () {
        await first.promise;
        yield "hello";
        await second.promise;
        yield " world";
      })(),
    }));
    server.wecom.tell("bot1", { ...message, msgtype: "text", text: { content: "hi" } });
    await told(1);
    first.resolve();
    await clock.advance(2_000);
    await told(2);
    // Nothing new to say.
    await clock.advance(2_000);
    second.resolve();
    await clock.advance(2_000);
    const requests = await told(3);
    expect(requests.map(({ cmd, body }) => [cmd, body])).toEqual(
      [
        ["", false],
        ["hello", false],
        ["hello world", true],
      ].map(([content, finish]) => [
        "aibot_respond_msg",
        { msgtype: "stream", stream: { id: "hub-0", finish, content } },
      ]),
    );
    expect(new Set(requests.map(({ headers }) => headers.req_id)).size).toBe(1);
    await clock.advance(10_000);
    expect(server.wecom.requests).toHaveLength(3);
  });

  it("carries the welcome of who opens the chat, and the card that takes a clicked one's place", async () => {
    const card = { card_type: "text_notice" };
    const { server, told } = await robot(async ({ type }) =>
      type === "yizhan.app.entered" ? { text: "欢迎" } : { card },
    );
    server.wecom.tell("bot1", event("enter_chat"));
    await told(1);
    server.wecom.tell("bot1", event("template_card_event"));
    expect((await told(2)).map(({ cmd, body }) => [cmd, body])).toEqual([
      ["aibot_respond_welcome_msg", { msgtype: "text", text: { content: "欢迎" } }],
      ["aibot_respond_update_msg", { response_type: "update_template_card", template_card: card }],
    ]);
  });

  it("carries nothing where nobody replies", async () => {
    const { server, asked, clock } = await robot(async () => undefined);
    server.wecom.tell("bot1", { ...message, msgtype: "text", text: { content: "hi" } });
    await reached(() => asked.length === 1);
    await clock.settle();
    expect(server.wecom.requests).toEqual([]);
  });

  async function robot(reply: Parameters<typeof worldOf>[0]) {
    const world = await worldOf(reply);
    const { server } = world;
    server.wecom.declare("bot1", "s3cret");
    await world.start("wecom", { kind: "bot", bot_id: "bot1", secret: "s3cret", stream_url: server.wecomUrl });
    const told = async (count: number) => {
      await server.wecom.lines.until(() => server.wecom.requests.length >= count);
      return server.wecom.requests as unknown as { cmd: string; headers: { req_id: string }; body: unknown }[];
    };
    return { ...world, told };
  }
});

/** One hub that listens to one account, and whoever replies to everything. */
async function worldOf(reply: (event: Event) => Promise<Reply | undefined>) {
  const asked: Event[] = [];
  const ask = (event: Event) => {
    asked.push(event);
    return reply(event);
  };
  const world = await streamWorld({}, { find: () => ({ tries: 1, ask }) });
  return {
    ...world,
    asked,
    async start(platform: string, settings: Record<string, unknown>) {
      const hub = world.startHub(platform, settings);
      await hub.configure();
      await hub.is("connected");
    },
  };
}

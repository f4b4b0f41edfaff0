import { EventDispatcher, LoggerLevel, WSClient } from "@larksuiteoapi/node-sdk";
import { WSClient as WecomClient } from "@wecom/aibot-node-sdk";
import { DWClient, type DWClientDownStream, EventAck } from "dingtalk-stream";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { testClock } from "../../testing/clock.ts";
import { startStreamServer } from "./server.ts";

/** The vendors' own programs, which know nothing of this project, take the sandbox for their platform. */

const appId = "cli_0123456789abcdef";

describe("Feishu's official SDK", () => {
  it("connects, is told of events, also in slices, and acknowledges them", async () => {
    const { server, told } = await feishu(async () => {});
    const text = "驿站".repeat(200);
    const telling = server.feishu.tell(appId, feishuEvent(text));
    await telling.done;
    expect([telling.outcome, telling.attempts]).toEqual(["acknowledged", 1]);
    expect(told).toEqual([text]);
    expect(server.feishu.pings).toBe(1);
  });

  it("is told again of what its handler failed on", async () => {
    let failures = 1;
    const { server, told, clock } = await feishu(async () => {
      if (failures-- > 0) throw new Error("not now");
    });
    const telling = server.feishu.tell(appId, feishuEvent("hello"));
    await server.feishu.lines.until(() => server.feishu.answers.length === 1);
    expect(JSON.parse(server.feishu.answers[0]?.payload.toString() ?? "")).toEqual({ code: 500 });
    await clock.advance(15_000);
    await telling.done;
    expect([telling.attempts, told]).toEqual([2, ["hello", "hello"]]);
  });

  async function feishu(handler: () => Promise<void>) {
    const { server, clock } = await setup();
    server.feishu.declare(appId, "s3cret");
    const told: unknown[] = [];
    const eventDispatcher = new EventDispatcher({ loggerLevel: LoggerLevel.fatal }).register({
      async "im.message.receive_v1"({ message }) {
        told.push(JSON.parse(message.content).text);
        await handler();
      },
    });
    const client = new WSClient({ appId, appSecret: "s3cret", domain: server.url, loggerLevel: LoggerLevel.fatal });
    onTestFinished(() => client.close({ force: true }));
    await client.start({ eventDispatcher });
    await server.feishu.lines.until(() => server.feishu.pings > 0);
    return { server, clock, told };
  }
});

describe("DingTalk's official SDK", () => {
  it("connects, echoes pings, and acknowledges events and messages", async () => {
    const { server, client } = await dingtalk();
    const events: DWClientDownStream[] = [];
    client.registerAllEventListener((event) => {
      events.push(event);
      return { status: EventAck.SUCCESS };
    });
    server.dingtalk.ping("key1");
    await server.dingtalk.lines.until(() => server.dingtalk.answers.length === 1);
    expect(server.dingtalk.answers[0]).toMatchObject({ code: 200, headers: { topic: "ping" } });
    await server.dingtalk.tell("key1", { type: "EVENT", eventType: "chat_disband", eventId: "e1" }, { chatId: "c" })
      .done;
    expect(events[0]?.headers).toMatchObject({ eventType: "chat_disband", eventId: "e1", topic: "*" });
    const message = server.dingtalk.tell("key1", { type: "CALLBACK", topic: robotTopic }, { msgId: "m1" });
    await message.done;
    expect(message.outcome).toBe("acknowledged");
    expect(server.dingtalk.answers.at(-1)?.data).toBe('{"response":null}');
  });

  it("is told again a minute after it said LATER", async () => {
    const { server, client, clock } = await dingtalk();
    let times = 0;
    client.registerAllEventListener(() => ({ status: times++ === 0 ? EventAck.LATER : EventAck.SUCCESS }));
    const telling = server.dingtalk.tell("key1", { type: "EVENT", eventType: "chat_disband", eventId: "e1" }, {});
    await server.dingtalk.lines.until(() => server.dingtalk.answers.length === 1);
    await clock.advance(60_000);
    await telling.done;
    expect(times).toBe(2);
  });

  async function dingtalk() {
    const { server, clock } = await setup();
    server.dingtalk.declare("key1", "s3cret");
    const info = vi.spyOn(console, "info").mockImplementation(() => {});
    onTestFinished(() => info.mockRestore());
    const client = new SandboxedClient(server.url);
    onTestFinished(() => client.disconnect());
    client.registerCallbackListener(robotTopic, ({ headers }) =>
      client.socketCallBackResponse(headers.messageId, null),
    );
    await client.connect();
    return { server, clock, client };
  }
});

describe("WeCom's official SDK", () => {
  it("subscribes, is told of messages, and gives way to a newer connection", async () => {
    const { server } = await setup();
    server.wecom.declare("bot1", "s3cret");
    const [older, newer] = [await wecom(server.wecomUrl), await wecom(server.wecomUrl)];
    await older.replaced;
    const telling = server.wecom.tell("bot1", { msgid: "m1", msgtype: "text", text: { content: "hello" } });
    expect(telling.outcome).toBe("sent");
    expect(await newer.told).toMatchObject({ msgid: "m1", text: { content: "hello" } });
  });

  it("is told that its secret is wrong", async () => {
    const { server } = await setup();
    server.wecom.declare("bot1", "another");
    const client = wecomClient(server.wecomUrl);
    const refused = new Promise<Error>((resolve) => client.once("error", resolve));
    client.connect();
    expect((await refused).message).toContain("40001");
  });

  async function wecom(wsUrl: string) {
    const client = wecomClient(wsUrl);
    const told = new Promise((resolve) => client.once("message.text", (frame) => resolve(frame.body)));
    const replaced = new Promise<void>((resolve) => client.once("event.disconnected_event", () => resolve()));
    const authenticated = new Promise<void>((resolve) => client.once("authenticated", resolve));
    client.connect();
    await authenticated;
    return { told, replaced };
  }

  function wecomClient(wsUrl: string): WecomClient {
    const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    const client = new WecomClient({
      botId: "bot1",
      secret: "s3cret",
      wsUrl,
      logger: silent,
      maxAuthFailureAttempts: 0,
    });
    onTestFinished(() => client.disconnect());
    client.on("error", () => {});
    return client;
  }
});

const robotTopic = "/v1.0/im/bot/messages/get";

/** The SDK's gateway is a constant, so where to connect is asked for here, as the SDK does it. */
class SandboxedClient extends DWClient {
  readonly #url: string;

  constructor(url: string) {
    super({ clientId: "key1", clientSecret: "s3cret" });
    this.#url = url;
  }

  override async getEndpoint(): Promise<this> {
    const { clientId, clientSecret, subscriptions } = this.getConfig();
    const answer = await fetch(`${this.#url}/v1.0/gateway/connections/open`, {
      method: "POST",
      headers: { accept: "application/json", "content-type": "application/json" },
      body: JSON.stringify({ clientId, clientSecret, subscriptions }),
    });
    const { endpoint, ticket } = (await answer.json()) as { endpoint: string; ticket: string };
    Reflect.set(this, "dw_url", `${endpoint}?ticket=${ticket}`);
    return this;
  }
}

function feishuEvent(text: string) {
  const header = { event_id: "e1", event_type: "im.message.receive_v1", create_time: "1767225600000", app_id: appId };
  const message = { message_id: "om_1", chat_id: "oc_1", content: JSON.stringify({ text }) };
  return { schema: "2.0", header, event: { sender: { sender_id: { open_id: "ou_1" } }, message } };
}

async function setup() {
  const clock = testClock();
  const server = await startStreamServer({ timer: clock, sliceBytes: 500 });
  onTestFinished(() => server.close());
  return { clock, server };
}

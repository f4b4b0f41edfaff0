import { describe, expect, it } from "vitest";
import { reached, streamWorld } from "./stream-world.ts";

const appId = "cli_0123456789abcdef";
const feishuBody = (text: string, id = "om_1") => ({
  schema: "2.0",
  header: { event_id: `ev-${id}`, event_type: "im.message.receive_v1", create_time: "1767225600000", app_id: appId },
  event: {
    sender: { sender_id: { open_id: "ou_1" }, sender_type: "user" },
    message: {
      message_id: id,
      create_time: "1767225600000",
      chat_id: "oc_1",
      chat_type: "group",
      message_type: "text",
      content: JSON.stringify({ text }),
    },
  },
});
const robotTopic = "/v1.0/im/bot/messages/get";
const robotBody = {
  conversationId: "cid1",
  conversationType: "2",
  msgId: "msg1",
  createAt: 1_767_225_600_000,
  senderStaffId: "zhangsan",
  msgtype: "text",
  text: { content: " hello" },
  sessionWebhook: "https://oapi.dingtalk.com/robot/sendBySession?session=secret",
};
const wecomBody = {
  msgid: "m1",
  aibotid: "bot1",
  chattype: "single",
  from: { userid: "zhangsan" },
  msgtype: "text",
  text: { content: "hello" },
};

describe("Feishu's long connection", () => {
  it("brings events, each acknowledged once it is stored", async () => {
    const { server, events, hub } = await feishu();
    await server.feishu.tell(appId, feishuBody("hello")).done;
    expect((await events()).map(({ event }) => event)).toMatchObject([
      { type: "yizhan.message.received", subject: "oc_1", account: "main", data: { messageId: "om_1", text: "hello" } },
    ]);
    expect(JSON.parse(server.feishu.answers[0]?.payload.toString() ?? "")).toEqual({ code: 200 });
    expect(server.feishu.answers[0]?.headers).toMatchObject({ type: "event", sum: "1", seq: "0", biz_rt: "0" });
    expect(hub.health()).toMatchObject({ state: "connected", reconnects: 0 });
  });

  it("is not acknowledged while the store cannot take it; the repeat is stored, once", async () => {
    const { server, clock, events, failNext, arrivals } = await feishu();
    failNext(1);
    const telling = server.feishu.tell(appId, feishuBody("hello"));
    await reached(() => arrivals() === 1);
    await clock.settle();
    expect([telling.outcome, server.feishu.answers.length, (await events()).length]).toEqual(["waiting", 0, 0]);
    await clock.advance(3_000 + 15_000);
    await telling.done;
    expect([telling.outcome, telling.attempts, (await events()).length]).toEqual(["acknowledged", 2, 1]);
  });

  it("joins an event that comes in slices", async () => {
    const { server, events } = await feishu({ sliceBytes: 100 });
    const text = "驿站".repeat(300);
    await server.feishu.tell(appId, feishuBody(text)).done;
    expect((await events())[0]?.event.data).toMatchObject({ text });
    expect(server.feishu.answers).toHaveLength(1);
  });

  it("takes clicks in cards too", async () => {
    const { server, events } = await feishu();
    const header = { event_id: "c1", event_type: "card.action.trigger", create_time: "1767225600000" };
    const event = { operator: { open_id: "ou_1" }, action: { value: { go: 1 }, tag: "button" }, context: {} };
    await server.feishu.tell(appId, { schema: "2.0", header, event }, "card").done;
    expect((await events())[0]?.event.type).toBe("yizhan.message.interaction");
  });

  it("answers 500 to what names no event, and stores nothing", async () => {
    const { server, clock, events, log } = await feishu();
    const telling = server.feishu.tell(appId, { hello: 1 });
    await server.feishu.lines.until(() => server.feishu.answers.length > 0);
    expect(JSON.parse(server.feishu.answers[0]?.payload.toString() ?? "")).toEqual({ code: 500 });
    expect([telling.outcome, await events()]).toEqual(["waiting", []]);
    expect(log.join()).toContain("names no event");
    await clock.settle();
  });

  it("pings as often as the platform says", async () => {
    const { server, clock } = await feishu({ pingSeconds: 10 });
    await server.feishu.lines.until(() => server.feishu.pings === 1);
    await clock.advance(10_000);
    await server.feishu.lines.until(() => server.feishu.pings === 2);
  });

  it("is opened anew when it breaks, and tells so", async () => {
    const { server, clock, hub } = await feishu();
    server.feishu.lines.kick(appId);
    await hub.is("waiting");
    expect(hub.health()?.lastError).toContain("closed the connection");
    await clock.advance(1_000);
    await hub.is("connected");
    expect(hub.health()).toMatchObject({ reconnects: 1 });
    const telling = server.feishu.tell(appId, feishuBody("again"));
    await telling.done;
    expect(telling.attempts).toBe(1);
  });

  it("counts as dead when nothing comes any more, although the connection stands", async () => {
    const { server, clock, hub } = await feishu({ pingSeconds: 10 });
    await server.feishu.lines.until(() => server.feishu.pings === 1);
    await reached(() => hub.health()?.lastAliveAt !== undefined);
    server.feishu.lines.mute(true);
    await clock.advance(25_000);
    expect(hub.health()).toMatchObject({ state: "connected", lastError: undefined });
    await clock.advance(5_000);
    await reached(() => hub.health()?.lastError !== undefined);
    expect(hub.health()?.lastError).toBe("nothing came for 30 s");
    server.feishu.lines.mute(false);
    await clock.advance(1_000);
    await reached(() => hub.health()?.reconnects === 1);
  });

  it("waits for a person when the app is not known, and says what to look at without the secret", async () => {
    const { hub, clock, log } = await feishu({ appSecret: "a-wrong-secret" });
    await hub.is("waiting");
    expect(hub.health()?.lastError).toMatch(/code 514.*are app_id and app_secret those/);
    await clock.advance(200_000);
    expect(hub.health()?.state).toBe("waiting");
    expect(log.join()).not.toContain("a-wrong-secret");
  });

  it("never shows the ticket it connected with", async () => {
    const { server, hub, log } = await feishu();
    server.feishu.lines.kick(appId);
    await hub.is("waiting");
    expect(log.join() + JSON.stringify(hub.health())).not.toMatch(/ticket|device_id/);
  });
});

describe("DingTalk's Stream", () => {
  it("brings what people write to the robot, with the answer that it is stored", async () => {
    const { server, events } = await dingtalk();
    await server.dingtalk.tell("key1", { type: "CALLBACK", topic: robotTopic }, robotBody).done;
    expect((await events())[0]?.event).toMatchObject({
      type: "yizhan.message.received",
      data: { messageId: "msg1", text: "hello", sender: { id: "zhangsan" } },
    });
    expect(server.dingtalk.answers[0]).toMatchObject({ code: 200, data: '{"response":null}' });
    expect(JSON.stringify(await events())).not.toContain("session=secret");
  });

  it("brings events, known by the id in the frame's headers", async () => {
    const { server, events } = await dingtalk();
    const push = { type: "EVENT", eventType: "chat_add_member", eventId: "e1" } as const;
    const data = { openConversationId: "cid1", userId: ["li"], operator: "boss", timeStamp: 1_767_225_600_000 };
    await server.dingtalk.tell("key1", push, data).done;
    await server.dingtalk.tell("key1", push, data).done;
    expect((await events()).map(({ event }) => event)).toMatchObject([
      { type: "yizhan.member.joined", subject: "cid1", data: { people: [{ id: "li" }], operator: { id: "boss" } } },
    ]);
    expect(server.dingtalk.answers[0]).toMatchObject({ code: 200, data: '{"status":"SUCCESS"}' });
  });

  it("answers LATER while the store cannot take an event; the push after a minute is stored, once", async () => {
    const { server, clock, events, failNext } = await dingtalk();
    failNext(1);
    const telling = server.dingtalk.tell("key1", { type: "EVENT", eventType: "chat_disband", eventId: "e1" }, {});
    await server.dingtalk.lines.until(() => server.dingtalk.answers.length === 1);
    expect(server.dingtalk.answers[0]?.data).toBe('{"status":"LATER"}');
    await clock.advance(60_000);
    await telling.done;
    expect([telling.outcome, telling.attempts, (await events()).length]).toEqual(["acknowledged", 2, 1]);
  });

  it("does not answer for a message that could not be stored; it comes again and is stored once", async () => {
    const { server, clock, events, failNext, arrivals } = await dingtalk();
    failNext(1);
    const telling = server.dingtalk.tell("key1", { type: "CALLBACK", topic: robotTopic }, robotBody);
    await reached(() => arrivals() === 1);
    await clock.settle();
    expect(server.dingtalk.answers).toEqual([]);
    await clock.advance(60_000);
    await telling.done;
    expect([telling.attempts, (await events()).length]).toEqual([2, 1]);
  });

  it("tells two clicks of one button apart, and a repeat of one from both", async () => {
    const { server, events } = await dingtalk();
    const topic = "/v1.0/card/instances/callback";
    const content = JSON.stringify({ cardPrivateData: { actionIds: ["approve"], params: {} } });
    const click = { type: "actionCallback", outTrackId: "card1", userId: "zhangsan", content };
    await server.dingtalk.tell("key1", { type: "CALLBACK", topic }, click).done;
    await server.dingtalk.tell("key1", { type: "CALLBACK", topic }, click).done;
    expect((await events()).map(({ event }) => event.data)).toMatchObject([
      { kind: "click", messageId: "card1", key: "approve" },
      { kind: "click", messageId: "card1", key: "approve" },
    ]);
  });

  it("answers 404 to topics it does not know", async () => {
    const { server, events } = await dingtalk();
    server.dingtalk.tell("key1", { type: "CALLBACK", topic: "/v1.0/graph/api/invoke" }, {});
    await server.dingtalk.lines.until(() => server.dingtalk.answers.length === 1);
    expect(server.dingtalk.answers[0]).toMatchObject({ code: 404 });
    expect(await events()).toEqual([]);
  });

  it("asks for events, messages and clicks, and echoes pings", async () => {
    const { server } = await dingtalk();
    expect(server.dingtalk.subscriptions).toEqual([
      "EVENT *",
      `CALLBACK ${robotTopic}`,
      "CALLBACK /v1.0/card/instances/callback",
    ]);
    server.dingtalk.ping("key1");
    await server.dingtalk.lines.until(() => server.dingtalk.answers.length === 1);
    expect(server.dingtalk.answers[0]).toMatchObject({ code: 200, headers: { topic: "ping" } });
    expect(server.dingtalk.answers[0]?.data).toMatch(/^\{"opaque":"[0-9a-f]{16}"\}$/);
  });

  it("is opened anew, with a new ticket, when the platform announces that it closes", async () => {
    const { server, clock, hub } = await dingtalk();
    server.dingtalk.disconnect("key1");
    await hub.is("waiting");
    await clock.advance(1_000);
    await hub.is("connected");
    await server.dingtalk.tell("key1", { type: "CALLBACK", topic: robotTopic }, robotBody).done;
  });

  it("stays while WebSocket pings are answered, and not when they are not", async () => {
    const { server, clock, hub } = await dingtalk();
    for (let minute = 0; minute < 5; minute++) {
      const before = hub.health()?.lastAliveAt ?? 0;
      await clock.advance(30_000);
      await reached(() => (hub.health()?.lastAliveAt ?? 0) > before);
    }
    expect(hub.health()).toMatchObject({ state: "connected", reconnects: 0 });
    server.dingtalk.lines.mute(true);
    await clock.advance(90_000);
    await reached(() => hub.health()?.lastError !== undefined);
    expect(hub.health()?.lastError).toBe("nothing came for 90 s");
  });

  it("waits for a person when the credentials are wrong", async () => {
    const { hub, log } = await dingtalk("a-wrong-secret");
    await hub.is("waiting");
    expect(hub.health()?.lastError).toMatch(/HTTP 401, authFailed.*are client_id and client_secret those/);
    expect(log.join()).not.toContain("a-wrong-secret");
  });
});

describe("the long connection of WeCom's robots", () => {
  it("brings messages and events", async () => {
    const { server, events } = await wecom();
    server.wecom.tell("bot1", wecomBody);
    server.wecom.tell("bot1", { ...wecomBody, msgid: "m2", msgtype: "event", event: { eventtype: "enter_chat" } });
    await reachedCount(events, 2);
    expect((await events()).map(({ event }) => event.type).sort()).toEqual([
      "yizhan.app.entered",
      "yizhan.message.received",
    ]);
  });

  it("stores again what could not be stored, because the platform repeats nothing", async () => {
    const { server, clock, events, failNext, arrivals } = await wecom();
    failNext(2);
    server.wecom.tell("bot1", wecomBody);
    await reached(() => arrivals() === 1);
    await clock.advance(1_000);
    await reached(() => arrivals() === 2);
    expect(await events()).toEqual([]);
    await clock.advance(2_000);
    await reachedCount(events, 1);
    expect(arrivals()).toBe(3);
  });

  it("pings every thirty seconds", async () => {
    const { server, clock } = await wecom();
    await clock.advance(30_000);
    await server.wecom.lines.until(() => server.wecom.pings === 1);
  });

  it("leaves the place to a newer connection for a while, instead of throwing it out at once", async () => {
    const world = await wecom();
    const other = world.startHub("wecom", { ...world.settings }, "elsewhere");
    // Another program with the same credentials, which knows nothing of this hub's leases.
    await world.store.dropLease("stream:default/wecom/main", "hub");
    await other.configure();
    await world.hub.is("waiting");
    expect(world.hub.health()?.lastError).toContain("connected from elsewhere");
    await world.clock.advance(20_000);
    expect([world.hub.health()?.state, other.health()?.state]).toEqual(["waiting", "connected"]);
  });

  it("waits for a person when the robot's secret is wrong", async () => {
    const { hub, log } = await wecom("a-wrong-secret");
    await hub.is("waiting");
    expect(hub.health()?.lastError).toMatch(/code 40001.*are bot_id and secret those/);
    expect(log.join()).not.toContain("a-wrong-secret");
  });
});

describe("two processes over one store", () => {
  it("have one connection an account, and the other takes over when the first ends", async () => {
    const { hub: first, server, clock, startHub, settings, events } = await feishu();
    const second = startHub("feishu", settings, "second");
    await second.configure();
    await clock.advance(60_000);
    expect([first.health()?.state, second.health()?.state]).toEqual(["connected", "standby"]);
    expect(server.feishu.lines.of(appId)).toHaveLength(1);
    await first.supervisor.stop();
    await clock.advance(10_000);
    await second.is("connected");
    await server.feishu.tell(appId, feishuBody("to the second")).done;
    expect((await events())[0]?.event.id).toMatch(/^second-/);
  });

  it("hand over when the first dies, once its lease has run out", async () => {
    const { server, clock, store, startHub, settings } = await feishu({ start: false });
    // A process that was killed right after it renewed.
    await store.takeLease("stream:default/feishu/main", "killed", clock.now(), clock.now() + 30_000);
    const second = startHub("feishu", settings, "second");
    await second.configure();
    await clock.advance(25_000);
    expect([second.health()?.state, server.feishu.lines.of(appId).length]).toEqual(["standby", 0]);
    await clock.advance(15_000);
    await second.is("connected");
  });

  it("do not both listen: who lost the lease closes", async () => {
    const { hub, server, clock, store } = await feishu();
    await store.dropLease("stream:default/feishu/main", "hub");
    await store.takeLease("stream:default/feishu/main", "other", clock.now(), clock.now() + 1_000_000);
    await clock.advance(10_000);
    await server.feishu.lines.until(() => server.feishu.lines.of(appId).length === 0);
    await hub.is("waiting");
    expect(hub.health()?.lastError).toBe("another process has taken over");
    await clock.advance(10_000);
    await hub.is("standby");
  });
});

describe("accounts that change", () => {
  it("are connected anew when their settings changed, left alone when not, and let go when they are gone", async () => {
    const { hub, server } = await feishu();
    const [line] = server.feishu.lines.of(appId);
    await hub.configure();
    expect(server.feishu.lines.of(appId)).toEqual([line]);
    await hub.configure({ verification_token: "changed" });
    await hub.is("connected");
    expect(server.feishu.lines.of(appId)).toHaveLength(1);
    expect(server.feishu.lines.of(appId)).not.toContain(line);
    await hub.configure({ connection: "callback" });
    await server.feishu.lines.until(() => server.feishu.lines.of(appId).length === 0);
    expect(hub.health()).toBeUndefined();
  });
});

describe("a hub that stops", () => {
  it("lets the frame in hand be stored and acknowledged", async () => {
    const { hub, server, events, arrivals } = await feishu();
    const telling = server.feishu.tell(appId, feishuBody("last"));
    await reached(() => arrivals() === 1);
    await hub.supervisor.stop();
    await telling.done;
    expect([telling.outcome, (await events()).length]).toEqual(["acknowledged", 1]);
  });
});

async function feishu(
  options: { sliceBytes?: number; pingSeconds?: number; appSecret?: string; start?: boolean } = {},
) {
  const { appSecret = "s3cret", start = true, ...server } = options;
  const world = await streamWorld(server);
  world.server.feishu.declare(appId, "s3cret");
  const settings = { app_id: appId, app_secret: appSecret, verification_token: "t", base_url: world.server.url };
  const hub = world.startHub("feishu", settings);
  if (start) await hub.configure();
  if (start && appSecret === "s3cret") await hub.is("connected");
  return { ...world, hub, settings };
}

async function dingtalk(secret = "s3cret") {
  const world = await streamWorld();
  world.server.dingtalk.declare("key1", "s3cret");
  const settings = { client_id: "key1", client_secret: secret, base_url: world.server.url };
  const hub = world.startHub("dingtalk", settings);
  await hub.configure();
  if (secret === "s3cret") await hub.is("connected");
  return { ...world, hub };
}

async function wecom(secret = "s3cret") {
  const world = await streamWorld();
  world.server.wecom.declare("bot1", "s3cret");
  const settings = { kind: "bot", bot_id: "bot1", secret, stream_url: world.server.wecomUrl };
  const hub = world.startHub("wecom", settings);
  await hub.configure();
  if (secret === "s3cret") await hub.is("connected");
  return { ...world, hub, settings };
}

async function reachedCount(events: () => Promise<unknown[]>, count: number): Promise<void> {
  for (;;) {
    if ((await events()).length >= count) return;
    await reached(() => true);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { testClock } from "../testing/clock.ts";
import { visit } from "./sandbox-fixture.ts";

const hello = { event: "message", person: "zhangsan", text: "hello" };
const dingtalk = "/sandbox/streams/dingtalk/ding1";

describe("the sandbox's long connections", () => {
  it("are at the address of everything else, and listed by app", async () => {
    const { ask, sandbox } = await visit();
    await connectDingtalk(sandbox.url);
    const { host } = new URL(sandbox.url);
    expect((await ask("GET", "/sandbox/streams")).body).toEqual({
      connections: [{ platform: "dingtalk", app: "ding1", connections: 1 }],
      addresses: { feishu: sandbox.url, dingtalk: sandbox.url, "wecom-bot": `ws://${host}/wecom/ws` },
    });
  });

  it("are refused to a program with another secret than the declared one", async () => {
    const { ask, post } = await visit();
    await ask("PUT", "/sandbox/apps/feishu/cli_1", { secret: "right" });
    const opened = await post("/callback/ws/endpoint", { AppID: "cli_1", AppSecret: "wrong" });
    expect(opened.body).toEqual({ code: 514, msg: "auth failed" });
    const without = await post("/callback/ws/endpoint", { AppID: "cli_2", AppSecret: "" });
    expect(without.body).toMatchObject({ code: 1_000_040_344 });
    const any = await post("/callback/ws/endpoint", { AppID: "cli_2", AppSecret: "any" });
    expect(any.body).toMatchObject({ code: 0, data: { URL: expect.stringMatching(/^ws:/) } });
  });

  it("answer a handshake for nothing with 404, and one that is none with 400", async () => {
    const { sandbox } = await visit();
    const refused = (path: string) =>
      new Promise((resolve) => {
        const socket = new WebSocket(sandbox.url.replace("http", "ws") + path);
        socket.on("error", ({ message }) => resolve(message));
      });
    expect(await refused("/nothing")).toContain("404");
    expect(await refused("/dingtalk/connect?ticket=none")).toContain("401");
  });
});

describe("POST /sandbox/streams/{platform}/{app}", () => {
  it("has somebody act, tells the program that is connected, and answers what that said", async () => {
    const { ask, sandbox } = await visit();
    const program = await connectDingtalk(sandbox.url);
    const posted = ask("POST", dingtalk, hello);
    const frame = await program.next();
    expect(frame).toMatchObject({ type: "CALLBACK", headers: { topic: "/v1.0/im/bot/messages/get" } });
    const content = JSON.parse(frame.data);
    expect(content).toMatchObject({ msgtype: "text", text: { content: "hello" }, senderStaffId: "zhangsan" });
    program.answer(frame, { response: null });
    const told = {
      name: "text",
      content,
      messageId: content.msgId,
      attempts: 1,
      outcome: "acknowledged",
      answers: [{ code: 200, data: { response: null } }],
    };
    expect(await posted).toMatchObject({ status: 200, body: { told } });
    expect((await ask("GET", dingtalk)).body).toEqual({ told: [told] });
    expect((await ask("GET", "/sandbox/streams/dingtalk/ding2")).body).toEqual({ told: [] });
  });

  it("tells of events as the Stream does: their names in the header, a robot's fields in small letters", async () => {
    const { ask, sandbox } = await visit();
    const program = await connectDingtalk(sandbox.url);
    const posted = ask("POST", dingtalk, { event: "read", person: "lisi", messages: ["key-1"] });
    const frame = await program.next();
    expect(frame.headers).toMatchObject({ topic: "*", eventType: "robot_msg_read", eventId: expect.any(String) });
    expect(JSON.parse(frame.data)).toMatchObject({ processQueryKey: "key-1", userId: "lisi" });
    program.answer(frame, { status: "SUCCESS" });
    expect((await posted).body).toMatchObject({ told: { name: "robot_msg_read", outcome: "acknowledged" } });
  });

  it("answers after a while where nobody says anything", async () => {
    const timer = testClock();
    const { ask, sandbox } = await visit({ timer, now: timer.now });
    const program = await connectDingtalk(sandbox.url);
    const posted = ask("POST", dingtalk, hello);
    await program.next();
    await timer.advance(5_000);
    const { body } = await posted;
    expect(body).toMatchObject({ told: { outcome: "waiting", attempts: 1, answers: [] } });
  });

  it("shows what a WeCom robot's program sent under the message's id, and what was lost as nobody was connected", async () => {
    const { ask, sandbox } = await visit();
    const path = "/sandbox/streams/wecom-bot/aib1";
    expect((await ask("POST", path, hello)).body).toMatchObject({ told: { outcome: "lost" } });
    const socket = new WebSocket(`${sandbox.url.replace("http", "ws")}/wecom/ws`);
    onTestFinished(() => socket.terminate());
    const frames = framesOf(socket);
    await new Promise((resolve) => socket.once("open", resolve));
    const say = (cmd: string, req_id: string, body: object) =>
      socket.send(JSON.stringify({ cmd, headers: { req_id }, body }));
    say("aibot_subscribe", "1", { bot_id: "aib1", secret: "any" });
    expect(await frames()).toMatchObject({ errcode: 0 });
    expect((await ask("POST", path, hello)).body).toMatchObject({ told: { outcome: "sent" } });
    const told = await frames();
    expect(told).toMatchObject({ cmd: "aibot_msg_callback", body: { aibotid: "aib1", text: { content: "hello" } } });
    const reply = { msgtype: "stream", stream: { id: "s", finish: true, content: "hi" } };
    say("aibot_respond_msg", String(told.headers.req_id), reply);
    expect(await frames()).toMatchObject({ errcode: 0 });
    expect(Object((await ask("GET", path)).body).told.at(-1)).toMatchObject({
      outcome: "sent",
      answers: [{ cmd: "aibot_respond_msg", body: reply }],
    });
  });

  it.each([
    ["/sandbox/streams/wecom/x", hello, '"wecom" is no platform with long connections'],
    ["/sandbox/streams/feishu/x", { event: "verify" }, "no address to check"],
    ["/sandbox/streams/feishu/x", { event: "scan", person: "p", scene: "1" }, 'does not tell of "scan"'],
    ["/sandbox/streams/feishu/x", { event: "native", name: "card.action.trigger_v1" }, "only comes by HTTP"],
    ["/sandbox/streams/feishu/x", [], "the body must be an object"],
    ["/sandbox/streams/feishu/x", { event: "message" }, "the request is not valid"],
  ])("at %s with %j says what would be right", async (path, body, says) => {
    const { ask } = await visit();
    const { status, body: said } = await ask("POST", path, body);
    expect([status, Object(said).error]).toEqual([400, expect.stringContaining(says)]);
  });
});

describe("a connection", () => {
  it("breaks off at DELETE", async () => {
    const { ask, sandbox } = await visit();
    const program = await connectDingtalk(sandbox.url);
    expect((await ask("DELETE", dingtalk)).body).toEqual({ broken: 1 });
    await program.closed;
    expect((await ask("DELETE", dingtalk)).body).toEqual({ broken: 0 });
  });

  it("stays open and silent while its platform is muted", async () => {
    const { ask, sandbox } = await visit();
    const program = await connectDingtalk(sandbox.url);
    await ask("PUT", "/sandbox/streams/dingtalk", { muted: true });
    sandbox.streams.dingtalk.tell("ding1", { type: "CALLBACK", topic: "muted" }, {});
    await ask("PUT", "/sandbox/streams/dingtalk", { muted: false });
    sandbox.streams.dingtalk.tell("ding1", { type: "CALLBACK", topic: "heard" }, {});
    expect((await program.next()).headers.topic).toBe("heard");
  });

  it("ends with the sandbox", async () => {
    const { sandbox } = await visit();
    const program = await connectDingtalk(sandbox.url);
    await sandbox.close();
    await program.closed;
  });
});

interface Frame {
  readonly type: string;
  readonly headers: { readonly topic: string; readonly messageId: string; readonly req_id?: string };
  readonly data: string;
}

/** A program of DingTalk's app `ding1`, as its protocol page has it. */
async function connectDingtalk(url: string) {
  const opened = await fetch(`${url}/v1.0/gateway/connections/open`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ clientId: "ding1", clientSecret: "any", subscriptions: [] }),
  });
  const { endpoint, ticket } = (await opened.json()) as { endpoint: string; ticket: string };
  const socket = new WebSocket(`${endpoint}?ticket=${encodeURIComponent(ticket)}`);
  onTestFinished(() => socket.terminate());
  const next = framesOf(socket);
  await new Promise((resolve) => socket.once("open", resolve));
  return {
    next,
    closed: new Promise((resolve) => socket.once("close", resolve)),
    answer({ headers: { messageId } }: Frame, data: object) {
      const headers = { messageId, contentType: "application/json" };
      socket.send(JSON.stringify({ code: 200, message: "OK", headers, data: JSON.stringify(data) }));
    },
  };
}

/** What comes over a connection, one after the other. */
function framesOf(socket: WebSocket): () => Promise<Frame> {
  const came: Frame[] = [];
  const waiting: ((frame: Frame) => void)[] = [];
  socket.on("message", (data) => {
    const frame = JSON.parse(String(data)) as Frame;
    const next = waiting.shift();
    if (next) next(frame);
    else came.push(frame);
  });
  return () => {
    const frame = came.shift();
    return frame ? Promise.resolve(frame) : new Promise((resolve) => waiting.push(resolve));
  };
}

import { randomUUID } from "node:crypto";
import { type JsonObject, objectOf, textOf } from "../json-fields.ts";
import type { ReplyWay } from "../replying.ts";
import { defineStreamer, type OpenStream, StreamFailure, type StreamFrame, type StreamOptions } from "../streaming.ts";
import { streamAddress } from "../streaming-address.ts";
import { openSocket, type SocketData, type StreamSocket } from "../streaming-socket.ts";
import { parseBody } from "../tencent-body.ts";
import type { WecomAccount } from "./account.ts";
import { botEvents } from "./bot-events.ts";
import { botReplyBody } from "./bot-reply.ts";
import { botReplyIn, botRules, replies } from "./replying.ts";

/**
 * An intelligent robot's long connection: the same JSON as its callbacks, not encrypted.
 * https://developer.work.weixin.qq.com/document/path/101463
 *
 * The platform keeps one connection a robot: a new one ends the one before. It wants no acknowledgement and repeats
 * nothing, so what could not be stored is tried here again for as long as the connection lasts.
 */
export const wecomStreamer = defineStreamer<WecomAccount>({
  wants: (account) => account.kind === "bot" && account.connection === "stream",
  async open(account, options) {
    if (account.kind !== "bot") throw new StreamFailure("unauthorized", "only robots have a long connection");
    const { stream_url = usualAddress } = account;
    const admission = Promise.withResolvers<void>();
    const subscription = requestOf("aibot_subscribe", { bot_id: account.bot_id, secret: account.secret });
    const socket = await openSocket({
      ...options,
      url: streamAddress(stream_url, stream_url),
      pingIntervalMs: () => pingMs,
      onData(data, socket) {
        const frame = frameIn(data);
        if (frame === undefined) return options.log.warn({}, "WeCom sent a frame that is not understood");
        if (frame.id === subscription.headers.req_id) return settle(frame, admission);
        if (frame.command === "aibot_msg_callback") socket.work(() => take(frame, socket, options));
        if (frame.command === "aibot_event_callback") hear(frame, socket, options);
      },
    });
    socket.send(JSON.stringify(subscription));
    await admitted(admission.promise, socket.stream, options);
    socket.every(
      () => pingMs,
      () => socket.send(JSON.stringify(requestOf("ping"))),
    );
    return socket.stream;
  },
});

/** The official SDK's: https://www.npmjs.com/package/@wecom/aibot-node-sdk */
const usualAddress = "wss://openws.work.weixin.qq.com";
/** As the page asks. */
const pingMs = 30_000;
const admissionMs = 10_000;

interface Frame {
  readonly command: string | undefined;
  /** Of a request, and of the answer to it. */
  readonly id: string | undefined;
  readonly fields: JsonObject;
  readonly body: JsonObject;
  /** As it came. */
  readonly text: string;
}

/** @returns undefined for what is no JSON object. */
function frameIn(data: SocketData): Frame | undefined {
  if (!("text" in data) || !data.text.startsWith("{")) return undefined;
  // Numbers keep their digits, as in callbacks.
  const parsed = parseBody(data.text);
  if (!parsed.ok) return undefined;
  const fields = parsed.body;
  return {
    text: data.text,
    command: textOf(fields.cmd),
    id: textOf(objectOf(fields.headers).req_id),
    fields,
    body: objectOf(fields.body),
  };
}

function requestOf(cmd: string, body?: JsonObject) {
  // The official SDK's ids begin with the command, and answers are told apart by it.
  return { cmd, headers: { req_id: `${cmd}_${randomUUID()}` }, ...(body === undefined ? {} : { body }) };
}

/** The answer to the subscription. */
function settle({ fields }: Frame, admission: { resolve: () => void; reject: (error: StreamFailure) => void }): void {
  const code = fields.errcode;
  if (code === 0) {
    admission.resolve();
    return;
  }
  const said = `code ${String(code).slice(0, 20)}: ${(textOf(fields.errmsg) ?? "no reason").slice(0, 200)}`;
  // 45009: too many attempts; -1: the platform is busy. https://developer.work.weixin.qq.com/document/path/90313
  const passes = code === 45009 || code === -1;
  const advice = passes ? "" : "; are bot_id and secret those of the robot's long connection?";
  const reason = passes ? "unavailable" : "unauthorized";
  admission.reject(new StreamFailure(reason, `WeCom refused the subscription (${said})${advice}`));
}

/** @throws StreamFailure */
async function admitted(admission: Promise<void>, stream: OpenStream, { clock }: StreamOptions): Promise<void> {
  let callOff = () => {};
  const late = new Promise<never>((_resolve, reject) => {
    callOff = clock.at(clock.now() + admissionMs, () => {
      reject(new StreamFailure("unavailable", `WeCom did not answer the subscription within ${admissionMs} ms`));
    });
  });
  const ended = stream.closed.then(({ reason, detail }) => Promise.reject(new StreamFailure(reason, detail)));
  try {
    await Promise.race([admission, ended, late]);
  } catch (error) {
    stream.close();
    throw error;
  } finally {
    callOff();
    ended.catch(() => {});
  }
}

function hear(frame: Frame, socket: StreamSocket, options: StreamOptions): void {
  const event = objectOf(frame.body.event);
  if (event.eventtype === "disconnected_event") {
    const detail = "the robot is connected from elsewhere: only one connection is kept, the newest";
    socket.end({ reason: "replaced", detail });
  } else {
    socket.work(() => take(frame, socket, options));
  }
}

async function take({ id, body, text }: Frame, socket: StreamSocket, options: StreamOptions): Promise<void> {
  const told = { events: botEvents(body, options.clock.now()), raw: text, way: () => frameWay(body) };
  const reply = await persistently(told, socket, options);
  if (reply === undefined || id === undefined) return;
  const say = (said: JsonObject) =>
    socket.send(JSON.stringify({ cmd: commandOf(body), headers: { req_id: id }, body: said }));
  say(reply);
  void goOn(reply, told, say, socket, options);
}

/** Until it is stored: nothing is told twice. */
async function persistently(told: StreamFrame, { stream }: StreamSocket, options: StreamOptions) {
  let ended = options.signal.aborted;
  const end = stream.closed.then(() => {
    ended = true;
  });
  for (let failures = 0; ; failures++) {
    try {
      return await options.onFrame(told);
    } catch (error) {
      if (ended) throw error;
      options.log.warn({ err: error }, "what WeCom told could not be stored; it is tried again");
      await Promise.race([end, pause(Math.min(1_000 * 2 ** failures, 30_000), options)]);
      if (ended) throw error;
    }
  }
}

/** Nobody asks for the next state of a text here: each is sent when there is more, under the same request. */
async function goOn(
  first: JsonObject,
  told: StreamFrame,
  say: (said: JsonObject) => void,
  { stream: { closed } }: StreamSocket,
  options: StreamOptions,
): Promise<void> {
  let ended = false;
  const end = closed.then(() => {
    ended = true;
  });
  let last = objectOf(first.stream);
  while (last.finish === false) {
    await Promise.race([end, pause(growthMs, options)]);
    if (ended) return;
    const poll = textOf(last.id) ?? "";
    const next = await options.onFrame({ ...told, events: [], poll }).catch(() => undefined);
    if (next === undefined) return;
    const { content, finish } = objectOf(next.stream);
    if (content !== last.content || finish !== last.finish) say(next);
    last = objectOf(next.stream);
  }
}

/** How often a text that grows is sent. Messages to a chat are 30 a minute: https://developer.work.weixin.qq.com/document/path/90312 */
const growthMs = 2_000;

/** The official SDK's: https://www.npmjs.com/package/@wecom/aibot-node-sdk */
function commandOf(body: JsonObject): string {
  const rules = botRules(body);
  if (rules === replies["robot entered"]) return "aibot_respond_welcome_msg";
  return rules === replies["robot click"] ? "aibot_respond_update_msg" : "aibot_respond_msg";
}

function frameWay(body: JsonObject): ReplyWay<JsonObject> | undefined {
  const rules = botRules(body);
  return rules && { rules, answer: (reply) => botReplyBody(botReplyIn(reply, rules)) };
}

function pause(ms: number, { clock }: StreamOptions): Promise<void> {
  return new Promise((resolve) => clock.at(clock.now() + ms, resolve));
}

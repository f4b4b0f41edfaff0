import { instantOf } from "../instant.ts";
import { type JsonObject, objectOf, parseObject, textOf } from "../json-fields.ts";
import type { ParsedEvent } from "../receiving.ts";
import { defineStreamer, StreamFailure, type StreamOptions } from "../streaming.ts";
import { askAddress, streamAddress } from "../streaming-address.ts";
import { openSocket, type StreamSocket } from "../streaming-socket.ts";
import type { DingtalkApp } from "./callback-account.ts";
import { eventIn } from "./event-types.ts";
import { clickIn } from "./receive-card.ts";
import { messageIn } from "./receive-robot.ts";
import { clickWay } from "./replying.ts";

/**
 * The Stream mode: events, what people write to the robot, and clicks in cards, over a connection that the hub opens.
 * https://open-dingtalk.github.io/developerpedia/docs/learn/stream/protocol
 *
 * A frame is answered once its Events are stored. An event that could not be stored is answered with LATER; other
 * frames are not answered then, after which the platform may push them again.
 */
export const dingtalkStreamer = defineStreamer<DingtalkApp>({
  wants: ({ connection }) => connection === "stream",
  async open(app, options) {
    const url = await addressOf(app, options);
    const socket = await openSocket({
      ...options,
      url,
      pingIntervalMs: () => pingMs,
      onData(data, socket) {
        const frame = "text" in data ? frameIn(data.text) : undefined;
        if (frame === undefined) return options.log.warn({}, "DingTalk sent a frame that is not understood");
        if (frame.type === "SYSTEM") return serve(frame, socket);
        socket.work(() => take(frame, socket, options));
      },
    });
    // The platform pings too, but how often is not published. Its answer to a WebSocket ping proves that it is there.
    socket.every(() => pingMs, socket.ping);
    return socket.stream;
  },
});

const pingMs = 30_000;

const messageTopic = "/v1.0/im/bot/messages/get";
const cardTopic = "/v1.0/card/instances/callback";

interface Frame {
  readonly type: string;
  readonly topic: string;
  readonly messageId: string;
  readonly headers: JsonObject;
  /** JSON. */
  readonly data: string;
}

function frameIn(text: string): Frame | undefined {
  const frame = parseObject(text);
  const headers = objectOf(frame?.headers);
  const type = textOf(frame?.type);
  if (frame === undefined || type === undefined) return undefined;
  const [topic, messageId] = [textOf(headers.topic) ?? "", textOf(headers.messageId) ?? ""];
  return { type, topic, messageId, headers, data: textOf(frame.data) ?? "{}" };
}

/** What the connection itself needs. */
function serve({ topic, headers, data }: Frame, socket: StreamSocket): void {
  if (topic === "ping") socket.send(JSON.stringify({ code: 200, message: "OK", headers, data }));
  // The platform closes about ten seconds later; leaving at once means that nothing more is pushed here.
  if (topic === "disconnect") socket.end({ reason: "closed", detail: "DingTalk announced that it closes" });
}

/** Stores, then answers, with the reply to a click in it. */
async function take(frame: Frame, socket: StreamSocket, { clock, log, onFrame }: StreamOptions): Promise<void> {
  const answer = (code: number, message: string, data: JsonObject) => {
    const headers = { messageId: frame.messageId, contentType: "application/json" };
    socket.send(JSON.stringify({ code, message, headers, data: JSON.stringify(data) }));
  };
  const body = parseObject(frame.data);
  if (body === undefined) {
    log.warn({ topic: frame.topic }, "DingTalk told something that is no JSON object; it is turned away");
    return answer(500, "data is no JSON object", {});
  }
  const event = eventOf(frame, body, instantOf(frame.headers.time) ?? clock.now());
  if (event === undefined) return answer(404, `no such topic: ${frame.topic.slice(0, 200)}`, {});
  const isClick = frame.topic === cardTopic;
  let reply: JsonObject | undefined;
  try {
    reply = await onFrame({ events: [event], raw: frame.data, way: () => (isClick ? clickWay : undefined) });
  } catch (error) {
    if (frame.type === "EVENT") answer(200, "OK", { status: "LATER" });
    throw error;
  }
  // What is said here about a message is shown to nobody: https://open-dingtalk.github.io/developerpedia/docs/learn/stream/protocol
  answer(200, "OK", frame.type === "EVENT" ? { status: "SUCCESS" } : { response: isClick ? (reply ?? {}) : null });
}

/** @param at Epoch milliseconds. */
function eventOf(
  { type, topic, messageId, headers, data: raw }: Frame,
  body: JsonObject,
  at: number,
): ParsedEvent | undefined {
  if (type === "EVENT") return eventIn(asOverHttp(body, headers), raw, at);
  if (type !== "CALLBACK") return undefined;
  if (topic === messageTopic) return messageIn(body, raw, at);
  // Over HTTP two clicks of one button are told apart by their moment; here by the frame's id.
  if (topic === cardTopic) return clickIn({ body, raw }, { timestamp: messageId, at });
  return undefined;
}

/** What HTTP has in the event's body, the Stream has in the frame's headers. */
function asOverHttp(body: JsonObject, { eventType, eventId, eventBornTime, eventCorpId }: JsonObject): JsonObject {
  const known = { EventType: eventType, eventId, EventTime: eventBornTime, CorpId: eventCorpId };
  return { ...body, ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)) };
}

/** @throws StreamFailure */
async function addressOf({ client_id, client_secret, base_url }: DingtalkApp, options: StreamOptions): Promise<URL> {
  const { status, json } = await askAddress(options, {
    url: `${base_url.replace(/\/+$/, "")}/v1.0/gateway/connections/open`,
    // Without it the answer is XML.
    headers: { accept: "application/json" },
    body: JSON.stringify({ clientId: client_id, clientSecret: client_secret, subscriptions, ua: "yizhan" }),
  });
  const ticket = textOf(json.ticket);
  if (status !== 200 || ticket === undefined) throw refused(status, json);
  const url = streamAddress(json.endpoint, base_url);
  url.searchParams.set("ticket", ticket);
  return url;
}

const subscriptions = [
  { type: "EVENT", topic: "*" },
  { type: "CALLBACK", topic: messageTopic },
  { type: "CALLBACK", topic: cardTopic },
];

function refused(status: number, { code, message }: JsonObject): StreamFailure {
  const said = `HTTP ${status}, ${(textOf(code) ?? "no code").slice(0, 100)}: ${(textOf(message) ?? "no reason").slice(0, 200)}`;
  const passes = status === 429 || status >= 500 || status === 408;
  const advice = passes ? "" : "; are client_id and client_secret those of the page Credentials and Basic Information?";
  return new StreamFailure(
    passes ? "unavailable" : "unauthorized",
    `DingTalk names no address to connect to (${said})${advice}`,
  );
}

import { utf8Of } from "../callback-parts.ts";
import { amountOf, type JsonObject, objectOf, parseObject, textOf } from "../json-fields.ts";
import { defineStreamer, StreamFailure, type StreamFrame, type StreamOptions } from "../streaming.ts";
import { askAddress, streamAddress } from "../streaming-address.ts";
import { openSocket, type StreamSocket } from "../streaming-socket.ts";
import type { FeishuApp } from "./callback-account.ts";
import { envelopeOf } from "./callback-envelope.ts";
import { eventsOf } from "./callback-events.ts";
import { clickWay } from "./replying.ts";
import { controlMethod, dataMethod, decodeFrame, encodeFrame, headerIn, type LongFrame } from "./stream-frame.ts";
import { createSlices } from "./stream-slices.ts";

/**
 * Events and card callbacks of a self-built app over a connection that the hub opens:
 * https://open.feishu.cn/document/ukTMukTMukTM/uYDNxYjL2QTM24iN0EjN/event-subscription-configure-/request-url-configuration-case
 *
 * Bodies are plain: who asked for the address with the app's secret is who they are for. A frame is answered with 200
 * once its Events are stored. One that could not be stored is not answered: after 3 s the platform tells it again.
 */
export const feishuStreamer = defineStreamer<FeishuApp>({
  wants: ({ connection }) => connection === "stream",
  async open(app, options) {
    const place = await addressOf(app, options);
    const slices = createSlices();
    let { pingIntervalMs } = place;
    const socket = await openSocket({
      ...options,
      url: place.url,
      pingIntervalMs: () => pingIntervalMs,
      onData(data, socket) {
        const frame = "bytes" in data ? decodeFrame(data.bytes) : undefined;
        if (frame === undefined) return options.log.warn({}, "Feishu sent a frame that is not understood");
        if (frame.method === controlMethod) {
          if (headerIn(frame, "type") === "pong") pingIntervalMs = pingIntervalOf(jsonOf(frame), pingIntervalMs);
          return;
        }
        if (frame.method !== dataMethod || !isEvent(frame) || frame.payload === undefined) return;
        const id = headerIn(frame, "message_id") ?? "";
        const [count, nth] = [Number(headerIn(frame, "sum") ?? 1), Number(headerIn(frame, "seq") ?? 0)];
        const payload = slices.add(id, count, nth, frame.payload, options.clock.now());
        if (payload !== undefined) socket.work(() => take(frame, payload, socket, app, options));
      },
    });
    const ping = () => socket.send(encodeFrame(pingOf(place.service)));
    ping();
    socket.every(() => pingIntervalMs, ping);
    return socket.stream;
  },
});

/** Stores, then answers, with the reply to a click in it. */
async function take(
  frame: LongFrame,
  payload: Uint8Array,
  socket: StreamSocket,
  app: FeishuApp,
  { clock, log, onFrame }: StreamOptions,
): Promise<void> {
  const startedAt = clock.now();
  const told = toldIn(payload, app, startedAt);
  if (told === undefined) log.warn({ app: app.app_id }, "Feishu told something that names no event; it is turned away");
  const reply = told && (await onFrame(told));
  const data = reply && { data: Buffer.from(JSON.stringify(reply)).toString("base64") };
  const answer = JSON.stringify({ code: told === undefined ? 500 : 200, ...data });
  const headers = [...frame.headers, ["biz_rt", String(clock.now() - startedAt)] as const];
  socket.send(encodeFrame({ ...frame, headers, payload: Buffer.from(answer) }));
}

function toldIn(payload: Uint8Array, app: FeishuApp, nowMs: number): StreamFrame | undefined {
  const raw = utf8Of(payload);
  const body = raw === undefined ? undefined : parseObject(raw);
  const envelope = raw === undefined || body === undefined ? undefined : envelopeOf(body, raw, nowMs);
  if (raw === undefined || envelope === undefined) return undefined;
  return { events: eventsOf(envelope, app.app_id), raw, way: () => clickWay(envelope) };
}

function isEvent(frame: LongFrame): boolean {
  const type = headerIn(frame, "type");
  return type === "event" || type === "card";
}

interface Place {
  readonly url: URL;
  /** Names the connection's service in every ping. */
  readonly service: number;
  readonly pingIntervalMs: number;
}

/** @throws StreamFailure */
async function addressOf({ app_id, app_secret, base_url }: FeishuApp, options: StreamOptions): Promise<Place> {
  const { status, json } = await askAddress(options, {
    url: `${base_url.replace(/\/+$/, "")}/callback/ws/endpoint`,
    headers: { locale: "zh" },
    body: JSON.stringify({ AppID: app_id, AppSecret: app_secret ?? "" }),
  });
  if (json.code !== 0) throw refused(status, json);
  const { URL: address, ClientConfig } = objectOf(json.data);
  const url = streamAddress(address, base_url);
  const service = Number(url.searchParams.get("service_id") ?? 0);
  return {
    url,
    service: Number.isInteger(service) ? service : 0,
    pingIntervalMs: pingIntervalOf(ClientConfig, 120_000),
  };
}

function refused(status: number, { code, msg }: JsonObject): StreamFailure {
  const said = `${code === undefined ? `HTTP ${status}` : `code ${String(code).slice(0, 20)}`}: ${(textOf(msg) ?? "no reason").slice(0, 200)}`;
  const advice = typeof code === "number" ? advices.get(code) : undefined;
  const reason = advice === undefined ? "unavailable" : "unauthorized";
  return new StreamFailure(reason, `Feishu names no address to connect to (${said})${advice ? `; ${advice}` : ""}`);
}

const credentials = "are app_id and app_secret those of the page Credentials & Basic Info?";

/** Codes that stay until somebody changes something; all others may pass. */
const advices: ReadonlyMap<number, string> = new Map([
  [403, "is it a self-built app, and is the long connection chosen on its page Events & Callbacks?"],
  [514, credentials],
  [1000040344, credentials],
  [1000040350, "the app has its 50 connections already: end some of its other programs"],
]);

/** The platform says seconds; what is out of reason is left as it was. */
function pingIntervalOf(config: unknown, otherwise: number): number {
  const seconds = amountOf(objectOf(config).PingInterval);
  return seconds === undefined || seconds < 1 || seconds > 3_600 ? otherwise : seconds * 1000;
}

function jsonOf({ payload }: LongFrame): JsonObject {
  return parseObject((payload && utf8Of(payload)) ?? "") ?? {};
}

function pingOf(service: number): LongFrame {
  return { seqId: 0n, logId: 0n, service, method: controlMethod, headers: [["type", "ping"]] };
}

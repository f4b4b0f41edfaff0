import { randomBytes } from "node:crypto";
import type { WebSocket } from "ws";
import type { AppSecrets } from "../app-secrets.ts";
import { Recent } from "../recent.ts";
import { type Fields, json, objectIn } from "../stand-in.ts";
import type { Timer } from "../timer.ts";
import { type FeishuFrame, frameBytes, frameFrom } from "./feishu-frame.ts";
import type { AddressCall } from "./handshake.ts";
import { Lines } from "./lines.ts";
import { type Telling, Tellings } from "./tellings.ts";

export interface FeishuStreamOptions {
  readonly timer: Timer;
  readonly secrets: AppSecrets;
  /** What clients are told to ping by; default 120. */
  readonly pingSeconds?: number;
  /** Larger events are sent in slices; default 100 KiB. */
  readonly sliceBytes?: number;
}

const endpointPath = "/callback/ws/endpoint";
const socketPath = "/feishu/ws";
const serviceId = 33_554_678;
/** Addresses that were asked for and are not connected to yet. */
const mostTickets = 10_000;

/**
 * The server's side of Feishu's long connection:
 * https://open.feishu.cn/document/ukTMukTMukTM/uYDNxYjL2QTM24iN0EjN/event-subscription-configure-/request-url-configuration-case
 * and the official SDKs (https://github.com/larksuite/node-sdk, `ws-client`). An event is repeated when no program
 * answers it with 200 within three seconds; the delays are those of events over HTTP.
 */
export class FeishuStreams {
  readonly lines = new Lines();
  readonly #tickets = new Recent<string>(mostTickets);
  readonly #options: FeishuStreamOptions;
  readonly #tellings: Tellings;
  /** Pings that came. */
  pings = 0;
  /** The frames that programs answered with, oldest first; the last 1,000. */
  readonly answers: FeishuFrame[] = [];

  constructor(options: FeishuStreamOptions) {
    this.#options = options;
    this.#tellings = new Tellings({
      timer: options.timer,
      patienceMs: 3_000,
      retryDelaysMs: [15_000, 300_000, 3_600_000, 21_600_000],
      onChange: () => this.lines.changed(),
    });
  }

  /** Makes an app known. */
  declare(appId: string, appSecret: string): void {
    this.#options.secrets.declare({ platform: "feishu", id: appId }, appSecret);
  }

  /** @param body The event with its envelope. */
  tell(appId: string, body: unknown, type: "event" | "card" = "event"): Telling {
    const id = randomBytes(16).toString("hex");
    const payload = Buffer.from(JSON.stringify(body));
    const { sliceBytes = 100 * 1024 } = this.#options;
    const count = Math.max(Math.ceil(payload.length / sliceBytes), 1);
    return this.#tellings.tell(id, () => {
      const line = this.lines.pick(appId);
      for (let nth = 0; nth < count; nth++) {
        const headers = { type, message_id: id, sum: String(count), seq: String(nth), trace_id: id.slice(0, 16) };
        const slice = payload.subarray(nth * sliceBytes, (nth + 1) * sliceBytes);
        line?.send(frameBytes({ seq: nth + 1, log: 7, service: serviceId, method: "data", headers, payload: slice }));
      }
    });
  }

  answer({ path, method, body, host }: AddressCall) {
    if (path !== endpointPath || method !== "POST") return undefined;
    const { AppID, AppSecret } = objectIn(body) ?? {};
    if (typeof AppID !== "string" || typeof AppSecret !== "string" || AppSecret === "") {
      return json(200, { code: 1_000_040_344, msg: "no credential" });
    }
    const isRight = this.#options.secrets.isRight({ platform: "feishu", id: AppID }, AppSecret);
    if (!isRight) return json(200, { code: 514, msg: "auth failed" });
    if (this.lines.of(AppID).length >= 50) return json(200, { code: 1_000_040_350, msg: "too many connections" });
    const ticket = randomBytes(16).toString("hex");
    this.#tickets.set(ticket, AppID);
    const query = new URLSearchParams({ device_id: ticket.slice(0, 8), service_id: String(serviceId), ticket });
    const URL = `ws://${host}${socketPath}?${query}`;
    return json(200, { code: 0, msg: "", data: { URL, ClientConfig: this.#clientConfig() } });
  }

  admit(path: string, query: URLSearchParams) {
    if (path !== socketPath) return undefined;
    const ticket = query.get("ticket") ?? "";
    const appId = this.#tickets.get(ticket);
    this.#tickets.delete(ticket);
    if (appId === undefined) {
      return { refused: 403, headers: { "handshake-status": "403", "handshake-msg": "forbidden" } };
    }
    return { join: (socket: WebSocket) => this.#join(appId, socket) };
  }

  close(): void {
    this.#tellings.close();
    this.lines.closeAll();
  }

  #join(appId: string, socket: WebSocket): void {
    const line = this.lines.add(appId, socket);
    socket.on("message", (data: Buffer, isBinary) => {
      if (!isBinary) return line.close();
      const frame = frameIn(data);
      if (frame === undefined) return line.close();
      if (frame.method === "control" && frame.headers.type === "ping") {
        this.pings++;
        const payload = Buffer.from(JSON.stringify(this.#clientConfig()));
        line.send(frameBytes({ ...frame, headers: { type: "pong" }, payload }));
      }
      if (frame.method === "data") this.#answered(frame);
      this.lines.changed();
    });
    this.lines.changed();
  }

  #answered(frame: FeishuFrame): void {
    this.answers.push(frame);
    if (this.answers.length > 1_000) this.answers.shift();
    const id = frame.headers.message_id ?? "";
    const answer = objectIn(frame.payload);
    if (answer?.code === 200) this.#tellings.acknowledged(id, readable(answer));
    else this.#tellings.refused(id, answer);
  }

  #clientConfig() {
    const { pingSeconds = 120 } = this.#options;
    return { ReconnectCount: -1, ReconnectInterval: 120, ReconnectNonce: 30, PingInterval: pingSeconds };
  }
}

/** A callback's answer is JSON in base64. */
function readable(answer: Fields): Fields {
  const { data } = answer;
  if (typeof data !== "string") return answer;
  return { ...answer, data: objectIn(Buffer.from(data, "base64")) ?? data };
}

function frameIn(data: Buffer): FeishuFrame | undefined {
  try {
    return frameFrom(data);
  } catch {
    return undefined;
  }
}

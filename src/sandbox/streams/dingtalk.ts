import { randomBytes } from "node:crypto";
import type { WebSocket } from "ws";
import type { AppSecrets } from "../app-secrets.ts";
import { Recent } from "../recent.ts";
import { type Fields, isFields, json, objectIn } from "../stand-in.ts";
import type { Timer } from "../timer.ts";
import type { AddressCall } from "./handshake.ts";
import { type Line, Lines } from "./lines.ts";
import { type Telling, Tellings } from "./tellings.ts";

const openPath = "/v1.0/gateway/connections/open";
const socketPath = "/dingtalk/connect";
const ticketMs = 90_000;
const mostTickets = 10_000;

/** What is pushed: an event by its name and id, or a callback by its topic. */
export type DingtalkPush =
  | { readonly type: "EVENT"; readonly eventType: string; readonly eventId: string }
  | { readonly type: "CALLBACK"; readonly topic: string };

/**
 * The server's side of DingTalk's Stream: https://open-dingtalk.github.io/developerpedia/docs/learn/stream/protocol
 *
 * The page says that an event is pushed again when it is not acknowledged or answered with LATER; that it takes a
 * minute, and that callbacks are too, is what a comment in the official SDK says
 * (https://github.com/open-dingtalk/dingtalk-stream-sdk-nodejs).
 */
export class DingtalkStreams {
  readonly lines = new Lines();
  readonly #secrets: AppSecrets;
  readonly #tickets = new Recent<{ readonly clientId: string; readonly until: number }>(mostTickets);
  readonly #timer: Timer;
  readonly #tellings: Tellings;
  /** What programs answered with, oldest first; the last 1,000. */
  readonly answers: Fields[] = [];
  /** The topics that programs asked for when they connected last, as `TYPE topic`. */
  subscriptions: readonly string[] = [];

  constructor({ timer, secrets }: { readonly timer: Timer; readonly secrets: AppSecrets }) {
    this.#timer = timer;
    this.#secrets = secrets;
    this.#tellings = new Tellings({
      timer,
      patienceMs: 60_000,
      retryDelaysMs: Array.from({ length: 10 }, () => 0),
      onChange: () => this.lines.changed(),
    });
  }

  /** Makes an app known. */
  declare(clientId: string, clientSecret: string): void {
    this.#secrets.declare({ platform: "dingtalk", id: clientId }, clientSecret);
  }

  tell(clientId: string, push: DingtalkPush, data: unknown): Telling {
    const messageId = randomBytes(16).toString("hex");
    const time = String(this.#timer.now());
    const about =
      push.type === "EVENT"
        ? { topic: "*", eventType: push.eventType, eventId: push.eventId, eventBornTime: time, eventCorpId: "ding1" }
        : { topic: push.topic };
    const headers = { appId: clientId, messageId, contentType: "application/json", time, ...about };
    const frame = { specVersion: "1.0", type: push.type, headers, data: JSON.stringify(data) };
    return this.#tellings.tell(messageId, () => this.lines.pick(clientId)?.send(JSON.stringify(frame)));
  }

  /** A ping of the protocol's own, to all of an app's connections; programs must echo its data. */
  ping(clientId: string): void {
    this.#system(clientId, "ping", { opaque: randomBytes(8).toString("hex") });
  }

  /** Asks all of an app's programs to connect anew; ten seconds later it closes their connections. */
  disconnect(clientId: string): void {
    const lines = this.lines.of(clientId);
    this.#system(clientId, "disconnect", { reason: "connection is expired" });
    this.#timer.at(this.#timer.now() + 10_000, () => closeAll(lines));
  }

  answer({ path, method, headers, body, host }: AddressCall) {
    if (path !== openPath || method !== "POST") return undefined;
    if (!String(headers.accept ?? "").includes("application/json")) {
      return { status: 200, contentType: "application/xml", body: "<GatewayConnectionsOpenResponse/>" };
    }
    const { clientId, clientSecret, subscriptions } = objectIn(body) ?? {};
    const app = { platform: "dingtalk", id: typeof clientId === "string" ? clientId : "" } as const;
    if (typeof clientSecret !== "string" || !this.#secrets.isRight(app, clientSecret)) {
      return json(401, { code: "authFailed", message: "clientId or clientSecret is wrong", requestid: "sandbox" });
    }
    this.subscriptions = (Array.isArray(subscriptions) ? subscriptions : [])
      .filter(isFields)
      .map(({ type, topic }) => `${type} ${topic}`);
    const ticket = randomBytes(16).toString("base64");
    this.#tickets.set(ticket, { clientId: app.id, until: this.#timer.now() + ticketMs });
    return json(200, { endpoint: `ws://${host}${socketPath}`, ticket });
  }

  admit(path: string, query: URLSearchParams) {
    if (path !== socketPath) return undefined;
    // The official SDK does not escape the ticket, whose plus signs then arrive as spaces.
    const name = (query.get("ticket") ?? "").replaceAll(" ", "+");
    const ticket = this.#tickets.get(name);
    this.#tickets.delete(name);
    if (ticket === undefined || ticket.until <= this.#timer.now()) return { refused: 401 };
    return { join: (socket: WebSocket) => this.#join(ticket.clientId, socket) };
  }

  close(): void {
    this.#tellings.close();
    this.lines.closeAll();
  }

  #join(clientId: string, socket: WebSocket): void {
    const line = this.lines.add(clientId, socket);
    socket.on("message", (data: Buffer) => {
      const answer = objectIn(data);
      if (answer === undefined) return line.close();
      this.answers.push(answer);
      if (this.answers.length > 1_000) this.answers.shift();
      this.#answered(answer);
      this.lines.changed();
    });
    this.lines.changed();
  }

  #answered({ code, headers, data }: Fields): void {
    const id = isFields(headers) ? String(headers.messageId) : "";
    const said = objectIn(Buffer.from(String(data)));
    const answer = { code, data: said ?? data };
    // LATER is not refused at once: the next push is a minute away, as without an answer.
    if (code === 200 && said?.status !== "LATER") this.#tellings.acknowledged(id, answer);
    else this.#tellings.heard(id, answer);
  }

  #system(clientId: string, topic: string, data: Fields): void {
    const headers = { topic, messageId: randomBytes(8).toString("hex"), contentType: "application/json" };
    const frame = { specVersion: "1.0", type: "SYSTEM", headers, data: JSON.stringify(data) };
    for (const line of this.lines.of(clientId)) line.send(JSON.stringify(frame));
  }
}

function closeAll(lines: readonly Line[]): void {
  for (const line of lines) line.close();
}

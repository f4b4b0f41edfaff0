import { randomBytes } from "node:crypto";
import type { WebSocket } from "ws";
import type { AppSecrets } from "../app-secrets.ts";
import { Recent } from "../recent.ts";
import { type Fields, isFields, objectIn } from "../stand-in.ts";
import { type Line, Lines } from "./lines.ts";

const socketPath = "/wecom/ws";
const mostAnswers = 100;

export interface WecomTelling {
  /** `lost`: nobody was connected. */
  readonly outcome: "sent" | "lost";
  /** What the program sent under its id so far, oldest first. */
  readonly answers: readonly Fields[];
}

/**
 * The server's side of a WeCom robot's long connection: https://developer.work.weixin.qq.com/document/path/101463
 * One connection a robot, the newest. What is told wants no acknowledgement and is told once.
 */
export class WecomStreams {
  readonly lines = new Lines();
  readonly #secrets: AppSecrets;
  readonly #told = new Recent<Fields[]>(1_000);
  /** Pings that came. */
  pings = 0;
  /** What programs sent besides subscriptions and pings, oldest first; the last 1,000. */
  readonly requests: Fields[] = [];

  constructor({ secrets }: { readonly secrets: AppSecrets }) {
    this.#secrets = secrets;
  }

  /** Makes a robot known. */
  declare(botId: string, secret: string): void {
    this.#secrets.declare({ platform: "wecom-bot", id: botId }, secret);
  }

  /** @param body A message, or an event (`msgtype` is `event`). */
  tell(botId: string, body: Fields): WecomTelling {
    // One that was replaced may not have left yet.
    const line = this.lines.of(botId).at(-1);
    const cmd = body.msgtype === "event" ? "aibot_event_callback" : "aibot_msg_callback";
    const req_id = randomBytes(12).toString("hex");
    const answers: Fields[] = [];
    this.#told.set(req_id, answers);
    line?.send(JSON.stringify({ cmd, headers: { req_id }, body }));
    return { outcome: line === undefined ? "lost" : "sent", answers };
  }

  admit(path: string) {
    return path === socketPath ? { join: (socket: WebSocket) => this.#join(socket) } : undefined;
  }

  close(): void {
    this.lines.closeAll();
  }

  #join(socket: WebSocket): void {
    let line: Line | undefined;
    socket.on("message", (data: Buffer) => {
      const frame = objectIn(data);
      const headers = frame?.headers;
      if (frame === undefined || !isFields(headers)) return socket.close(1008);
      const reply = (errcode: number, errmsg: string) => {
        const text = JSON.stringify({ headers: { req_id: headers.req_id }, errcode, errmsg });
        if (line) line.send(text);
        else socket.send(text);
      };
      if (frame.cmd === "aibot_subscribe") {
        const botId = this.#known(frame.body);
        // Not a code of this page: https://developer.work.weixin.qq.com/document/path/90313 has it for a wrong secret.
        if (botId === undefined) return reply(40_001, "invalid bot_id or secret");
        for (const older of this.lines.of(botId)) replace(older, botId);
        line = this.lines.add(botId, socket);
        reply(0, "ok");
      } else if (line === undefined) {
        return socket.close(1008);
      } else if (frame.cmd === "ping") {
        this.pings++;
        reply(0, "ok");
      } else {
        this.requests.push(frame);
        if (this.requests.length > 1_000) this.requests.shift();
        const answers = this.#told.get(String(headers.req_id));
        if (answers && answers.length < mostAnswers) answers.push({ cmd: frame.cmd, body: frame.body });
        reply(0, "ok");
      }
      this.lines.changed();
    });
  }

  #known(body: unknown): string | undefined {
    if (!isFields(body) || typeof body.bot_id !== "string" || typeof body.secret !== "string") return undefined;
    const isRight = this.#secrets.isRight({ platform: "wecom-bot", id: body.bot_id }, body.secret);
    return isRight ? body.bot_id : undefined;
  }
}

function replace(older: Line, botId: string): void {
  const body = { msgid: randomBytes(8).toString("hex"), aibotid: botId, msgtype: "event" };
  const event = { eventtype: "disconnected_event" };
  const headers = { req_id: randomBytes(12).toString("hex") };
  older.send(JSON.stringify({ cmd: "aibot_event_callback", headers, body: { ...body, event } }));
  older.close();
}

import { randomBytes } from "node:crypto";
import type { WebSocket } from "ws";
import { sameText } from "../constant-time.ts";
import { type Fields, isFields, objectIn } from "../stand-in.ts";
import { type Line, Lines } from "./lines.ts";
import type { StreamStandIn } from "./stand-in.ts";

const socketPath = "/wecom/ws";

/**
 * The server's side of a WeCom robot's long connection: https://developer.work.weixin.qq.com/document/path/101463
 * One connection a robot, the newest. What is told wants no acknowledgement and is told once.
 */
export class WecomStreams implements StreamStandIn {
  readonly lines = new Lines();
  readonly #secrets = new Map<string, string>();
  /** Pings that came. */
  pings = 0;
  /** What programs sent besides subscriptions and pings, oldest first; the last 1,000. */
  readonly requests: Fields[] = [];

  /** Makes a robot known. */
  declare(botId: string, secret: string): void {
    this.#secrets.set(botId, secret);
  }

  /** @param body A message, or an event (`msgtype` is `event`). False when nobody is connected: then it is lost. */
  tell(botId: string, body: Fields): boolean {
    // One that was replaced may not have left yet.
    const line = this.lines.of(botId).at(-1);
    const cmd = body.msgtype === "event" ? "aibot_event_callback" : "aibot_msg_callback";
    line?.send(JSON.stringify({ cmd, headers: { req_id: randomBytes(12).toString("hex") }, body }));
    return line !== undefined;
  }

  answer() {
    return undefined;
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
        reply(0, "ok");
      }
      this.lines.changed();
    });
  }

  #known(body: unknown): string | undefined {
    if (!isFields(body) || typeof body.bot_id !== "string" || typeof body.secret !== "string") return undefined;
    const secret = this.#secrets.get(body.bot_id);
    return secret !== undefined && sameText(secret, body.secret) ? body.bot_id : undefined;
  }
}

function replace(older: Line, botId: string): void {
  const body = { msgid: randomBytes(8).toString("hex"), aibotid: botId, msgtype: "event" };
  const event = { eventtype: "disconnected_event" };
  const headers = { req_id: randomBytes(12).toString("hex") };
  older.send(JSON.stringify({ cmd: "aibot_event_callback", headers, body: { ...body, event } }));
  older.close();
}

import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { AppSecrets } from "../app-secrets.ts";
import type { Reply } from "../stand-in.ts";
import type { Timer } from "../timer.ts";
import { DingtalkStreams } from "./dingtalk.ts";
import { type FeishuStreamOptions, FeishuStreams } from "./feishu.ts";
import type { AddressCall, Admission } from "./handshake.ts";
import type { Lines } from "./lines.ts";
import { WecomStreams } from "./wecom.ts";

export const streamPlatforms = ["feishu", "dingtalk", "wecom-bot"] as const;
export type StreamPlatform = (typeof streamPlatforms)[number];

export interface StreamsOptions extends Omit<FeishuStreamOptions, "timer" | "secrets"> {
  /** When things are told again. */
  readonly timer: Timer;
  readonly secrets: AppSecrets;
}

const largestFrameBytes = 1024 * 1024;

/** Is it a path at which programs ask where to connect? */
export function isStreamPath(path: string): boolean {
  return path === "/callback/ws/endpoint" || path === "/v1.0/gateway/connections/open";
}

/** The platforms' servers that programs connect to, behind one HTTP server. */
export class Streams {
  readonly feishu: FeishuStreams;
  readonly dingtalk: DingtalkStreams;
  readonly wecom: WecomStreams;
  // Pongs are sent by hand, so that a muted connection gets none.
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: largestFrameBytes, autoPong: false });

  constructor({ timer, secrets, ...options }: StreamsOptions) {
    this.feishu = new FeishuStreams({ timer, secrets, ...options });
    this.dingtalk = new DingtalkStreams({ timer, secrets });
    this.wecom = new WecomStreams({ secrets });
  }

  linesOf(platform: StreamPlatform): Lines {
    return this[platform === "wecom-bot" ? "wecom" : platform].lines;
  }

  /** Tells a program where to connect; undefined for a path that is none of theirs. */
  answer(call: AddressCall): Reply | undefined {
    return this.feishu.answer(call) ?? this.dingtalk.answer(call);
  }

  /** Takes a WebSocket handshake. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Whoever leaves before it is answered is no error of the sandbox's.
    socket.on("error", () => {});
    const admission = this.#admission(request.url ?? "/");
    if ("refused" in admission) refuse(socket, admission.refused, admission.headers);
    else this.#sockets.handleUpgrade(request, socket, head, admission.join);
  }

  /** Ends all connections. Harmless to repeat. */
  close(): void {
    for (const standIn of [this.feishu, this.dingtalk, this.wecom]) standIn.close();
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
  }

  #admission(target: string): Admission {
    const url = URL.parse(target, "http://sandbox");
    if (!url) return { refused: 400 };
    const { pathname, searchParams } = url;
    const known = this.feishu.admit(pathname, searchParams) ?? this.dingtalk.admit(pathname, searchParams);
    return known ?? this.wecom.admit(pathname) ?? { refused: 404 };
  }
}

function refuse(socket: Duplex, status: number, headers: Readonly<Record<string, string>> = {}): void {
  const lines = Object.entries({ connection: "close", "content-length": "0", ...headers });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`,
  );
}

import { createServer, type IncomingMessage, STATUS_CODES } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { bodyOf } from "../body.ts";
import { plain } from "../stand-in.ts";
import { type Timer, timerOn } from "../timer.ts";
import { DingtalkStreams } from "./dingtalk.ts";
import { type FeishuStreamOptions, FeishuStreams } from "./feishu.ts";
import type { Admission } from "./stand-in.ts";
import { WecomStreams } from "./wecom.ts";

export interface StreamServerOptions extends Omit<FeishuStreamOptions, "timer"> {
  /** When things are told again; default the system's. */
  readonly timer?: Timer;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free one. */
  readonly port?: number;
}

/** The platforms' servers that programs connect to. */
export interface StreamServer {
  /** `http://host:port`: the base address of Feishu and DingTalk. */
  readonly url: string;
  /** `ws://host:port/wecom/ws`. */
  readonly wecomUrl: string;
  readonly feishu: FeishuStreams;
  readonly dingtalk: DingtalkStreams;
  readonly wecom: WecomStreams;
  /** Ends all connections. Harmless to repeat. */
  close(): Promise<void>;
}

const largestBodyBytes = 64 * 1024;
const largestFrameBytes = 1024 * 1024;

/** Rejects when the port is taken. */
export async function startStreamServer(options: StreamServerOptions = {}): Promise<StreamServer> {
  const { timer = timerOn(Date.now), host = "127.0.0.1", port = 0, ...feishuOptions } = options;
  const feishu = new FeishuStreams({ timer, ...feishuOptions });
  const dingtalk = new DingtalkStreams({ timer });
  const wecom = new WecomStreams();
  const standIns = [feishu, dingtalk, wecom];
  // Pongs are sent by hand, so that a muted connection gets none.
  const sockets = new WebSocketServer({ noServer: true, maxPayload: largestFrameBytes, autoPong: false });

  const server = createServer((request, response) => {
    void bodyOf(request, largestBodyBytes).then(
      (body) => {
        const { method = "GET", headers } = request;
        const call = {
          path: pathOf(request),
          method,
          headers,
          body: body ?? Buffer.alloc(0),
          host: headers.host ?? "",
        };
        const reply = body
          ? (first(standIns.map((one) => () => one.answer(call))) ?? plain(404, "404 page not found"))
          : plain(413, "the body is too large");
        response.writeHead(reply.status, { "content-type": reply.contentType }).end(reply.body);
      },
      () => response.destroy(),
    );
  });
  server.on("upgrade", (request, socket, head) => {
    const query = new URL(request.url ?? "/", "http://sandbox").searchParams;
    const admission: Admission = first(standIns.map((one) => () => one.admit(pathOf(request), query))) ?? {
      refused: 404,
    };
    if ("refused" in admission) return refuse(socket, admission.refused, admission.headers);
    sockets.handleUpgrade(request, socket, head, admission.join);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const origin = `${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`;
  return {
    url: `http://${origin}`,
    wecomUrl: `ws://${origin}/wecom/ws`,
    feishu,
    dingtalk,
    wecom,
    async close() {
      for (const standIn of standIns) standIn.close();
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      if (!server.listening) return;
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function first<Found>(ways: readonly (() => Found | undefined)[]): Found | undefined {
  for (const way of ways) {
    const found = way();
    if (found !== undefined) return found;
  }
  return undefined;
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "/").split("?", 1)[0] ?? "/";
}

function refuse(socket: Duplex, status: number, headers: Readonly<Record<string, string>> = {}): void {
  const lines = Object.entries({ connection: "close", "content-length": "0", ...headers });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`,
  );
}

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { AppSecrets } from "../app-secrets.ts";
import { bodyOf } from "../body.ts";
import { plain } from "../stand-in.ts";
import { type Timer, timerOn } from "../timer.ts";
import { Streams, type StreamsOptions } from "./streams.ts";

export interface StreamServerOptions extends Omit<StreamsOptions, "timer" | "secrets"> {
  /** When things are told again; default the system's. */
  readonly timer?: Timer;
}

/** The platforms' servers that programs connect to, and nothing else: for tests that have the clock in their hand. */
export interface StreamServer extends Pick<Streams, "feishu" | "dingtalk" | "wecom"> {
  /** `http://host:port`: the base address of Feishu and DingTalk. */
  readonly url: string;
  /** `ws://host:port/wecom/ws`. */
  readonly wecomUrl: string;
  /** Ends all connections. Harmless to repeat. */
  close(): Promise<void>;
}

const largestBodyBytes = 64 * 1024;

/** On any free port of 127.0.0.1. */
export async function startStreamServer(options: StreamServerOptions = {}): Promise<StreamServer> {
  const { timer = timerOn(Date.now), ...more } = options;
  const streams = new Streams({ timer, secrets: new AppSecrets(), ...more });
  const server = createServer((request, response) => {
    void bodyOf(request, largestBodyBytes).then(
      (body) => {
        const { method = "GET", headers } = request;
        const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
        const call = { path, method, headers, body: body ?? Buffer.alloc(0), host: headers.host ?? "" };
        const reply = body
          ? (streams.answer(call) ?? plain(404, "404 page not found"))
          : plain(413, "the body is too large");
        response.writeHead(reply.status, { "content-type": reply.contentType }).end(reply.body);
      },
      () => response.destroy(),
    );
  });
  server.on("upgrade", (request, socket, head) => streams.upgrade(request, socket, head));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const origin = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { feishu, dingtalk, wecom } = streams;
  return {
    url: `http://${origin}`,
    wecomUrl: `ws://${origin}/wecom/ws`,
    feishu,
    dingtalk,
    wecom,
    async close() {
      streams.close();
      if (!server.listening) return;
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { closeWithin, endAfterAnswers, socketsOf, urlOf } from "./closing.ts";
import { envelope, jsonType, timeText } from "./envelope.ts";
import { refuseConnection } from "./failing.ts";
import { frontedServer, type RequestFront } from "./front.ts";
import { defaultLimits, type HttpLimits, serverOptions } from "./limits.ts";
import type { HttpServer } from "./server.ts";

export interface RelayServerOptions {
  /** What takes the relays' requests. */
  readonly front: RequestFront;
  /** While it closes: every caller has its answer, and connections that were upgraded are to be ended. */
  readonly onAnswered?: () => void;
  readonly limits?: Partial<HttpLimits>;
  readonly version: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** A body may be long and its caller slow: each relay limits how long nothing may come, this is for the whole. */
const requestTimeoutMs = 3_600_000;

/** A server that relays and nothing else, but for `GET /` and `GET /healthz`, which tell of itself. */
export function createRelayServer({ front, version, now, onAnswered, ...options }: RelayServerOptions): HttpServer {
  const limits = { ...defaultLimits, requestTimeoutMs, ...options.limits };
  let isStopping = false;
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const path = (request.url ?? "").split("?", 1)[0];
    if (path !== "/" && path !== "/healthz") {
      const error = `${path}没有转发 | nothing is relayed here`;
      give(response, 404, envelope(404, "接口不存在", { error }));
    } else if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD");
      give(response, 405, envelope(405, "请求方法不允许", { error: "只能GET | only GET" }));
    } else {
      const status = isStopping ? "stopping" : "ok";
      const body = JSON.stringify({ status, timestamp: timeText(now()), version });
      give(response, isStopping ? 503 : 200, body);
    }
  };
  const server = frontedServer(serverOptions(limits), handle, front);
  server.maxConnections = limits.connections;
  server.on("clientError", refuseConnection);
  const sockets = socketsOf(server);
  const stopAccepting = () => {
    if (isStopping) return;
    isStopping = true;
    endAfterAnswers(server);
  };
  let closed: Promise<void> | undefined;
  return {
    async listen(host, port) {
      server.listen({ host: host === "localhost" ? "127.0.0.1" : host, port });
      await once(server, "listening");
      return urlOf(server);
    },
    stopAccepting,
    close(timeoutMs) {
      stopAccepting();
      const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
      closed ??= closeWithin(server, sockets, { timeoutMs, close, onAnswered });
      return closed;
    },
  };
}

function give(response: ServerResponse, status: number, body: string): void {
  const headers = ["content-type", jsonType, "cache-control", "no-store"];
  response.writeHead(status, [...headers, "content-length", String(Buffer.byteLength(body))]).end(body);
}

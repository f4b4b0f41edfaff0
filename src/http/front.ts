import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { closeAfter, isEnding } from "../relay/lingering.ts";
import { envelope, jsonType } from "./envelope.ts";
import { malformedFailure } from "./failures.ts";

/**
 * Stands in front of everything else that a server answers, and takes what is for somebody else as Node's parser made
 * it: nothing of it was read, decoded or answered.
 */
export interface RequestFront {
  /** Whose request this is; undefined for whoever stands behind. @param target The request target as it came. */
  door(target: string): Door | undefined;
  /** Is an upgrade to another protocol served here? All others are plain requests (RFC 9110 §7.8). */
  upgrades(target: string): boolean;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** `CONNECT`. */
  connect(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

export interface Door {
  /** @param expectsContinue It has `Expect: 100-continue`, and nobody has answered that yet. */
  handle(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void;
  /** It expects what nobody knows. */
  refuseExpectation(request: IncomingMessage, response: ServerResponse): void;
}

/** For a server that has only the API. */
export const nothingInFront: RequestFront = {
  door: () => undefined,
  upgrades: () => false,
  upgrade: (_request, socket) => socket.destroy(),
  connect: refuseConnect,
};

/** `CONNECT` where nobody serves it. */
export function refuseConnect(_request: IncomingMessage, socket: Duplex): void {
  socket.on("error", () => socket.destroy());
  socket.end("HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", () =>
    socket.destroy(),
  );
}

/** A server of Node's whose requests pass the front before they reach the listener. */
export function frontedServer(options: ServerOptions, listener: RequestListener, front: RequestFront): Server {
  const server = createServer({
    ...options,
    shouldUpgradeCallback: (request) => front.upgrades(request.url ?? ""),
  });
  // None are dropped in silence: whoever limits them has to be able to count.
  server.maxHeadersCount = 0;
  server.on("request", (request, response) => {
    if (isTurnedAway(request, response)) return;
    const door = front.door(request.url ?? "");
    if (!door) listener(request, response);
    else if (response.socket) door.handle(request, response, false);
    else inTurn(request, response, () => door.handle(request, response, false));
  });
  server.on("checkContinue", (request, response) => {
    if (isTurnedAway(request, response)) return;
    const door = front.door(request.url ?? "");
    if (door) {
      inTurn(request, response, () => door.handle(request, response, true));
      return;
    }
    response.writeContinue();
    listener(request, response);
  });
  server.on("checkExpectation", (request, response) => {
    if (isTurnedAway(request, response)) return;
    const door = front.door(request.url ?? "");
    if (door) inTurn(request, response, () => door.refuseExpectation(request, response));
    else response.writeHead(417).end();
  });
  server.on("upgrade", (request, socket, head) => front.upgrade(request, socket, head));
  server.on("connect", (request, socket, head) => front.connect(request, socket, head));
  return server;
}

/** Requests that wait on one connection for those before them. */
const waiting = new WeakMap<Socket, number>();

/** Clients that send several at once send a few; each costs more here than on the wire. */
const MOST_WAITING = 256;

/**
 * Passes on a request once those before it on its connection have been answered: side by side, one could overtake
 * another on its way (RFC 9112 §9.3.2), and a single connection could take up the whole target.
 */
function inTurn({ socket }: IncomingMessage, response: ServerResponse, pass: () => void): void {
  if (response.socket) {
    pass();
    return;
  }
  const before = waiting.get(socket) ?? 0;
  if (before >= MOST_WAITING) {
    socket.destroy();
    return;
  }
  waiting.set(socket, before + 1);
  // Node gives a response its socket when it is next.
  response.once("socket", () => {
    waiting.set(socket, (waiting.get(socket) ?? 1) - 1);
    pass();
  });
}

/**
 * Node's parser takes any version for HTTP/1, and goes on reading behind a request whose answer ends the connection. And
 * it takes the absolute form, which names a host beside `Host`: only proxies have to be asked that way (RFC 9112 §3.2.2).
 */
function isTurnedAway(request: IncomingMessage, response: ServerResponse): boolean {
  if (isEnding(request.socket)) return true;
  if (request.httpVersionMajor !== 1) {
    closeAfter(request, response);
    response.writeHead(505, ["Content-Length", "0"]);
    response.end();
    return true;
  }
  const { url = "" } = request;
  if (url.startsWith("/") || url === "*") return false;
  closeAfter(request, response);
  const error = "请求目标应是以/开头的路径 | the request target must be a path that begins with a slash";
  const body = envelope(malformedFailure.status, malformedFailure.message, { error });
  response.writeHead(malformedFailure.status, [
    "Content-Type",
    jsonType,
    "Content-Length",
    `${Buffer.byteLength(body)}`,
  ]);
  response.end(body);
  return true;
}

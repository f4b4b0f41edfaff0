import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** How long a caller is listened to that was answered before it had said everything. */
const LINGER_MS = 2_000;

/** Connections that end after the answer that is under way on them. */
const ending = new WeakSet<Socket>();

/** What comes as a further request on such a connection may be the body of the one before, and is not to be served. */
export function isEnding(socket: Socket): boolean {
  return ending.has(socket);
}

/**
 * The connection ends after this answer, which is sent before the request has come whole. What still comes is read and
 * thrown away for a while: closed at once, the system would reset the connection, and the caller might never see the
 * answer (RFC 9112 §9.6).
 */
export function closeAfter(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  response.shouldKeepAlive = false;
  ending.add(socket);
  if (request.complete) return;
  // What Node calls when the last answer has been written.
  socket.destroySoon = () => linger(socket, request);
}

function linger(socket: Socket, request: IncomingMessage): void {
  if (socket.destroyed) return;
  socket.end();
  request.on("error", () => {});
  request.resume();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  const over = () => {
    clearTimeout(timer);
    socket.destroy();
  };
  socket.once("end", over).once("close", over);
}

import { ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { StoreError } from "../store/errors.ts";
import { answer, envelope, jsonType } from "./envelope.ts";
import {
  connectionFailures,
  type Failure,
  frameworkFailures,
  internalFailure,
  malformedFailure,
  storeFailures,
} from "./failures.ts";

/** Answers for a handler that threw, and for what the framework refused. */
export function failureAnswers(log: Pick<Logger, "error" | "debug">) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    if (isHangup(error)) {
      log.debug({ method: request.method }, "client hung up within its request");
      // Nobody reads this answer; it ends the request for the framework.
      answer(reply, 400, malformedFailure.message, { error: "连接在请求发送完之前断开" });
      return;
    }
    const failure = failureOf(error);
    if (failure.status >= 500) {
      log.error({ err: error, method: request.method, route: request.routeOptions.url }, "request failed");
    }
    if (failure.retryAfterSeconds !== undefined) reply.header("retry-after", String(failure.retryAfterSeconds));
    const detail = failure.status === 413 ? `${failure.error}${request.routeOptions.bodyLimit}字节` : failure.error;
    answer(reply, failure.status, failure.message, { error: detail });
  };
}

/**
 * Answers on a connection whose bytes did not become a request, and ends it. Requests before them that came whole get
 * their answers first: the bytes are none of theirs.
 */
export function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
  const response = answerUnderWay(socket);
  if (error.code === "ECONNRESET") socket.destroy();
  else if (!socket.writable) socket.destroySoon();
  // By then Node has put the next one in its place, if there is one.
  else if (response?.req.complete) response.once("close", () => setImmediate(refuseConnection, error, socket));
  // What came now would be read as part of it.
  else if (response?.headersSent) socket.destroy();
  else refuseNow(error, socket);
}

/**
 * The same for a server with others in front: how long a body may take that they take is theirs to limit, and Node, which
 * tells of one that takes long once, goes on reading it.
 *
 * @param isTheirs Is a request for this target theirs?
 */
export function refuseUnlessTheirs(isTheirs: (target: string) => boolean): typeof refuseConnection {
  return (error, socket) => {
    const request = answerUnderWay(socket)?.req;
    const isSlow = error.code === "ERR_HTTP_REQUEST_TIMEOUT" && request !== undefined && !request.complete;
    if (!isSlow || !isTheirs(request.url ?? "")) refuseConnection(error, socket);
  };
}

function refuseNow(error: Error & { code?: string }, socket: Socket): void {
  const failure = connectionFailures[error.code ?? ""] ?? malformedFailure;
  const body = envelope(failure.status, failure.message, { error: failure.error });
  const head = [
    `HTTP/1.1 ${failure.status} ${STATUS_CODES[failure.status]}`,
    `Content-Type: ${jsonType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}

function failureOf(error: unknown): Failure {
  if (error instanceof StoreError) return storeFailures[error.code];
  return frameworkFailures[codeOf(error) ?? ""] ?? internalFailure;
}

function isHangup(error: unknown): boolean {
  return codeOf(error) === "ECONNRESET";
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** Node keeps the response on the socket, and has no public way to ask for it. */
function answerUnderWay(socket: Socket): ServerResponse | undefined {
  const response: unknown = Reflect.get(socket, "_httpMessage");
  return response instanceof ServerResponse ? response : undefined;
}

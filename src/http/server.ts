import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { Platform } from "../platforms/definition.ts";
import type { InboxStore, TaskStore } from "../store/store.ts";
import { accessOf, type Keys } from "./access.ts";
import { closeWithin, endAfterAnswers, socketsOf, urlOf } from "./closing.ts";
import { docsEndpoints } from "./docs.ts";
import { type Endpoint, methodsOf } from "./endpoint.ts";
import { answer } from "./envelope.ts";
import { failureAnswers, refuseUnlessTheirs } from "./failing.ts";
import { frontedServer, nothingInFront, type RequestFront } from "./front.ts";
import { defaultLimits, type HttpLimits, serverOptions } from "./limits.ts";
import { notificationEndpoints } from "./notifications.ts";
import type { Pushes, Reloads } from "./ports.ts";
import { probeEndpoints } from "./probes.ts";
import { pushEndpoint } from "./push.ts";
import { reloadEndpoint } from "./reload.ts";
import { taskEndpoint } from "./task.ts";

export interface HttpServerOptions {
  readonly tenant: string;
  readonly pushes: Pushes;
  readonly reloads: Reloads;
  readonly tasks: Pick<TaskStore, "task">;
  readonly inbox: Omit<InboxStore, "addNotification">;
  /** Rejects when the store cannot take a write now. */
  readonly ready: () => Promise<void>;
  readonly platforms: readonly Platform[];
  readonly metrics: { render(): Promise<string> };
  readonly auth: Keys;
  /** Bound to a loopback address: no key is needed. */
  readonly loopback: boolean;
  /** What is left out has the default. */
  readonly limits?: Partial<HttpLimits>;
  /** Addresses of reverse proxies whose `X-Forwarded-For` is believed; see Fastify's option. */
  readonly trustProxy?: boolean | string | string[];
  readonly version: string;
  /** What comes before the API. */
  readonly front?: RequestFront;
  /** While it closes: every caller has its answer, and connections that were upgraded are to be ended. */
  readonly onAnswered?: () => void;
  /** Of the rooms that this hub was put together with, beside pushing. */
  readonly more?: readonly Endpoint[];
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: Pick<Logger, "error" | "debug">;
}

export interface HttpServer {
  /**
   * Port 0 takes a free one. Listens once.
   *
   * @returns The base URL, without a slash at its end.
   * @throws Node's error when the address cannot be bound, e.g. code `EADDRINUSE`.
   */
  listen(host: string, port: number): Promise<string>;
  /** From now on pushes get 503 and connections end with their answer; everything else is still answered. */
  stopAccepting(): void;
  /** Closes the listener, waits for requests under way, and cuts those left after this long. Harmless to repeat. */
  close(timeoutMs: number): Promise<void>;
}

/** The hub's HTTP API. */
export async function createServer(options: HttpServerOptions): Promise<HttpServer> {
  const limits = { ...defaultLimits, ...options.limits };
  let stopping = false;
  const isStopping = () => stopping;
  const endpoints = endpointsOf(options, limits, isStopping);
  const app = frameworkFor(options, limits);
  const guard = options.loopback ? undefined : guardOf(options.auth);

  for (const { method, path, open, bodyBytes: bodyLimit = limits.bodyBytes, handle, tooLarge } of endpoints) {
    const onRequest = guard && !open ? { onRequest: guard } : {};
    const errorHandler = tooLarge ? { errorHandler: tellingOf(tooLarge, app, bodyLimit) } : {};
    app.route({ method, url: path, handler: handle, bodyLimit, ...onRequest, ...errorHandler });
  }
  app.setNotFoundHandler((request, reply) => {
    const path = pathOf(request);
    // An unknown path wants a key too: who has none learns nothing about the paths.
    if (guard) guard(request, reply, () => answerUnknown(request, reply, path, methodsOf(endpoints, path)));
    else answerUnknown(request, reply, path, methodsOf(endpoints, path));
  });
  await app.ready();
  const sockets = socketsOf(app.server);

  function stopAccepting(): void {
    if (stopping) return;
    stopping = true;
    endAfterAnswers(app.server);
  }

  let closed: Promise<void> | undefined;
  return {
    async listen(host, port) {
      // Two listeners, one for each loopback address, would have to be limited and closed separately.
      await app.listen({ host: host === "localhost" ? "127.0.0.1" : host, port });
      return urlOf(app.server);
    },
    stopAccepting,
    close(timeoutMs) {
      stopAccepting();
      closed ??= closeWithin(app.server, sockets, {
        timeoutMs,
        close: () => app.close(),
        onAnswered: options.onAnswered,
      });
      return closed;
    },
  };
}

function endpointsOf(options: HttpServerOptions, limits: HttpLimits, stopping: () => boolean): Endpoint[] {
  const { readyTimeoutMs } = limits;
  const endpoints: Endpoint[] = [
    pushEndpoint({ ...options, stopping }),
    taskEndpoint(options),
    ...notificationEndpoints(options),
    reloadEndpoint(options.reloads),
    ...probeEndpoints({ ...options, stopping, readyTimeoutMs }),
    ...(options.more ?? []),
  ];
  endpoints.push(...docsEndpoints(() => endpoints, options.version));
  return endpoints;
}

function frameworkFor({ trustProxy, log, front }: HttpServerOptions, limits: HttpLimits): FastifyInstance {
  const answerFailure = failureAnswers(log);
  const before = front ?? nothingInFront;
  const app = Fastify({
    logger: false,
    bodyLimit: limits.bodyBytes,
    serverFactory: (handler) => frontedServer(serverOptions(limits), handler, before),
    trustProxy: trustProxy ?? false,
    // A push that arrives while closing is answered by its own handler, in the envelope.
    return503OnClosing: false,
    // No slash is ignored: DELETE of a collection must not be what a client without an id asks by accident.
    routerOptions: { ignoreTrailingSlash: false, maxParamLength: 256 },
    frameworkErrors: answerFailure,
    clientErrorHandler: refuseUnlessTheirs((target) => before.door(target) !== undefined),
  });
  app.server.maxConnections = limits.connections;
  app.setErrorHandler(answerFailure);
  // Bodies stay bytes: handlers that read one say what is wrong with it, the others ignore it.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  return app;
}

/** Tells the endpoint of a body over the limit, and answers that like any failure. */
function tellingOf(tooLarge: NonNullable<Endpoint["tooLarge"]>, app: FastifyInstance, bodyBytes: number) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    if (error.code === "FST_ERR_CTP_BODY_TOO_LARGE") tooLarge(request, bodyBytes);
    app.errorHandler(error, request, reply);
  };
}

function guardOf(auth: Keys) {
  return (request: FastifyRequest, reply: FastifyReply, next: () => void): void => {
    const access = accessOf(request.headers.authorization, auth.keys());
    if (access === "granted") {
      next();
      return;
    }
    const wrong = access === "wrong";
    reply.header("www-authenticate", wrong ? 'Bearer realm="yizhan", error="invalid_token"' : 'Bearer realm="yizhan"');
    const error = wrong ? "密钥无效" : "缺少请求头Authorization: Bearer <密钥>";
    answer(reply, 401, "未授权", { error });
  };
}

function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? "";
}

function answerUnknown(request: FastifyRequest, reply: FastifyReply, path: string, allowed: readonly string[]): void {
  const { method } = request;
  if (allowed.length === 0 || allowed.includes(method) !== (method === "OPTIONS")) {
    answer(reply, 404, "接口不存在", { error: `${method} ${path} 不存在，接口列表见/docs` });
    return;
  }
  reply.header("allow", allowed.join(", "));
  if (method === "OPTIONS") {
    reply.code(204).send();
    return;
  }
  answer(reply, 405, "请求方法不允许", { error: `${path}不支持${method}，可用${allowed.join("、")}` });
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ApiState } from "./apis/api-state.ts";
import { answerApi, isApiPath, sendApi } from "./apis/apis.ts";
import { AppSecrets } from "./app-secrets.ts";
import { bodyOf } from "./body.ts";
import { Callbacks } from "./callbacks.ts";
import { answerControl } from "./control.ts";
import { dingtalkStandIn } from "./dingtalk.ts";
import type { Faults } from "./faults.ts";
import { feishuStandIn } from "./feishu.ts";
import type { Inbox, InboxBounds, ReceivedMessage } from "./inbox.ts";
import { isLoopback, plainIp } from "./ip-rules.ts";
import { type People, peopleWho } from "./people.ts";
import { postCallback } from "./post-callback.ts";
import type { Pace } from "./rate.ts";
import type { RobotSettings, Robots } from "./robots.ts";
import { type MailServer, startMailServer } from "./smtp.ts";
import { plain, type RobotPlatform } from "./stand-in.ts";
import { newState, type Statistics, statisticsOf } from "./state.ts";
import { StreamHappenings } from "./streams/happenings.ts";
import { isStreamPath, Streams } from "./streams/streams.ts";
import { type Timer, timerOn } from "./timer.ts";
import { answerWebhook, reply } from "./webhooks.ts";
import { wecomStandIn } from "./wecom.ts";

export interface SandboxOptions {
  /** Epoch milliseconds. */
  readonly now?: () => number;
  /** When the calling side tries again and gives up waiting; default the system's, measured with `now`. */
  readonly timer?: Timer;
  /** Only declared robots exist. Otherwise every token is a robot without security settings. */
  readonly strict?: boolean;
  readonly robots?: readonly (RobotSettings & { readonly platform: RobotPlatform; readonly token: string })[];
  /** How the published limits are bent; both factors default to 1. */
  readonly pace?: Partial<Pace>;
  /** What the inbox keeps; default 10,000 messages and 64 MiB. */
  readonly inbox?: Partial<InboxBounds>;
  /** The login of the SMTP sink; without it every login, and none, is welcome. */
  readonly smtpLogin?: { readonly user: string; readonly password: string };
  /** Who may use `/sandbox/`; default `loopback`. */
  readonly control?: "loopback" | "anyone";
  /** Each accepted message, before its answer is sent. Must not throw. */
  readonly onMessage?: (message: ReceivedMessage) => void;
}

export interface ListenOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free one. */
  readonly port?: number;
  /** 0: any free one; absent: no SMTP sink. */
  readonly smtpPort?: number;
}

/** Stand-ins of the platforms' servers, for trying the hub with no account and for tests. */
export interface Sandbox {
  /** Rejects when a port is taken. May be called once. */
  listen(options?: ListenOptions): Promise<void>;
  /** Ends all connections. Harmless to repeat, or before `listen`. */
  close(): Promise<void>;
  /** `http://host:port`, without a slash at the end. @throws Error before `listen`. */
  readonly url: string;
  /** Undefined when there is no SMTP sink. */
  readonly smtpPort: number | undefined;
  readonly inbox: Inbox;
  readonly robots: Robots;
  readonly faults: Faults;
  /** Where the platforms' callbacks go. */
  readonly callbacks: Callbacks;
  /** Those who write, click, read, join. */
  readonly people: People;
  /** What is behind the platforms' APIs: apps, files, messages. */
  readonly apis: ApiState;
  /** The platforms' ends of long connections. */
  readonly streams: Streams;
  /** Has people act whose doings are told over long connections. */
  readonly happenings: StreamHappenings;
  statistics(): Statistics;
}

/** Room for a picture of 2 MiB in base64; the platforms' own limits are smaller and give their own codes. */
const largestBodyBytes = 4 * 1024 * 1024;
const largestUploadBytes = 21 * 1024 * 1024;

const nothingHere = plain(404, "404 page not found");

/** @throws RangeError for a robot's setting that is wrong. */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  const now = options.now ?? options.timer?.now ?? Date.now;
  const timer = options.timer ?? timerOn(now);
  const callbacks = new Callbacks({ timer, post: postCallback });
  const secrets = new AppSecrets();
  const apis = new ApiState(now, secrets);
  const streams = new Streams({ timer, secrets });
  const happenings = new StreamHappenings(streams, now);
  const state = newState({
    standIns: [feishuStandIn, dingtalkStandIn, wecomStandIn],
    strict: options.strict ?? false,
    inbox: { messages: 10_000, bytes: 64 * 1024 * 1024, ...options.inbox },
    callbacks,
    secrets,
    apis,
    streams,
    happenings,
    timer,
    now,
    onMessage: options.onMessage,
  });
  if (options.pace) state.robots.pace(undefined, { enabled: true, messageFactor: 1, timeFactor: 1, ...options.pace });
  for (const { platform, token, ...settings } of options.robots ?? []) state.robots.declare(platform, token, settings);

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const target = request.url ?? "/";
    const mark = target.indexOf("?");
    const path = mark < 0 ? target : target.slice(0, mark);
    const query = new URLSearchParams(mark < 0 ? "" : target.slice(mark + 1));
    const ip = plainIp(request.socket.remoteAddress);
    const isControl = path === "/sandbox" || path.startsWith("/sandbox/");
    const isApi = isApiPath(path);
    const standIn = state.standIns.find((candidate) => candidate.serves(path));
    if (!isControl && !isApi && !standIn && !isStreamPath(path)) return reply(response, nothingHere);
    if (isControl && options.control !== "anyone" && !(isLoopback(ip) && isNamedLocally(request.headers.host))) {
      return reply(response, plain(403, "the sandbox is controlled from its own machine only"));
    }
    const isUpload = path.endsWith("/upload_media") || path.startsWith("/sandbox/files/");
    const body = await bodyOf(request, isUpload ? largestUploadBytes : largestBodyBytes);
    if (!body) {
      response.setHeader("connection", "close");
      return reply(response, plain(413, "the body is too large"));
    }
    const call = { method: request.method ?? "GET", path, query, headers: request.headers, body, ip };
    if (isControl) reply(response, await answerControl(state, call));
    else if (isApi) sendApi(response, answerApi(apis, call));
    else if (standIn) await answerWebhook(state, standIn, call, request, response);
    else reply(response, streams.answer({ ...call, host: request.headers.host ?? "" }) ?? nothingHere);
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((cause: unknown) => {
      // A client that left is no error; anything else is ours and must be seen.
      if (response.headersSent || response.destroyed) request.socket.destroy();
      else if (!request.socket.destroyed) reply(response, plain(500, `sandbox error: ${String(cause)}`));
    });
  });
  server.on("upgrade", (request, socket, head) => streams.upgrade(request, socket, head));
  // Longer than any client's idle pool, so that a kept connection is never closed under a request.
  server.keepAliveTimeout = 120_000;
  server.requestTimeout = 60_000;

  let mail: MailServer | undefined;
  return {
    async listen({ host = "127.0.0.1", port = 0, smtpPort } = {}) {
      await listening(server, port, host);
      if (smtpPort === undefined) return;
      mail = await startMailServer(state, { host, port: smtpPort, login: options.smtpLogin }).catch(async (cause) => {
        await closed(server);
        throw cause;
      });
    },
    async close() {
      callbacks.close();
      streams.close();
      await Promise.all([closed(server), mail?.close()]);
    },
    get url() {
      const address = server.address() as AddressInfo | null;
      if (!address) throw new Error("the sandbox does not listen yet");
      return `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`;
    },
    get smtpPort() {
      return mail?.port;
    },
    inbox: state.inbox,
    robots: state.robots,
    faults: state.faults,
    callbacks,
    people: peopleWho(callbacks),
    apis,
    streams,
    happenings,
    statistics: () => statisticsOf(state),
  };
}

/** A page of another site that has its own name point at this machine still sends that name. */
function isNamedLocally(host: string | undefined): boolean {
  return host !== undefined && /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(host);
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function closed(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

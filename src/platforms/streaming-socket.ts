import type { Agent } from "node:http";
import type { WebSocket } from "ws";
import { type OpenStream, type StreamEnd, StreamFailure, type StreamOptions } from "./streaming.ts";

/** One frame as it came: text where the platform sends text, else bytes. */
export type SocketData = { readonly text: string } | { readonly bytes: Uint8Array };

export interface StreamSocket {
  /** What whoever opened the stream gets to see. */
  readonly stream: OpenStream;
  send(data: string | Uint8Array): void;
  /** Does a frame's work. At most so many frames are worked on at once; beyond that, no more are read. */
  work(task: () => Promise<void>): void;
  /** Calls back again and again, as often as the interval says at the time, until the stream ends. */
  every(intervalMs: () => number, call: () => void): void;
  /** A ping of the WebSocket itself (RFC 6455 §5.5.2); its answer counts as a sign of life. */
  ping(): void;
  end(end: StreamEnd): void;
}

export interface SocketOptions extends Pick<StreamOptions, "clock" | "signal" | "log" | "proxy"> {
  readonly url: URL;
  /** May be called before the promise of the socket resolves. Must not throw. */
  readonly onData: (data: SocketData, socket: StreamSocket) => void;
  readonly pingIntervalMs: () => number;
}

const handshakeMs = 10_000;
/** Events are at most 1 MiB, as callbacks are; escaped into another JSON they are longer. */
const largestFrameBytes = 4 * 1024 * 1024;
const mostFramesAtOnce = 64;
/** How long frames in hand may take when the stream is closed. */
const graceMs = 5_000;

/**
 * Connects. Compression is not offered, because what is compressed small may be large; redirects are not followed.
 * The library is only loaded by hubs that use a long connection.
 *
 * @throws StreamFailure when the handshake failed; the address is in no message.
 */
export async function openSocket(options: SocketOptions): Promise<StreamSocket> {
  const { url, signal, proxy } = options;
  const { WebSocket } = await import("ws");
  if (signal.aborted) throw stoppedFailure();
  const connection = new WebSocket(url, {
    handshakeTimeout: handshakeMs,
    maxPayload: largestFrameBytes,
    perMessageDeflate: false,
    followRedirects: false,
    ...(proxy === undefined ? {} : { agent: await agentThrough(proxy, url) }),
  });
  const socket = socketOver(connection, options);
  await new Promise<void>((resolve, reject) => {
    const abort = () => connection.terminate();
    signal.addEventListener("abort", abort, { once: true });
    const settled = () => signal.removeEventListener("abort", abort);
    connection.once("open", () => {
      settled();
      resolve();
    });
    connection.once("unexpected-response", (_request, response) => {
      settled();
      reject(refusedHandshake(response.statusCode ?? 0, response.headers));
      connection.terminate();
    });
    connection.once("error", (cause) => {
      settled();
      const failed = new StreamFailure("unavailable", `no connection: ${wordsOf(cause)}`, { cause });
      reject(signal.aborted ? stoppedFailure() : failed);
    });
  });
  return socket;
}

function socketOver(
  connection: WebSocket,
  { clock, signal, log, onData, pingIntervalMs }: SocketOptions,
): StreamSocket {
  const closed = Promise.withResolvers<StreamEnd>();
  let lastAliveAt = clock.now();
  let atWork = 0;
  let ending: StreamEnd | undefined;
  let callOffs: (() => void)[] = [];
  const aliveNow = () => {
    lastAliveAt = clock.now();
  };

  const end = (why: StreamEnd) => {
    if (ending) return;
    ending = why;
    connection.pause();
    if (atWork === 0) return hangUp();
    callOffs.push(clock.at(clock.now() + graceMs, hangUp));
  };
  const hangUp = () => {
    // Resumed, or the other side's goodbye would never be read.
    connection.resume();
    connection.close(1000);
    // A peer that is gone answers no goodbye either.
    callOffs.push(clock.at(clock.now() + graceMs, () => connection.terminate()));
  };
  const abort = () => end({ reason: "stopped", detail: "the hub ended it" });
  signal.addEventListener("abort", abort, { once: true });

  const socket: StreamSocket = {
    stream: {
      closed: closed.promise,
      close: (why = { reason: "stopped", detail: "the hub ended it" }) => end(why),
      lastAliveAt: () => lastAliveAt,
      pingIntervalMs,
    },
    send(data) {
      // What cannot be sent any more is told again on the next connection.
      if (connection.readyState === connection.OPEN) connection.send(data);
    },
    work(task) {
      atWork++;
      if (atWork >= mostFramesAtOnce) connection.pause();
      task()
        .catch((error: unknown) => log.warn({ err: error }, "a frame was not stored, so it is not acknowledged"))
        .finally(() => {
          atWork--;
          if (!ending) connection.resume();
          else if (atWork === 0) hangUp();
        });
    },
    every(intervalMs, call) {
      const next = () => {
        callOffs = callOffs.filter((off) => off !== callOff);
        if (ending) return;
        call();
        schedule();
      };
      let callOff = () => {};
      const schedule = () => {
        callOff = clock.at(clock.now() + intervalMs(), next);
        callOffs.push(callOff);
      };
      schedule();
    },
    ping() {
      if (connection.readyState === connection.OPEN) connection.ping();
    },
    end,
  };

  connection.on("message", (data, isBinary) => {
    aliveNow();
    if (ending) return;
    const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
    onData(isBinary ? { bytes } : { text: bytes.toString("utf8") }, socket);
  });
  connection.on("ping", aliveNow);
  connection.on("pong", aliveNow);
  // Every error is followed by the end.
  connection.on("error", (error) => {
    ending ??= { reason: "unavailable", detail: wordsOf(error) };
  });
  connection.on("close", (status) => {
    signal.removeEventListener("abort", abort);
    for (const callOff of callOffs) callOff();
    ending ??= { reason: "closed", detail: `the platform closed the connection (${status})` };
    closed.resolve(ending);
  });
  return socket;
}

/** Node's own agent tunnels to `wss:` by CONNECT; to `ws:` it would send an absolute-form request, which is no upgrade. */
async function agentThrough(proxy: string, url: URL): Promise<Agent> {
  if (url.protocol !== "wss:") throw new StreamFailure("unavailable", "only wss:// goes through a proxy");
  const { Agent } = await import("node:https");
  return new Agent({ proxyEnv: { HTTPS_PROXY: proxy } });
}

/** Feishu tells why in a header of its own; what others tell is the status. */
function refusedHandshake(status: number, headers: Readonly<Record<string, string | string[] | undefined>>) {
  const said = headers["handshake-msg"];
  const words = typeof said === "string" ? `: ${said.slice(0, 200)}` : "";
  const reason = status === 401 || status === 403 ? "unauthorized" : "unavailable";
  return new StreamFailure(reason, `the platform refused the connection with HTTP ${status}${words}`);
}

function stoppedFailure(): StreamFailure {
  return new StreamFailure("stopped", "the hub ended it before it was open");
}

/** Node's code where there is one: messages may quote what was asked for. */
function wordsOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return error instanceof Error ? error.message.slice(0, 200) : "the connection broke";
}

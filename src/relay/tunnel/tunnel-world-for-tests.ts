import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import type { Clock } from "../clock.ts";
import type { RelayFailure } from "../failure.ts";
import { ScriptedTarget } from "../scripted-target-for-tests.ts";
import type { TunnelSettings } from "../settings.ts";
import type { AnswerSink, Sending, SendLimits, Target } from "../target.ts";
import { FrameReader } from "./frame-reader.ts";
import { FrameWriter } from "./frame-writer.ts";
import { frameType, subprotocol } from "./frames.ts";
import { TunnelAgent } from "./tunnel-agent.ts";
import { TunnelGate } from "./tunnel-gate.ts";

export const key = "key-0123456789abcdef";

const systemTime: Clock = {
  now: Date.now,
  at(at, callback) {
    const timer = setTimeout(callback, Math.max(at - Date.now(), 0));
    return () => clearTimeout(timer);
  },
};

export interface WorldOptions {
  readonly clock?: Clock;
  readonly tunnels?: readonly TunnelSettings[];
  readonly isIdempotent?: boolean;
}

export interface AgentOptions {
  readonly target?: Target;
  readonly key?: string | (() => Promise<string>);
  readonly name?: string;
  /** By default whichever the key opens. */
  readonly tunnel?: string;
}

/** A hub's server with a gate, and agents that connect to it. All of it ends with the test. */
export async function tunnelWorld({ clock = systemTime, tunnels, isIdempotent = false }: WorldOptions = {}) {
  const log: string[] = [];
  const note = (text: string) => void log.push(text);
  const reachable: string[] = [];
  const gate = new TunnelGate({
    clock,
    onReachable: (tunnel) => reachable.push(tunnel),
    log: { info: (_fields, text) => note(text), warn: (_fields, text) => note(text) },
    addressOf: (request: IncomingMessage) => request.socket.remoteAddress ?? "",
  });
  gate.configure(tunnels ?? [{ name: "office", keys: [key] }]);
  const server = createServer((_request, response) => response.writeHead(404).end());
  server.on("upgrade", (request, socket, head) => {
    if (!gate.upgrade(request, socket, head)) socket.end("HTTP/1.1 404 Not Found\r\n\r\n");
  });
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const authority = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const agentsNow = () => gate.status().flatMap(({ agents }) => agents);

  return {
    gate,
    authority,
    /** Tunnels that led nowhere and do again, in order. */
    reachable,
    /** What hub and agents logged. */
    log,
    target: gate.target("office", { isIdempotent }),
    agents: agentsNow,
    /** The network between hub and agents breaks for a moment. */
    breakConnections: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    /** An agent that runs; resolves once it is connected. */
    async agent(options: AgentOptions = {}) {
      const { target = new ScriptedTarget("inner"), name = "a", tunnel = "" } = options;
      const given = options.key ?? key;
      const agent = new TunnelAgent({
        url: new URL(`ws://${authority}/tunnels/${tunnel}`),
        key: typeof given === "string" ? async () => given : given,
        name,
        target,
        base: "http://inner.example:9000/base",
        clock,
        random: () => 0,
        log: { info: note, warn: note },
      });
      const before = agentsNow().length;
      const ended = agent.run();
      onTestFinished(async () => {
        const stopped = agent.stop();
        // What a test left under way is not waited for.
        for (const socket of sockets) socket.destroy();
        await stopped;
      });
      // Whoever is refused is not waited for.
      await Promise.race([ended.catch(() => {}), until(() => agentsNow().length > before, "the agent is connected")]);
      return { agent, target, ended };
    },
  };
}

export interface SeenFrame {
  readonly type: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** An agent whose every byte a test writes. */
export class RawAgent {
  readonly socket: WebSocket;
  /** What the hub said; of DATA each piece is one. */
  readonly frames: SeenFrame[] = [];
  /** Close code and words, once it is closed. */
  closed: readonly [code: number, words: string] | undefined;
  readonly #writer = new FrameWriter((bytes) => this.socket.send(bytes));

  private constructor(socket: WebSocket) {
    this.socket = socket;
    const note = (type: number, stream: number, payload: Buffer) => {
      this.frames.push({ type, stream, payload: Buffer.from(payload) });
    };
    const reader = new FrameReader({
      onFrame: (type, _flags, stream, payload) => note(type, stream, payload),
      onData: (stream, bytes) => note(frameType.data, stream, bytes),
    });
    socket.on("message", (data) => reader.push(data as Buffer));
    socket.on("error", () => {});
    socket.on("close", (code, reason) => {
      this.closed = [code, reason.toString()];
    });
  }

  static async connect(authority: string, withKey = key): Promise<RawAgent> {
    const headers = { authorization: `Bearer ${withKey}` };
    const socket = new WebSocket(`ws://${authority}/tunnels/`, subprotocol, { headers });
    const agent = new RawAgent(socket);
    onTestFinished(() => socket.terminate());
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    return agent;
  }

  /** The streams that were opened, in order. */
  get opened(): number[] {
    return this.frames.filter(({ type }) => type === frameType.open).map(({ stream }) => stream);
  }

  write(write: (writer: FrameWriter) => void): void {
    write(this.#writer);
    this.#writer.flush();
  }

  /** Answers whatever it is asked, from now on. */
  answerAll(): void {
    let answered = 0;
    const answerNew = () => {
      const { opened } = this;
      for (const stream of opened.slice(answered)) this.answer(stream);
      answered = opened.length;
    };
    this.socket.on("message", answerNew);
    answerNew();
  }

  /** Answers a stream with a status and nothing else. */
  answer(stream: number, status = 200): void {
    this.write((writer) => writer.head(stream, { status, statusText: "", headers: [] }, { isLast: true }));
  }
}

/** Looks at every turn of the event loop. @throws Error when it does not become true within ten seconds. */
export async function until<T>(look: () => T | undefined | false, what: string): Promise<T> {
  for (const deadline = Date.now() + 10_000; ; await nextTurn()) {
    const seen = look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > deadline) throw new Error(`not within 10 s: ${what}`);
  }
}

export interface WholeAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly string[];
  readonly interims: readonly number[];
  readonly body: Buffer;
}

/** Collects an answer. */
export class WholeAnswerSink implements AnswerSink {
  readonly answer: Promise<WholeAnswer>;
  readonly #settle: { resolve(answer: WholeAnswer): void; reject(failure: RelayFailure): void };
  readonly #interims: number[] = [];
  #head: Pick<WholeAnswer, "status" | "statusText" | "headers"> | undefined;
  readonly #chunks: Uint8Array[] = [];
  #calls = 0;
  /** What `onData` answers. */
  wantsMore = true;
  bytes = 0;

  constructor() {
    const { promise, resolve, reject } = Promise.withResolvers<WholeAnswer>();
    this.answer = promise;
    // Whoever looks late must not find the process ended.
    promise.catch(() => {});
    this.#settle = { resolve, reject };
  }

  get hasHead(): boolean {
    return this.#head !== undefined;
  }

  onInterim(status: number): void {
    this.#interims.push(status);
  }

  onHead(status: number, statusText: string, headers: readonly string[]): void {
    if (this.#head) throw new Error("a second head");
    this.#head = { status, statusText, headers };
  }

  onData(chunk: Uint8Array): boolean {
    if (!this.#head) throw new Error("data before the head");
    this.bytes += chunk.length;
    this.#chunks.push(Buffer.from(chunk));
    return this.wantsMore;
  }

  onEnd(): void {
    this.#over();
    if (!this.#head) throw new Error("an end before the head");
    this.#settle.resolve({ ...this.#head, interims: this.#interims, body: Buffer.concat(this.#chunks) });
  }

  onFailure(failure: RelayFailure): void {
    this.#over();
    this.#settle.reject(failure);
  }

  #over(): void {
    if (this.#calls++ > 0) throw new Error("a second end");
  }
}

export interface AskOptions {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: readonly string[];
  readonly body?: Uint8Array | Readable;
  readonly limits?: SendLimits;
}

/** Sends a request: a GET of `/` where nothing else is said. */
export function ask(target: Target, options: AskOptions = {}): { sink: WholeAnswerSink; sending: Sending } {
  const { method = "GET", path = "/", headers = [], body, limits = { answerMs: 30_000, idleMs: 30_000 } } = options;
  const sink = new WholeAnswerSink();
  return { sink, sending: target.send({ method, path, headers, body }, sink, limits) };
}

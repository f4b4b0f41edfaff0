import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { RelayFailure } from "./failure.ts";
import type { AnswerSink } from "./target.ts";

/** One connection that a raw server took. */
export class RawConnection {
  readonly socket: Socket;
  /** Everything that came, Latin-1. */
  received = "";
  readonly closed: Promise<void>;
  readonly #waiting = new Set<() => void>();

  constructor(socket: Socket) {
    this.socket = socket.setEncoding("latin1");
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    socket.on("error", () => {});
    // Half-open, so that a test can tell what came before and after; whoever hung up gets the same.
    socket.on("end", () => socket.end());
    socket.on("data", (text: string) => {
      this.received += text;
      for (const look of this.#waiting) look();
    });
  }

  /** Waits until what came so far matches. */
  async has(pattern: RegExp | string): Promise<string> {
    const matches = () => (typeof pattern === "string" ? this.received.includes(pattern) : pattern.test(this.received));
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!matches()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      void this.closed.then(() => reject(new Error(`closed; what came: ${this.received}`)));
      look();
    });
    return this.received;
  }

  write(bytes: string): void {
    this.socket.write(bytes, "latin1");
  }
}

/** A server that takes bytes and says only what it is told to. */
export class RawOrigin {
  readonly server: Server;
  readonly connections: RawConnection[] = [];
  readonly #waiting = new Set<() => void>();

  private constructor(server: Server) {
    this.server = server;
  }

  static async listen(onConnection?: (connection: RawConnection) => void): Promise<RawOrigin> {
    const server = createServer({ allowHalfOpen: true });
    const origin = new RawOrigin(server);
    server.on("connection", (socket) => {
      const connection = new RawConnection(socket);
      origin.connections.push(connection);
      onConnection?.(connection);
      for (const look of origin.#waiting) look();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => origin.close());
    return origin;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The connection of this number, from 0, once it is there. */
  async connection(number: number): Promise<RawConnection> {
    await new Promise<void>((resolve) => {
      const look = () => {
        if (this.connections.length <= number) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
    return this.connections[number] as RawConnection;
  }

  async close(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}

/** Keeps everything that a target said about one request. */
export class KeptAnswer implements AnswerSink {
  readonly interim: [number, readonly string[]][] = [];
  status = 0;
  statusText = "";
  headers: readonly string[] = [];
  body = "";
  failure: RelayFailure | undefined;
  /** What `onData` answers. */
  wantsMore = true;
  readonly began: Promise<void>;
  /** The end, or the failure. */
  readonly ended: Promise<this>;
  ends = 0;
  #begin = () => {};
  #end = () => {};
  #onData: (() => void) | undefined;

  constructor() {
    this.began = new Promise((resolve) => {
      this.#begin = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.#end = () => resolve(this);
    });
  }

  onInterim(status: number, headers: readonly string[]): void {
    this.interim.push([status, headers]);
  }

  onHead(status: number, statusText: string, headers: readonly string[]): void {
    this.status = status;
    this.statusText = statusText;
    this.headers = headers;
    this.#begin();
  }

  onData(chunk: Uint8Array): boolean {
    this.body += Buffer.from(chunk).toString("latin1");
    this.#onData?.();
    return this.wantsMore;
  }

  onEnd(): void {
    this.ends++;
    this.#end();
  }

  onFailure(failure: RelayFailure): void {
    this.ends++;
    this.failure = failure;
    this.#end();
  }

  /** Waits for so many bytes of the body. */
  async bytes(count: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = () => {
        if (this.body.length >= count) resolve();
      };
      this.#onData = look;
      look();
    });
  }
}

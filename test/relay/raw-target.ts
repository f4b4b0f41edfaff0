import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { Watch } from "./watch.ts";
import { type Taken, takeRequest, type WireMessage } from "./wire.ts";

/** What the target does about one request. */
export interface Reaction {
  /** Once its head has come, or all of it. */
  readonly at: "head" | "end";
  readonly act: (connection: TargetConnection) => void;
}

export interface SeenRequest extends WireMessage {
  /** The connection it came on, counted from 1. */
  readonly connection: number;
}

/** What a target says when nothing else is asked of it. */
export const plainAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** Writes these bytes once all of the request has come, and keeps the connection. */
export function answers(text: string): Reaction {
  return { at: "end", act: (connection) => connection.write(text) };
}

/** Writes these bytes as soon as the request's head has come. */
export function answersEarly(text: string): Reaction {
  return { at: "head", act: (connection) => connection.write(text) };
}

export function answersAndCloses(text: string): Reaction {
  return { at: "end", act: (connection) => connection.end(text) };
}

/** Writes these bytes, if any, and breaks the connection off. */
export function answersAndResets(text: string): Reaction {
  return { at: "end", act: (connection) => connection.reset(text) };
}

/** Says nothing, ever. */
export const staysSilent: Reaction = { at: "end", act: () => {} };

/** A TCP server that records every byte and answers with the bytes it is told. */
export class RawTarget implements AsyncDisposable {
  readonly #server: Server;
  readonly #connections: TargetConnection[] = [];
  readonly #watch = new Watch();
  #reactions: Reaction[] = [];

  private constructor() {
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
      const connection = new TargetConnection(socket, {
        number: this.#connections.length + 1,
        authority: this.authority,
        nextReaction: () => this.#reactions.shift() ?? answers(plainAnswer),
        changed: () => this.#watch.changed(),
      });
      this.#connections.push(connection);
    });
  }

  static async listen(): Promise<RawTarget> {
    const target = new RawTarget();
    await new Promise<void>((resolve) => target.#server.listen(0, "127.0.0.1", resolve));
    return target;
  }

  /** Host and port. */
  get authority(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `http://${this.authority}`;
  }

  get connections(): readonly TargetConnection[] {
    return this.#connections;
  }

  /** Forgets what came, and says what to do with the next requests. */
  expect(reactions: readonly Reaction[]): void {
    for (const connection of this.#connections) connection.forget();
    this.#reactions = [...reactions];
  }

  /** Everything that came since `expect`, an unfinished request included, in the order it began on each connection. */
  seen(): SeenRequest[] {
    return this.#connections
      .flatMap((connection) => connection.seen())
      .sort((a, b) => a.order - b.order)
      .map(({ order: _, ...request }) => request);
  }

  /** Resolves when so many requests have come whole. */
  has(count: number): Promise<SeenRequest[]> {
    const whole = () => this.seen().filter(({ isBroken }) => !isBroken);
    return this.until(() => (whole().length >= count ? whole() : undefined), `${count} requests`);
  }

  until<T>(ask: () => T | undefined, what: string): Promise<T> {
    return this.#watch.until(ask, () => `${what}; the target has seen ${JSON.stringify(this.seen())}`);
  }

  /** Closes every connection; new ones are taken. */
  hangUp(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.hangUp();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

interface ConnectionOptions {
  readonly number: number;
  /** Of the target; stands for `{target}` in what is written. */
  readonly authority: string;
  readonly nextReaction: () => Reaction;
  readonly changed: () => void;
}

interface OrderedRequest extends SeenRequest {
  readonly order: number;
}

/** Of all connections, so that requests can be told in the order they came. */
let order = 0;

export class TargetConnection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #requests: OrderedRequest[] = [];
  #unread = "";
  #startedAt = 0;
  /** Of the request that is coming, once its head has. */
  #reaction: Reaction | undefined;
  /** The other side ended it, or broke it off. */
  hasEnded = false;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.setEncoding("latin1").on("data", (text: string) => this.#take(text));
    const ends = () => {
      this.hasEnded = true;
      socket.end();
      options.changed();
    };
    socket.on("end", ends).on("close", ends).on("error", ends);
  }

  get number(): number {
    return this.#options.number;
  }

  seen(): OrderedRequest[] {
    if (this.#unread === "") return [...this.#requests];
    const message = this.#first()?.message ?? headless(this.#unread);
    return [...this.#requests, { ...message, isBroken: true, connection: this.number, order: this.#startedAt }];
  }

  /** Of the last request that came whole. */
  get lastLine(): string {
    return this.#requests.at(-1)?.line ?? "";
  }

  forget(): void {
    this.#requests.length = 0;
    this.#unread = "";
    this.#reaction = undefined;
  }

  write(text: string): void {
    if (!this.#socket.destroyed) this.#socket.write(text.replaceAll("{target}", this.#options.authority), "latin1");
  }

  end(text = ""): void {
    if (!this.#socket.destroyed) this.#socket.end(text, "latin1");
  }

  /** Ends it with an RST, after these bytes. */
  reset(text = ""): void {
    if (text === "") this.#socket.resetAndDestroy();
    else this.#socket.write(text, "latin1", () => this.#socket.resetAndDestroy());
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(text: string): void {
    if (this.#unread === "") this.#startedAt = order++;
    this.#unread += text;
    for (;;) {
      const taken = this.#first();
      if (!taken) break;
      const reaction = this.#reaction ?? this.#options.nextReaction();
      if (!this.#reaction && reaction.at === "head") reaction.act(this);
      this.#reaction = reaction;
      if (taken.message.isBroken) break;
      this.#requests.push({ ...taken.message, connection: this.number, order: this.#startedAt });
      this.#unread = this.#unread.slice(taken.length);
      this.#startedAt = order++;
      this.#reaction = undefined;
      if (reaction.at === "end") reaction.act(this);
    }
    this.#options.changed();
  }

  /** The request that comes; undefined while it has no head. What no server should have to read stays unread. */
  #first(): Taken | undefined {
    try {
      return takeRequest(this.#unread);
    } catch {
      return undefined;
    }
  }
}

/** Bytes that have not become a request yet. */
function headless(bytes: string): WireMessage {
  return { line: bytes, fields: [], framing: "none", body: "", trailers: [], isBroken: true };
}

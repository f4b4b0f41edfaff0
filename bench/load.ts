import { connect, type Socket } from "node:net";
import { AnswerReader } from "./answer-reader.ts";
import { sharedNow } from "./clock.ts";

export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  /** The bytes of request `n`, as Latin-1 text. */
  readonly request: (n: number) => string;
  /** No request is begun after this many. */
  readonly most: number;
  /** No request is begun after this many milliseconds. */
  readonly forMs?: number;
  /** Requests begin at these moments whatever the answers do; otherwise as soon as a connection is free. */
  readonly perSecond?: number;
  /** Asked before each request: false holds it back until `nudge`. */
  readonly mayBegin?: () => boolean;
  /** What counts as accepted, where it is not a push that was given a task id. */
  readonly isAccepted?: (status: number, body: string) => boolean;
}

export interface LoadResult {
  /** Requests begun; they are numbered from 0. */
  readonly begun: number;
  readonly accepted: number;
  /** What else was answered, with an example each. */
  readonly refused: ReadonlyMap<string, number>;
  /** Duration from the first request to the last answer, ms. */
  readonly tookMs: number;
  /** By number, on the shared clock. A paced request counts from when it was due, not from when a socket was free. */
  readonly sentAt: Float64Array;
  readonly answeredAt: Float64Array;
  /** Accepted task ids by number, 36 characters each; zero bytes where a request was not accepted. */
  readonly ids: Buffer;
}

/** How long an answer may take before the run is given up. */
const answerMs = 30_000;
const idLength = 36;

/** Drives the hub over kept-alive connections, one request under way on each, and checks every answer. */
export class Load {
  readonly #options: LoadOptions;
  readonly #sentAt: Float64Array;
  readonly #answeredAt: Float64Array;
  readonly #ids: Buffer;
  readonly #refused = new Map<string, number>();
  readonly #idle: Connection[] = [];
  readonly #done = Promise.withResolvers<void>();
  #begun = 0;
  #answered = 0;
  #accepted = 0;
  #startedAt = 0;
  #ended = false;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#sentAt = new Float64Array(options.most);
    this.#answeredAt = new Float64Array(options.most);
    this.#ids = Buffer.alloc(options.isAccepted ? 0 : options.most * idLength);
  }

  get accepted(): number {
    return this.#accepted;
  }

  /** @throws Error when a connection breaks or an answer does not come. */
  async run(): Promise<LoadResult> {
    const { connections, port, perSecond } = this.#options;
    const opened = await Promise.all(Array.from({ length: connections }, () => this.#connection(port)));
    this.#idle.push(...opened);
    const progress = { answered: -1 };
    const watch = setInterval(() => {
      if (this.#answered === progress.answered && this.#begun > this.#answered) {
        this.#done.reject(new Error(`no answer within ${answerMs} ms`));
      }
      progress.answered = this.#answered;
    }, answerMs);
    // Held back and paced requests begin on a tick; a closed loop begins them on answers.
    const tick = setInterval(() => this.#pump(), perSecond === undefined ? 10 : 1);
    this.#startedAt = sharedNow();
    this.#pump();
    try {
      await this.#done.promise;
    } finally {
      clearInterval(watch);
      clearInterval(tick);
      for (const { socket } of opened) socket.destroy();
    }
    return this.#result();
  }

  /** Held-back requests may begin now. */
  nudge(): void {
    if (this.#startedAt > 0) this.#pump();
  }

  #result(): LoadResult {
    const begun = this.#begun;
    const answeredAt = this.#answeredAt.subarray(0, begun);
    return {
      begun,
      accepted: this.#accepted,
      refused: this.#refused,
      tookMs: answeredAt.reduce((latest, at) => Math.max(latest, at), this.#startedAt) - this.#startedAt,
      sentAt: this.#sentAt.subarray(0, begun),
      answeredAt,
      ids: this.#ids.subarray(0, begun * idLength),
    };
  }

  #pump(): void {
    if (this.#ended) return;
    const { most, forMs = Number.POSITIVE_INFINITY, perSecond, mayBegin, request } = this.#options;
    const now = sharedNow();
    const over = this.#begun >= most || now - this.#startedAt >= forMs;
    if (over && this.#answered === this.#begun) {
      this.#ended = true;
      this.#done.resolve();
    }
    if (over) return;
    while (this.#idle.length > 0 && this.#begun < most) {
      const dueAt = perSecond === undefined ? now : this.#startedAt + (this.#begun * 1000) / perSecond;
      if (dueAt > now || (mayBegin && !mayBegin())) return;
      // The longest idle one: a server closes connections that nothing was ever asked on.
      const connection = this.#idle.shift();
      const n = this.#begun++;
      this.#sentAt[n] = dueAt;
      connection?.send(n, request(n));
    }
  }

  async #connection(port: number): Promise<Connection> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once("connect", resolve);
    socket.once("error", reject);
    await promise;
    const connection: Connection = new Connection(
      socket,
      (n, chunk, status, body) => {
        this.#answeredAt[n] = sharedNow();
        this.#answered++;
        if (this.#isAccepted(n, chunk, status, body)) this.#accepted++;
        else this.#count(`${status} ${Buffer.from(body, "latin1").toString("utf8").slice(0, 200)}`);
        this.#idle.push(connection);
        this.#pump();
      },
      (cause) => this.#done.reject(cause),
    );
    return connection;
  }

  #isAccepted(n: number, chunk: Buffer, status: number, body: string): boolean {
    const { isAccepted } = this.#options;
    if (isAccepted) return isAccepted(status, body);
    if (status !== 200 || !body.startsWith('{"code":200,')) return false;
    const at = body.indexOf(idKey);
    if (at < 0 || body[at + idKey.length + idLength] !== '"') return false;
    const from = at + idKey.length;
    // Usually the answer is one chunk, and copying bytes makes no garbage.
    const offset = chunk.length - body.length + from;
    if (offset >= 0) chunk.copy(this.#ids, n * idLength, offset, offset + idLength);
    else this.#ids.write(body.slice(from, from + idLength), n * idLength, "latin1");
    return true;
  }

  #count(what: string): void {
    const key = this.#refused.has(what) || this.#refused.size < 20 ? what : "others";
    this.#refused.set(key, (this.#refused.get(key) ?? 0) + 1);
  }
}

const idKey = '"task_id":"';

class Connection {
  readonly socket: Socket;
  #n = -1;

  constructor(
    socket: Socket,
    onAnswer: (n: number, chunk: Buffer, status: number, body: string) => void,
    onBroken: (cause: Error) => void,
  ) {
    this.socket = socket;
    const reader = new AnswerReader();
    socket.on("data", (chunk) => {
      try {
        const answer = reader.read(chunk);
        if (answer) onAnswer(this.#n, chunk, answer.status, answer.body);
      } catch (cause) {
        onBroken(cause instanceof Error ? cause : new Error(String(cause)));
      }
    });
    socket.on("error", onBroken);
    socket.on("close", () => onBroken(new Error("the hub closed a connection")));
  }

  send(n: number, request: string): void {
    this.#n = n;
    this.socket.write(request, "latin1");
  }
}

/** Every accepted id, and how many of them were given twice. */
export function idsOf({ ids, begun }: LoadResult): { readonly ids: string[]; readonly repeated: number } {
  const found: string[] = [];
  for (let n = 0; n < begun; n++) {
    if (ids[n * idLength] !== 0) found.push(ids.toString("latin1", n * idLength, (n + 1) * idLength));
  }
  return { ids: found, repeated: found.length - new Set(found).size };
}

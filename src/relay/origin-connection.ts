import { connect, isIP, type Socket } from "node:net";
import { AnswerError, type AnswerHead } from "./answer-head.ts";
import { type AnswerListener, AnswerReader } from "./answer-reader.ts";
import { BodySender } from "./body-sender.ts";
import { Deadline } from "./deadline.ts";
import { RelayFailure } from "./failure.ts";
import type { OriginAddress } from "./origin-address.ts";
import type { OriginExchange } from "./origin-exchange.ts";
import { originFailure } from "./origin-failure.ts";
import { joinedText, requestHead } from "./request-bytes.ts";
import type { TurnEnd } from "./turn-end.ts";

/** Whose connections they are. */
export interface ConnectionOwner {
  readonly address: OriginAddress;
  readonly connectMs: number;
  readonly headBytes: number;
  readonly ca: string | undefined;
  readonly turnEnd: TurnEnd;
  /** It can take another request. */
  freed(connection: OriginConnection): void;
  /** It is closed. */
  gone(connection: OriginConnection): void;
  /** The answer is complete. */
  ended(exchange: OriginExchange): void;
  /** There will be no answer, or not all of it. */
  failed(exchange: OriginExchange, failure: RelayFailure, connection: OriginConnection): void;
}

/** What servers that tell nothing keep an idle connection for is rarely less: Node's own default is 5 s. */
const KEPT_MS = 4_000;
const MOST_KEPT_MS = 60_000;

/**
 * Everything read from a socket is used, or copied, before the next is read, so all of them can read into the same
 * bytes. Node would take fresh ones for every read.
 */
const readInto = Buffer.allocUnsafeSlow(65_536);

/** One HTTP/1.1 connection to an origin: one request at a time, and as many after each other as the origin likes. */
export class OriginConnection implements AnswerListener {
  readonly #owner: ConnectionOwner;
  readonly #socket: Socket;
  readonly #reader: AnswerReader;
  readonly #deadline = new Deadline(() => this.#late());
  #exchange: OriginExchange | undefined;
  #sender: BodySender | undefined;
  #isConnected = false;
  #isSent = false;
  #isAnswered = false;
  #isKept = false;
  #isComplete = false;
  #isPaused = false;
  #keptMs = KEPT_MS;
  #error: Error | undefined;
  /** How many requests went out on it before this one. */
  uses = 0;

  constructor(owner: ConnectionOwner) {
    this.#owner = owner;
    this.#reader = new AnswerReader(this, owner);
    this.#socket = open(owner, (bytes) => this.#read(bytes));
    this.#socket
      .once(owner.address.isTls ? "secureConnect" : "connect", () => this.#connected())
      .on("drain", () => this.#sender?.drained())
      .on("end", () => this.#ended())
      .on("error", (error) => {
        this.#error = error;
      })
      .once("close", () => this.#closed());
  }

  get isUsable(): boolean {
    return this.#isConnected && !this.#socket.destroyed && this.#socket.writable;
  }

  /** Sends at the end of this turn, or once it is connected. */
  take(exchange: OriginExchange): void {
    this.#exchange = exchange;
    this.#isSent = false;
    this.#isAnswered = false;
    this.#isComplete = false;
    this.#isPaused = false;
    if (this.#isConnected) {
      this.#deadline.set(exchange.limits.answerMs);
      this.#owner.turnEnd.addRequest(this);
    } else this.#deadline.set(Math.min(this.#owner.connectMs, exchange.limits.answerMs));
  }

  /** For `TurnEnd`. */
  endOfTurn(): void {
    if (this.#exchange && this.isUsable && !this.#isSent) this.#send(this.#exchange);
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (this.#exchange) this.#deadline.set(this.#exchange.limits.idleMs);
    this.#socket.resume();
  }

  /** What is under way on it fails. */
  close(): void {
    const { name } = this.#owner.address;
    if (this.#exchange) {
      this.#fail(new RelayFailure("target-closed", `${name} is not asked any more`, { sent: this.#isSent }));
    } else this.destroy();
  }

  /** Whatever it was sent, its answer is of no interest any more. */
  destroy(): void {
    this.#exchange = undefined;
    this.#sender?.stop();
    this.#deadline.end();
    this.#socket.destroy();
  }

  onInterim({ status, headers }: AnswerHead): void {
    this.#exchange?.sink.onInterim(status, headers);
  }

  onHead({ status, statusText, headers, isKept, keptSeconds }: AnswerHead): void {
    this.#isAnswered = true;
    this.#isKept = isKept;
    if (keptSeconds !== undefined) this.#keptMs = Math.min(MOST_KEPT_MS, keptSeconds * 1_000 - 1_000);
    const exchange = this.#exchange;
    exchange?.sink.onHead(status, statusText, headers);
  }

  onBody(bytes: Buffer): void {
    const exchange = this.#exchange;
    if (!exchange) return;
    if (!exchange.sink.onData(Buffer.from(bytes))) this.#isPaused = true;
  }

  onComplete(): void {
    this.#isComplete = true;
  }

  #connected(): void {
    this.#isConnected = true;
    const exchange = this.#exchange;
    if (!exchange) return;
    this.#deadline.set(exchange.remainingMs());
    this.#send(exchange);
  }

  #send(exchange: OriginExchange): void {
    const { request } = exchange;
    const { body } = request;
    try {
      const { head, framing, length } = requestHead(request, this.#owner.address);
      this.#isSent = true;
      this.#isKept = false;
      this.#reader.expect(request.method);
      if (body === undefined || (body instanceof Uint8Array && body.byteLength === 0)) {
        this.#socket.write(head, "latin1");
      } else if (body instanceof Uint8Array) this.#sendBytes(head, body);
      else {
        this.#socket.write(head, "latin1");
        this.#sender = new BodySender({
          socket: this.#socket,
          body,
          length: framing === "length" ? length : undefined,
          onProgress: () => this.#deadline.set(exchange.limits.answerMs),
          onSent: () => {
            this.#sender = undefined;
          },
          onBroken: (error) => this.#bodyBroke(error),
        });
      }
    } catch (error) {
      this.#fail(
        new RelayFailure("unexpected", "the request could not be written", { cause: error, sent: this.#isSent }),
      );
    }
  }

  #sendBytes(head: string, body: Uint8Array): void {
    const joined = joinedText(head, body);
    if (joined !== undefined) {
      this.#socket.write(joined, "latin1");
      return;
    }
    this.#socket.cork();
    this.#socket.write(head, "latin1");
    this.#socket.write(body);
    this.#socket.uncork();
  }

  #bodyBroke(error: unknown): void {
    const failure =
      error instanceof RelayFailure
        ? error
        : new RelayFailure("caller-gone", "the caller's body broke off", { sent: true, cause: error });
    this.#fail(failure);
  }

  /** @returns False for a pause. */
  #read(bytes: Buffer): boolean {
    try {
      this.#reader.read(bytes);
    } catch (error) {
      if (!(error instanceof AnswerError)) throw error;
      // An answer that was complete before is one all the same.
      this.#isKept = false;
      if (!this.#isComplete)
        this.#fail(this.#failure("target-answer-invalid", `sent what is not HTTP: ${error.message}`));
    }
    if (this.#isComplete) this.#completed();
    else if (this.#isPaused) this.#deadline.clear();
    else if (this.#isAnswered && this.#exchange) this.#deadline.set(this.#exchange.limits.idleMs);
    return !this.#isPaused;
  }

  #completed(): void {
    this.#isComplete = false;
    this.#isPaused = false;
    const exchange = this.#exchange;
    this.#exchange = undefined;
    // While the request is still being sent, its rest would be read as the next one.
    const isReusable = this.#isKept && !this.#sender && this.#keptMs > 0 && this.isUsable;
    if (isReusable) {
      this.uses++;
      this.#deadline.set(this.#keptMs);
      this.#owner.freed(this);
    } else this.destroy();
    if (!exchange) return;
    this.#owner.ended(exchange);
    exchange.sink.onEnd();
  }

  #ended(): void {
    if (this.#reader.finish() && this.#isComplete) this.#completed();
    else if (this.#exchange) this.#fail(originFailure(undefined, this.#owner.address.name, this.#progress));
    else this.destroy();
  }

  #closed(): void {
    this.#deadline.end();
    if (this.#exchange) this.#fail(originFailure(this.#error, this.#owner.address.name, this.#progress));
    this.#owner.gone(this);
  }

  #late(): void {
    const exchange = this.#exchange;
    if (!exchange) {
      this.destroy();
      return;
    }
    if (!this.#isConnected) {
      this.#fail(this.#failure("target-connect-timeout", `was not connected to within ${this.#owner.connectMs} ms`));
    } else if (this.#isAnswered) {
      this.#fail(this.#failure("target-idle-timeout", `sent nothing more within ${exchange.limits.idleMs} ms`));
    } else if (this.#sender && isAwaited(exchange)) {
      // It waits for the caller, who has a limit of its own.
      this.#deadline.set(exchange.limits.answerMs);
    } else this.#fail(this.#failure("target-answer-timeout", `did not answer within ${exchange.limits.answerMs} ms`));
  }

  get #progress() {
    return { isConnected: this.#isConnected, isSent: this.#isSent };
  }

  #failure(
    cause: "target-answer-invalid" | "target-connect-timeout" | "target-idle-timeout" | "target-answer-timeout",
    words: string,
  ) {
    return new RelayFailure(cause, `${this.#owner.address.name} ${words}`, { sent: this.#isSent });
  }

  #fail(failure: RelayFailure): void {
    const exchange = this.#exchange;
    this.destroy();
    if (exchange) this.#owner.failed(exchange, failure, this);
  }

  /** Did the first byte of an answer come? */
  get hasAnswered(): boolean {
    return this.#isSent && this.#reader.received > 0;
  }
}

/** Is it the caller's bytes that are missing? */
function isAwaited({ request: { body } }: OriginExchange): boolean {
  return body !== undefined && !(body instanceof Uint8Array) && !body.readableEnded && body.readableLength === 0;
}

function open({ address: { isTls, host, port }, ca }: ConnectionOwner, read: (bytes: Buffer) => boolean): Socket {
  const options = {
    host,
    port,
    noDelay: true,
    onread: {
      buffer: readInto,
      callback: (length: number, buffer: Uint8Array) => read((buffer as Buffer).subarray(0, length)),
    },
  };
  if (!isTls) return connect(options);
  // A certificate may name an address, but nobody asks for one by SNI (RFC 6066 §3).
  const servername = isIP(host) === 0 ? host : "";
  // Loaded with the first such connection: a hub that has none is some megabytes smaller.
  const { connect: connectTls } = process.getBuiltinModule("node:tls");
  return connectTls({ ...options, servername, ALPNProtocols: ["http/1.1"], ...(ca === undefined ? {} : { ca }) });
}

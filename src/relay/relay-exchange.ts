import { STATUS_CODES } from "node:http";
import { answerHeaders, type RewriteLocation } from "./answer-headers.ts";
import { Deadline } from "./deadline.ts";
import { RelayFailure } from "./failure.ts";
import { closeAfter } from "./lingering.ts";
import type { PassedRequest } from "./relay.ts";
import { RequestBody } from "./request-body.ts";
import { latin1Of, mostJoinedBytes } from "./request-bytes.ts";
import { unknownLength } from "./request-guard.ts";
import type { RelayLimits } from "./settings.ts";
import type { AnswerSink, Sending, Target } from "./target.ts";
import type { AtTurnEnd, TurnEnd } from "./turn-end.ts";
import type { Visit } from "./visit.ts";

export interface ExchangeOptions {
  readonly target: Target;
  readonly limits: RelayLimits;
  readonly turnEnd: TurnEnd;
  readonly rewriteLocation: RewriteLocation;
}

const nothing = Buffer.alloc(0);

interface HeldHead {
  readonly status: number;
  readonly text: string;
  readonly headers: string[];
}

/** A body up to this is waited for a moment, so that it can be sent with its head and, where that is safe, repeated. */
const WHOLE_BYTES = 65_536;
const WHOLE_WAIT_MS = 20;

/** One request passed on to a target, and the target's answer to the caller, both as they come. */
export class RelayExchange implements AnswerSink, AtTurnEnd {
  readonly #visit: Visit;
  readonly #passed: PassedRequest;
  readonly #options: ExchangeOptions;
  #sending: Sending | undefined;
  #body: RequestBody | undefined;
  #isOver = false;
  /** The head of the answer, until the end of the turn: what comes with it goes out with it. */
  #head: HeldHead | undefined;
  #first: Uint8Array | undefined;
  #isAnswered = false;
  #stall: Deadline | undefined;

  constructor(visit: Visit, passed: PassedRequest, options: ExchangeOptions) {
    this.#visit = visit;
    this.#passed = passed;
    this.#options = options;
    visit.onGone = () => this.#giveUp("the caller left");
  }

  start(): void {
    const { bodyLength, expectsContinue } = this.#passed;
    if (bodyLength === 0) {
      this.#send(undefined);
      return;
    }
    if (expectsContinue) {
      this.#visit.response.writeContinue();
      this.#stream();
      return;
    }
    // By then Node's parser is through with what came in with the head.
    process.nextTick(headParsed, this);
  }

  /** What came with the head has been read. */
  parsed(): void {
    const { request } = this.#visit;
    if (this.#isOver) return;
    const { bodyLength } = this.#passed;
    if (bodyLength === request.readableLength) this.#send(request.read() as Buffer);
    else setImmediate(() => this.#wait());
  }

  onInterim(status: number, headers: readonly string[]): void {
    const { request, response } = this.#visit;
    // HTTP/1.0 knows none.
    if (this.#isOver || !this.#visit.isOpen || request.httpVersionMinor === 0) return;
    let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n`;
    const kept = answerHeaders(headers, status, this.#options.rewriteLocation);
    for (let at = 0; at < kept.length; at += 2) text += `${kept[at]}: ${kept[at + 1]}\r\n`;
    const write = () => response.socket?.write(`${text}\r\n`, "latin1");
    // Behind another answer on the connection, there is no socket yet.
    if (response.socket) write();
    else response.once("socket", write);
  }

  onHead(status: number, statusText: string, headers: readonly string[]): void {
    if (this.#isOver) return;
    this.#head = { status, text: statusText, headers: answerHeaders(headers, status, this.#options.rewriteLocation) };
    this.#options.turnEnd.addAnswer(this);
  }

  onData(chunk: Uint8Array): boolean {
    if (this.#isOver) return true;
    if (this.#head) {
      if (!this.#first) {
        this.#first = chunk;
        return true;
      }
      this.#sendHead();
    }
    return this.#write(chunk);
  }

  onEnd(): void {
    if (this.#isOver) return;
    this.#isAnswered = true;
    if (!this.#head) this.#end(undefined);
  }

  onFailure(failure: RelayFailure): void {
    if (this.#isOver) return;
    // A head that has not been sent need not be.
    this.#head = undefined;
    this.#over();
    this.#visit.refuse(failure.failure, failure.message, failure.retryAfterMs);
  }

  endOfTurn(): void {
    if (this.#isOver || !this.#head) return;
    if (this.#isAnswered) {
      this.#writeHead(this.#head);
      this.#end(this.#first);
      return;
    }
    this.#sendHead();
  }

  /** Not all of the body had come with the head. */
  #wait(): void {
    const { request } = this.#visit;
    if (this.#isOver) return;
    if (request.complete) {
      this.#sendWhole();
      return;
    }
    const { bodyLength } = this.#passed;
    if (bodyLength === unknownLength || bodyLength > WHOLE_BYTES) {
      this.#stream();
      return;
    }
    const look = () => {
      if (!request.complete && !isLate) return;
      clearTimeout(timer);
      request.off("readable", look);
      if (this.#isOver) return;
      if (request.complete) this.#sendWhole();
      else this.#stream();
    };
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      look();
    }, WHOLE_WAIT_MS);
    request.on("readable", look);
  }

  #sendWhole(): void {
    const bytes = this.#visit.request.read() as Buffer | null;
    const { bodyBytes } = this.#options.limits;
    if (bodyBytes !== undefined && bytes && bytes.length > bodyBytes) this.#refuse("body-too-large");
    else this.#send(bytes ?? Buffer.alloc(0));
  }

  #stream(): void {
    const { bodyBytes: mostBytes, idleMs } = this.#options.limits;
    const onProblem = (problem: "body-too-large" | "body-too-slow") => this.#refuse(problem);
    this.#body = new RequestBody(this.#visit.request, { mostBytes, idleMs, onProblem });
    this.#send(this.#body);
  }

  #send(body: Uint8Array | RequestBody | undefined): void {
    const { target, limits } = this.#options;
    const { rest: path, headers } = this.#passed;
    const method = this.#visit.request.method ?? "";
    this.#sending = target.send({ method, path, headers, body }, this, limits);
  }

  /** The request itself is at fault, and not all of it was passed on. */
  #refuse(cause: "body-too-large" | "body-too-slow"): void {
    this.#giveUp(cause);
    this.#visit.refuse(cause);
  }

  #giveUp(why: string): void {
    if (this.#isOver) return;
    this.#over();
    this.#sending?.abort(new RelayFailure("caller-gone", why, { sent: true }));
    this.#body?.destroy();
  }

  #over(): void {
    this.#isOver = true;
    this.#stall?.end();
  }

  #sendHead(): void {
    const head = this.#head;
    const first = this.#first;
    if (!head) return;
    this.#head = undefined;
    this.#first = undefined;
    this.#writeHead(head);
    if (first) this.#write(first);
    // Sends the head as it is: `flushHeaders` would make UTF-8 of bytes that are not ASCII.
    else this.#visit.response.write(nothing);
  }

  #writeHead({ status, text, headers }: HeldHead): void {
    const { request, response } = this.#visit;
    this.#head = undefined;
    try {
      // An answer ahead of the request's end: what still comes of it must not be read as the next one.
      if (!request.complete) closeAfter(request, response);
      response.writeHead(status, text, headers);
    } catch (error) {
      this.#sending?.abort(new RelayFailure("target-answer-invalid", "the answer's head is invalid", { sent: true }));
      this.onFailure(
        new RelayFailure("target-answer-invalid", "the answer's head is invalid", { sent: true, cause: error }),
      );
    }
  }

  #write(chunk: Uint8Array): boolean {
    if (this.#isOver) return true;
    const { response } = this.#visit;
    if (response.write(chunk)) return true;
    this.#stall ??= new Deadline(() => this.#stalled());
    this.#stall.set(this.#options.limits.idleMs);
    response.once("drain", () => {
      this.#stall?.clear();
      this.#sending?.resume();
    });
    return false;
  }

  /** The caller reads nothing: the target's connection is not to be held for it. */
  #stalled(): void {
    this.#giveUp("the caller does not read");
    this.#visit.refuse("caller-gone");
  }

  #end(last: Uint8Array | undefined): void {
    if (this.#isOver) return;
    this.#over();
    this.#body?.destroy();
    const { response } = this.#visit;
    if (!last) response.end();
    else if (last.byteLength <= mostJoinedBytes) response.end(latin1Of(last), "latin1");
    else response.end(last);
  }
}

function headParsed(exchange: RelayExchange): void {
  exchange.parsed();
}

import { RelayFailure } from "../failure.ts";
import { mayRepeat } from "../retry.ts";
import type { AnswerSink, OutgoingRequest, Sending, SendLimits } from "../target.ts";
import type { AgentLink, AgentStream } from "./agent-link.ts";
import { AnswerLength } from "./answer-length.ts";
import { BodySource, type SourceListener } from "./body-source.ts";
import type { FrameWriter } from "./frame-writer.ts";
import { FrameError, inlineBytes } from "./frames.ts";
import type { AnswerHead } from "./heads.ts";
import { HeldBytes } from "./held-bytes.ts";
import { OutgoingBody } from "./outgoing-body.ts";
import { ReceiveWindow } from "./receive-window.ts";
import type { Speaker } from "./session.ts";

/** Who gives requests to agents. */
export interface Dispatching {
  readonly name: string;
  readonly now: () => number;
  readonly at: (at: number, callback: () => void) => () => void;
  /** The agent to ask, none of these; undefined when there is none. */
  pick(except: readonly AgentLink[]): AgentLink | undefined;
  /** Why there is none. */
  nobody(): RelayFailure;
  /** May any request be repeated, because whoever gets it recognises repeats? */
  readonly isIdempotent: boolean;
  ended(sending: TunnelSending): void;
}

export interface TunnelExchange {
  readonly request: OutgoingRequest;
  readonly sink: AnswerSink;
  readonly limits: SendLimits;
}

/** A request on its way through a tunnel: to one agent and, where that is safe, to another when it fails. */
export class TunnelSending implements Sending, AgentStream, Speaker {
  isQueued = false;
  /** Its place with whoever gave it away. */
  slot = -1;
  readonly #by: Dispatching;
  readonly #request: OutgoingRequest;
  readonly #sink: AnswerSink;
  readonly #limits: SendLimits;
  /** Agents that were asked, the present one last. */
  #asked: AgentLink[] = [];
  /** Present while the stream is open. */
  #link: AgentLink | undefined;
  #id = 0;
  #body: OutgoingBody | undefined;
  #source: BodySource | undefined;
  #length: AnswerLength | undefined;
  #window: ReceiveWindow | undefined;
  #held: HeldBytes | undefined;
  #isPaused = false;
  /** The end came, behind bytes that are held. */
  #hasEnded = false;
  #isOver = false;
  #hasRepeated = false;
  /** When the answer's limit, or that of the pause in its body, began to count. */
  #since: number;
  #callOff: () => void;

  constructor(by: Dispatching, { request, sink, limits }: TunnelExchange) {
    this.#by = by;
    this.#request = request;
    this.#sink = sink;
    this.#limits = limits;
    this.#since = by.now();
    this.#callOff = by.at(this.#since + limits.answerMs, this.#watch);
    const link = by.pick([]);
    if (link) this.#begin(link);
    // Nobody is called back before `send` has returned.
    else queueMicrotask(() => this.#end(by.nobody()));
  }

  resume(): void {
    if (this.#isOver || !this.#isPaused) return;
    this.#isPaused = false;
    this.#since = this.#by.now();
    for (let bytes = this.#held?.take(); bytes; bytes = this.#held?.take()) {
      this.#pass(bytes);
      if (this.#isPaused || this.#isOver) return;
    }
    if (this.#hasEnded) this.#end(undefined);
  }

  abort(reason: RelayFailure): void {
    if (this.#isOver) return;
    this.#link?.reset(this.#id, reason);
    this.#end(reason);
  }

  speak(writer: FrameWriter): boolean {
    const body = this.#body;
    if (this.#isOver || !this.#link || !body?.isReady) return false;
    // A request that takes long to write is not one that takes long to answer.
    if (this.#length === undefined) this.#since = this.#by.now();
    body.writeTo(writer, this.#id);
    if (!body.isFull) this.#source?.resume();
    return body.isReady;
  }

  onInterim({ status, headers }: AnswerHead): void {
    if (this.#length) throw new FrameError("found an INTERIM after a HEAD");
    if (status > 101 && status < 200) this.#sink.onInterim(status, headers);
  }

  onHead(head: AnswerHead, isLast: boolean): void {
    if (this.#length) throw new FrameError("found a second HEAD");
    const { status, statusText, headers, body } = head;
    const length = status < 200 ? undefined : AnswerLength.of(this.#request.method, status, headers);
    if (length === undefined) throw new FrameError(`found an answer with status ${status} of no certain length`);
    this.#length = length;
    this.#since = this.#by.now();
    if (!isLast) {
      this.#callOff();
      this.#callOff = this.#by.at(this.#since + this.#limits.idleMs, this.#watch);
    }
    this.#sink.onHead(status, statusText, headers);
    if (this.#isOver) return;
    if (body.length > 0 || isLast) this.onData(body, isLast);
  }

  onData(bytes: Buffer, isLast: boolean): void {
    if (!this.#length) throw new FrameError("found DATA before a HEAD");
    this.#length.came(bytes.length);
    this.#since = this.#by.now();
    if (isLast) this.#link = undefined;
    else if (bytes.length > 0) this.#windowNow().received(bytes.length);
    if (bytes.length > 0) {
      if (this.#isPaused) {
        this.#held ??= new HeldBytes();
        this.#held.add(bytes);
      } else this.#pass(bytes);
    }
    if (!isLast || this.#isOver) return;
    if (!this.#length.isWhole) this.#end(this.#brokeOff());
    else if (this.#held && this.#held.length > 0) this.#hasEnded = true;
    else this.#end(undefined);
  }

  onCredit(bytes: number): void {
    if (this.#body === undefined) return;
    this.#body.granted(bytes);
    if (this.#body.isReady) this.#link?.session.say(this);
  }

  onFailure(failure: RelayFailure): void {
    if (this.#isOver) return;
    this.#link = undefined;
    const next = this.#mayRepeat(failure) ? this.#by.pick(this.#asked) : undefined;
    if (next) {
      this.#hasRepeated ||= failure.sent;
      this.#begin(next);
    } else this.#end(failure);
  }

  #begin(link: AgentLink): void {
    const { body } = this.#request;
    this.#asked.push(link);
    const answerMs = Math.max(this.#since + this.#limits.answerMs - this.#by.now(), 1);
    const limits = { answerMs, idleMs: this.#limits.idleMs };
    const isShort = body === undefined || (body instanceof Uint8Array && body.length <= inlineBytes);
    const id = link.open(this, this.#request, limits, { body: isShort ? body : undefined, isLast: isShort });
    if (id === undefined) {
      const words = "the request's fields are longer than the tunnel takes";
      queueMicrotask(() => this.#end(new RelayFailure("unexpected", words, { sent: false })));
      return;
    }
    this.#id = id;
    this.#link = link;
    if (isShort) return;
    const outgoing = new OutgoingBody();
    this.#body = outgoing;
    if (body instanceof Uint8Array) {
      outgoing.push(body);
      outgoing.end();
      link.session.say(this);
    } else if (!this.#source) this.#source = new BodySource(body, this.#fromSource);
  }

  readonly #fromSource: SourceListener = {
    onData: (bytes) => {
      this.#body?.push(bytes);
      this.#link?.session.say(this);
      return !this.#body?.isFull;
    },
    onEnd: () => {
      this.#body?.end();
      this.#link?.session.say(this);
    },
    onBroken: (error) => {
      const gone = () => new RelayFailure("caller-gone", "the request broke off", { sent: true, cause: error });
      this.abort(error instanceof RelayFailure ? error : gone());
    },
  };

  /** Passes bytes on, and tells of credit as they are taken. */
  #pass(bytes: Buffer): void {
    this.#isPaused = !this.#sink.onData(bytes);
    if (!this.#link || this.#isOver) return;
    const credit = this.#windowNow().read(bytes.length);
    if (credit > 0) this.#link.grant(this.#id, credit);
  }

  #windowNow(): ReceiveWindow {
    // Only while the stream is open; most answers are over with their first frame.
    this.#window ??= new ReceiveWindow((this.#link as AgentLink).growth);
    return this.#window;
  }

  /** What was sent is repeated once, what was not as long as there are agents. */
  #mayRepeat(failure: RelayFailure): boolean {
    if (this.#length || (failure.sent && this.#hasRepeated)) return false;
    const isInTime = this.#by.now() < this.#since + this.#limits.answerMs;
    return isInTime && mayRepeat(this.#request, failure, this.#by.isIdempotent);
  }

  readonly #watch = (): void => {
    const now = this.#by.now();
    const limitMs = this.#length ? this.#limits.idleMs : this.#limits.answerMs;
    // While the caller does not read, or has not sent what is missing, it is not the target that is late.
    const isCallers = this.#isPaused || (!this.#length && this.#body?.isAwaiting);
    const dueAt = isCallers ? now + limitMs : this.#since + limitMs;
    if (dueAt > now) {
      this.#callOff = this.#by.at(dueAt, this.#watch);
      return;
    }
    const cause = this.#length ? "target-idle-timeout" : "target-answer-timeout";
    const words = this.#length ? "went silent in the middle of its answer" : "did not answer";
    this.abort(new RelayFailure(cause, `${this.#whom()} ${words} within ${limitMs} ms`, { sent: true }));
  };

  #brokeOff(): RelayFailure {
    const words = `${this.#whom()} sent less than its answer's head tells`;
    return new RelayFailure("target-closed", words, { sent: true });
  }

  #whom(): string {
    const agent = this.#asked.at(-1);
    return agent ? `agent ${agent.about.name} of ${this.#by.name}` : this.#by.name;
  }

  /** The one place where a sink is told that it is over. */
  #end(failure: RelayFailure | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#link = undefined;
    this.#callOff();
    this.#window?.close();
    this.#source?.close();
    this.#body?.drop();
    this.#by.ended(this);
    if (failure) this.#sink.onFailure(failure);
    else this.#sink.onEnd();
  }
}

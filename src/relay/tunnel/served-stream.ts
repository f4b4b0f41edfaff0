import { RelayFailure } from "../failure.ts";
import type { AnswerSink, Sending, Target } from "../target.ts";
import { writeReset } from "./failure-codes.ts";
import type { FrameWriter } from "./frame-writer.ts";
import { FrameError } from "./frames.ts";
import type { OpenHead } from "./heads.ts";
import { IncomingBody } from "./incoming-body.ts";
import { OutgoingBody } from "./outgoing-body.ts";
import { ReceiveWindow, type WindowGrowth } from "./receive-window.ts";
import type { Session, Speaker } from "./session.ts";

export interface Serving {
  readonly target: Target;
  readonly session: Session;
  readonly growth: WindowGrowth;
  /** Turns an address at the target into one that the hub knows. */
  readonly rewriteLocation: (location: string) => string;
  /** A request got no answer, or not all of it. */
  failed(head: OpenHead, failure: RelayFailure): void;
  closed(stream: ServedStream): void;
}

/** The agent's side of a stream: one request given to the target, and its answer given to the hub. */
export class ServedStream implements AnswerSink, Speaker {
  readonly id: number;
  isQueued = false;
  readonly #by: Serving;
  readonly #request: OpenHead;
  readonly #sending: Sending;
  readonly #answer = new OutgoingBody();
  /** The answer's head, until it is written. */
  #head: { status: number; statusText: string; headers: readonly string[] } | undefined;
  #hasHead = false;
  /** The request's body and its credit, while it comes as a stream. */
  #body: IncomingBody | undefined;
  #window: ReceiveWindow | undefined;
  #isPaused = false;
  #isOver = false;

  /** @param isWhole The body is all in the head. */
  constructor(by: Serving, id: number, request: OpenHead, isWhole: boolean) {
    this.id = id;
    this.#by = by;
    this.#request = request;
    const { method, path, headers, limits } = request;
    if (!isWhole) this.#body = this.#incoming(request.body);
    const whole = request.body.length > 0 ? request.body : undefined;
    this.#sending = by.target.send({ method, path, headers, body: this.#body ?? whole }, this, limits);
  }

  onInterim(status: number, headers: readonly string[]): void {
    if (this.#isOver) return;
    this.#by.session.writer.interim(this.id, status, headers);
    this.#by.session.wake();
  }

  onHead(status: number, statusText: string, headers: readonly string[]): void {
    if (this.#isOver) return;
    this.#hasHead = true;
    // Written at the end of this turn, with as much of the body as is there by then: most answers are one frame.
    this.#head = { status, statusText, headers: this.#located(headers) };
    this.#by.session.say(this);
  }

  onData(chunk: Uint8Array): boolean {
    if (this.#isOver) return false;
    this.#answer.push(chunk);
    this.#by.session.say(this);
    this.#isPaused = this.#answer.isFull || this.#by.session.isFull;
    return !this.#isPaused;
  }

  onEnd(): void {
    if (this.#isOver) return;
    this.#answer.end();
    this.#by.session.say(this);
  }

  onFailure(failure: RelayFailure): void {
    if (this.#isOver) return;
    this.#by.failed(this.#request, failure);
    writeReset(this.#by.session.writer, this.id, failure);
    this.#by.session.wake();
    this.#close();
  }

  speak(writer: FrameWriter): boolean {
    if (this.#isOver) return false;
    const head = this.#head;
    if (head) {
      this.#head = undefined;
      if (!writer.head(this.id, head, this.#answer.takeInline())) {
        const words = "the answer's fields are longer than the tunnel takes";
        this.#stop(new RelayFailure("target-answer-invalid", words, { sent: true }));
        return false;
      }
    } else if (this.#hasHead && this.#answer.isReady) {
      this.#answer.writeTo(writer, this.id);
    }
    if (this.#answer.isDone) {
      this.#close();
      return false;
    }
    if (this.#isPaused && !this.#answer.isFull) {
      this.#isPaused = false;
      this.#sending.resume();
    }
    return this.#answer.isReady;
  }

  /** More of the request's body. @throws FrameError when it is more than there was credit for. */
  onBody(bytes: Buffer, isLast: boolean): void {
    if (!this.#body || !this.#window) throw new FrameError("found DATA behind the end of a request");
    this.#window.received(bytes.length);
    this.#body.add(bytes);
    if (isLast) this.#body.finish();
  }

  onCredit(bytes: number): void {
    this.#answer.granted(bytes);
    if (this.#answer.isReady) this.#by.session.say(this);
  }

  /** The hub does not want it any more, or is gone. */
  abort(reason: RelayFailure): void {
    if (this.#isOver) return;
    this.#close();
    this.#sending.abort(reason);
  }

  #located(headers: readonly string[]): readonly string[] {
    const isValueOfLocation = (at: number) => at % 2 === 1 && /^location$/i.test(headers[at - 1] as string);
    for (let at = 0; at < headers.length; at += 2) {
      // Most names are told apart by their length alone.
      if ((headers[at] as string).length !== 8 || !isValueOfLocation(at + 1)) continue;
      return headers.map((text, index) => (isValueOfLocation(index) ? this.#by.rewriteLocation(text) : text));
    }
    return headers;
  }

  #incoming(first: Buffer): IncomingBody {
    const window = new ReceiveWindow(this.#by.growth);
    this.#window = window;
    const body = new IncomingBody((bytes) => {
      const credit = this.#isOver ? 0 : window.read(bytes);
      if (credit === 0) return;
      this.#by.session.writer.window(this.id, credit);
      this.#by.session.wake();
    });
    window.received(first.length);
    body.add(first);
    return body;
  }

  /** Ends it towards both. */
  #stop(failure: RelayFailure): void {
    this.onFailure(failure);
    this.#sending.abort(failure);
  }

  #close(): void {
    this.#isOver = true;
    this.#answer.drop();
    this.#window?.close();
    this.#by.closed(this);
    // What is left of a request that was answered early is of no use to anybody.
    this.#body?.destroy();
  }
}

import type { Clock } from "../clock.ts";
import { RelayFailure } from "../failure.ts";
import type { OutgoingRequest, SendLimits } from "../target.ts";
import { failureIn, writeReset } from "./failure-codes.ts";
import { END, FrameError, frameType, mostStreams } from "./frames.ts";
import { type AnswerHead, answerHeadIn } from "./heads.ts";
import { creditIn, WindowGrowth } from "./receive-window.ts";
import { Session, type SessionListener, type Wire } from "./session.ts";
import { StreamTable } from "./stream-table.ts";

/** The hub's side of a stream. Called with what its agent says. */
export interface AgentStream {
  onInterim(head: AnswerHead): void;
  /** The body that came along is among `head`. */
  onHead(head: AnswerHead, isLast: boolean): void;
  onData(bytes: Buffer, isLast: boolean): void;
  onCredit(bytes: number): void;
  /** The agent reset it, or is gone; it is closed already. */
  onFailure(failure: RelayFailure): void;
}

export interface AgentAbout {
  /** As it calls itself; safe to print. */
  readonly name: string;
  /** Where it connects from. */
  readonly address: string;
  /** Epoch milliseconds. */
  readonly connectedAt: number;
}

export interface AgentLinkOptions {
  readonly about: AgentAbout;
  readonly wire: Wire;
  readonly clock: Clock;
  /** The connection is gone, and why; once. */
  readonly onEnd: (link: AgentLink, words: string) => void;
}

interface Opened {
  readonly stream: AgentStream;
  /** The session's messages when its OPEN was written. */
  messages: number;
}

/** An agent that is connected, as the hub sees it. */
export class AgentLink implements SessionListener {
  readonly about: AgentAbout;
  readonly session: Session;
  readonly growth = new WindowGrowth();
  readonly #onEnd: AgentLinkOptions["onEnd"];
  readonly #streams = new StreamTable<Opened>();
  #isDraining = false;

  constructor({ about, wire, clock, onEnd }: AgentLinkOptions) {
    this.about = about;
    this.#onEnd = onEnd;
    this.session = new Session({ wire, clock, listener: this });
  }

  /** Streams that are open. */
  get pending(): number {
    return this.#streams.count;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** May a stream be opened? */
  get hasRoom(): boolean {
    return !this.#isDraining && !this.session.isOver && this.#streams.count < mostStreams && !this.session.isCrowded;
  }

  /** @returns The stream's number, or undefined when the request's fields are longer than a frame. */
  open(
    stream: AgentStream,
    request: OutgoingRequest,
    limits: SendLimits,
    start: { readonly body: Uint8Array | undefined; readonly isLast: boolean },
  ): number | undefined {
    const opened = { stream, messages: 0 };
    const id = this.#streams.add(opened);
    if (!this.session.writer.open(id, request, limits, start)) {
      this.#streams.delete(id);
      return undefined;
    }
    // Writing may have given away what was written before it.
    opened.messages = this.session.messages;
    this.session.wake();
    return id;
  }

  grant(id: number, bytes: number): void {
    if (!this.#streams.get(id) || this.session.isOver) return;
    this.session.writer.window(id, bytes);
    this.session.wake();
  }

  /** Closes a stream that the agent did not close. */
  reset(id: number, failure: RelayFailure): void {
    if (!this.#streams.delete(id) || this.session.isOver) return;
    writeReset(this.session.writer, id, failure);
    this.session.wake();
  }

  /** Opens nothing from now on; the agent leaves when it has answered what it has. */
  drain(words: string): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.session.writer.goaway(words);
    this.session.wake();
  }

  onFrame(type: number, flags: number, id: number, payload: Buffer): void {
    if (type === frameType.open) throw new FrameError("found an OPEN from an agent");
    const stream = this.#streams.get(id)?.stream;
    // It was on its way when the stream was closed.
    if (stream === undefined) return;
    if (type === frameType.window) {
      stream.onCredit(creditIn(payload));
    } else if (type === frameType.reset) {
      this.#streams.delete(id);
      stream.onFailure(failureIn(payload, `agent ${this.about.name}`));
    } else {
      this.#onAnswer(id, stream, { isInterim: type === frameType.interim, flags, payload });
    }
  }

  onData(id: number, bytes: Buffer, isLast: boolean): void {
    // It may find the bytes wrong, and must then be among those who are told that the connection ended.
    this.#streams.get(id)?.stream.onData(bytes, isLast);
    if (isLast) this.#streams.delete(id);
  }

  onGoaway(words: string): void {
    this.drain(words);
  }

  onEnd(words: string): void {
    const { messages } = this.session;
    const opened = this.#streams.all();
    this.#onEnd(this, words);
    const message = `agent ${this.about.name} is gone: ${words}`;
    for (const { stream, messages: before } of opened) {
      stream.onFailure(new RelayFailure("target-closed", message, { sent: messages > before }));
    }
  }

  #onAnswer(id: number, stream: AgentStream, { isInterim, flags, payload }: AnswerFrame): void {
    const head = answerHeadIn(payload);
    if (head === undefined) {
      const message = `agent ${this.about.name} sent an answer whose head cannot be read`;
      const failure = new RelayFailure("target-answer-invalid", message, { sent: true });
      this.reset(id, failure);
      stream.onFailure(failure);
    } else if (isInterim) {
      stream.onInterim(head);
    } else {
      const isLast = (flags & END) !== 0;
      stream.onHead(head, isLast);
      if (isLast) this.#streams.delete(id);
    }
  }
}

interface AnswerFrame {
  readonly isInterim: boolean;
  readonly flags: number;
  readonly payload: Buffer;
}

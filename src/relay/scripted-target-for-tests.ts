import { type FailureCause, RelayFailure } from "./failure.ts";
import type { AnswerSink, OutgoingRequest, Sending, SendLimits, Target } from "./target.ts";

/** A target whose answers a test gives. */
export class ScriptedTarget implements Target {
  readonly name: string;
  /** Every request that it was sent, in order. */
  readonly requests: ScriptedRequest[] = [];
  isClosed = false;
  /** What the sink hears of an abort: targets differ. */
  afterAbort: "reason" | "silence" | "target-closed" = "reason";

  constructor(name: string) {
    this.name = name;
  }

  get pending(): number {
    return this.requests.filter(({ isOver }) => !isOver).length;
  }

  /** The newest request. @throws Error when there is none. */
  get last(): ScriptedRequest {
    const last = this.requests.at(-1);
    if (!last) throw new Error(`${this.name} was sent nothing`);
    return last;
  }

  send(request: OutgoingRequest, sink: AnswerSink, limits: SendLimits): ScriptedRequest {
    const sent = new ScriptedRequest(request, sink, limits, () => this.afterAbort);
    this.requests.push(sent);
    return sent;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const one of this.requests) if (!one.isOver) one.fail("target-closed", { sent: true });
  }
}

/** A request at a scripted target. */
export class ScriptedRequest implements Sending {
  readonly request: OutgoingRequest;
  readonly limits: SendLimits;
  readonly #sink: AnswerSink;
  isOver = false;
  /** How often more data was asked for. */
  resumed = 0;
  /** Set when the caller gave it up. */
  abortReason: RelayFailure | undefined;

  readonly #afterAbort: () => ScriptedTarget["afterAbort"];

  constructor(
    request: OutgoingRequest,
    sink: AnswerSink,
    limits: SendLimits,
    afterAbort: () => ScriptedTarget["afterAbort"],
  ) {
    this.request = request;
    this.#sink = sink;
    this.#afterAbort = afterAbort;
    this.limits = limits;
  }

  interim(status: number): void {
    this.#sink.onInterim(status, []);
  }

  head(status: number): void {
    this.#sink.onHead(status, "", []);
  }

  /** Is more wanted at once? */
  data(text: string): boolean {
    return this.#sink.onData(new TextEncoder().encode(text));
  }

  end(): void {
    this.isOver = true;
    this.#sink.onEnd();
  }

  /** Head and end. */
  answer(status: number): void {
    this.head(status);
    this.end();
  }

  fail(cause: FailureCause, { sent }: { readonly sent: boolean }): void {
    this.isOver = true;
    this.#sink.onFailure(new RelayFailure(cause, `scripted: ${cause}`, { sent }));
  }

  resume(): void {
    this.resumed++;
  }

  abort(reason: RelayFailure): void {
    if (this.isOver) return;
    this.isOver = true;
    this.abortReason = reason;
    const said = this.#afterAbort();
    if (said === "reason") this.#sink.onFailure(reason);
    else if (said === "target-closed") this.fail(said, { sent: true });
  }
}

/** Keeps what it is told. */
export class RecordingSink implements AnswerSink {
  readonly interims: number[] = [];
  readonly heads: number[] = [];
  body = "";
  failure: RelayFailure | undefined;
  /** How often it was told of an end, good or bad. */
  ends = 0;
  /** What `onData` answers. */
  wantsMore = true;

  /** What became of the request: a status, a cause of failure, or undefined while it is under way. */
  get outcome(): number | FailureCause | undefined {
    if (this.failure) return this.failure.failure;
    return this.ends > 0 ? this.heads[0] : undefined;
  }

  onInterim(status: number): void {
    this.interims.push(status);
  }

  onHead(status: number): void {
    this.heads.push(status);
  }

  onData(chunk: Uint8Array): boolean {
    this.body += new TextDecoder().decode(chunk);
    return this.wantsMore;
  }

  onEnd(): void {
    this.ends++;
  }

  onFailure(failure: RelayFailure): void {
    this.ends++;
    this.failure = failure;
  }
}

import type { RelayFailure } from "./failure.ts";
import { isFailureStatus, isTargetsFault } from "./passive-health.ts";
import type { PoolMember } from "./pool-member.ts";
import type { AnswerSink, OutgoingRequest, Sending, SendLimits } from "./target.ts";

/** What a request under way asks of its pool. */
export interface AttemptPorts {
  now(): number;
  /** Another member that may get the request after this failure; undefined where none may. */
  another(request: OutgoingRequest, tried: PoolMember, failure: RelayFailure): PoolMember | undefined;
  /** @returns Does this request decide whether the member comes back? */
  begin(member: PoolMember): boolean;
  failed(member: PoolMember, wasProbe: boolean): void;
  probeSucceeded(member: PoolMember): void;
  probeWithoutVerdict(member: PoolMember): void;
}

/**
 * A request under way to one of a pool's targets, and once, where that is safe, to another. One object a request: it
 * stands between caller and target both ways.
 */
export class PoolAttempt implements AnswerSink, Sending {
  readonly #ports: AttemptPorts;
  readonly #request: OutgoingRequest;
  readonly #sink: AnswerSink;
  readonly #limits: SendLimits;
  readonly #startedAt: number;
  #member: PoolMember;
  #sending: Sending | undefined;
  /** The member's way back hangs on this request, and nothing is known yet. */
  #isProbe = false;
  #hasFailed = false;
  /** No other target may be asked any more: an answer began, the caller left, or the second is being asked. */
  #isSettled = false;
  /** It ended, or its caller gave it up: nothing more is learnt of the target, whatever it makes of that. */
  #isOver = false;

  constructor(
    ports: AttemptPorts,
    member: PoolMember,
    request: OutgoingRequest,
    sink: AnswerSink,
    limits: SendLimits,
    startedAt: number,
  ) {
    this.#ports = ports;
    this.#member = member;
    this.#request = request;
    this.#sink = sink;
    this.#limits = limits;
    this.#startedAt = startedAt;
  }

  start(): this {
    this.#sendTo(this.#member, this.#limits);
    return this;
  }

  resume(): void {
    this.#sending?.resume();
  }

  abort(reason: RelayFailure): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#isSettled = true;
    this.#judge(reason);
    this.#sending?.abort(reason);
  }

  onInterim(status: number, headers: readonly string[]): void {
    this.#isSettled = true;
    this.#sink.onInterim(status, headers);
  }

  onHead(status: number, statusText: string, headers: readonly string[]): void {
    this.#isSettled = true;
    if (isFailureStatus(status)) this.#count();
    else if (this.#isProbe) {
      this.#isProbe = false;
      this.#ports.probeSucceeded(this.#member);
    }
    this.#sink.onHead(status, statusText, headers);
  }

  onData(chunk: Uint8Array): boolean {
    return this.#sink.onData(chunk);
  }

  onEnd(): void {
    this.#isOver = true;
    this.#sink.onEnd();
  }

  onFailure(failure: RelayFailure): void {
    if (!this.#isOver) this.#judge(failure);
    if (!this.#isSettled && this.#repeat(failure)) return;
    this.#isOver = true;
    this.#sink.onFailure(failure);
  }

  #sendTo(member: PoolMember, limits: SendLimits): void {
    this.#member = member;
    this.#isProbe = this.#ports.begin(member);
    this.#hasFailed = false;
    this.#sending = member.target.send(this.#request, this, limits);
  }

  /** @returns Is another target being asked? */
  #repeat(failure: RelayFailure): boolean {
    const answerMs = this.#limits.answerMs - (this.#ports.now() - this.#startedAt);
    if (answerMs <= 0) return false;
    const another = this.#ports.another(this.#request, this.#member, failure);
    if (!another) return false;
    this.#isSettled = true;
    this.#sendTo(another, { answerMs, idleMs: this.#limits.idleMs });
    return true;
  }

  /** Notes what a failure, or the reason of an abort, says of the target. */
  #judge(failure: RelayFailure): void {
    const isCallers = failure.sent && isAwaited(this.#request.body);
    if (isTargetsFault(failure.failure) && !isCallers) this.#count();
    else if (this.#isProbe) this.#ports.probeWithoutVerdict(this.#member);
  }

  /** An answer of 502 that breaks off is one failure. */
  #count(): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#ports.failed(this.#member, this.#isProbe);
    this.#isProbe = false;
  }
}

/**
 * Is the target still waiting for the caller's bytes? Then its silence, and its hanging up, are the caller's doing: who
 * sends slowly must not have targets ejected.
 */
function isAwaited(body: OutgoingRequest["body"]): boolean {
  if (body === undefined || body instanceof Uint8Array) return false;
  // With bytes at hand it is the target that does not take them.
  return !body.readableEnded && body.readableLength === 0;
}

import type { RelayFailure } from "./failure.ts";
import type { OriginConnection } from "./origin-connection.ts";
import type { AnswerSink, OutgoingRequest, Sending, SendLimits } from "./target.ts";

/** One request to an origin, on whichever connection. */
export class OriginExchange implements Sending {
  readonly request: OutgoingRequest;
  readonly sink: AnswerSink;
  readonly limits: SendLimits;
  /** As `performance.now()` tells. */
  readonly #startedAt = performance.now();
  readonly #target: { ended(exchange: OriginExchange): void };
  /** The one that has it now; undefined once nothing is awaited any more. */
  connection: OriginConnection | undefined;
  /** It was given to a second connection, after the first had been closed. */
  isRepeated = false;

  constructor(
    request: OutgoingRequest,
    sink: AnswerSink,
    limits: SendLimits,
    target: { ended(exchange: OriginExchange): void },
  ) {
    this.request = request;
    this.sink = sink;
    this.limits = limits;
    this.#target = target;
  }

  resume(): void {
    this.connection?.resume();
  }

  abort(_reason: RelayFailure): void {
    const { connection } = this;
    if (!connection) return;
    this.#target.ended(this);
    connection.destroy();
  }

  /** Of the time for the answer. */
  remainingMs(): number {
    return Math.max(1, this.limits.answerMs - (performance.now() - this.#startedAt));
  }
}

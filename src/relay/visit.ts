import type { IncomingMessage, ServerResponse } from "node:http";
import type { FailureCause } from "./failure.ts";
import { refuse } from "./refusal-answer.ts";
import { causes, type RefusalCause } from "./refusals.ts";
import type { FinishedRequest } from "./relay-observer.ts";
import type { RequestIds } from "./request-ids.ts";

/** Whose visits they are. */
export interface VisitHost {
  readonly name: string;
  readonly ids: RequestIds;
  readonly methods: Iterable<string>;
  over(visit: Visit): void;
}

/** One request at a relay's door, from its head to the end of its answer. */
export class Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Called when the caller leaves before it has its answer. */
  onGone: (() => void) | undefined;
  readonly #host: VisitHost;
  readonly #startedAt = performance.now();
  #isOver = false;
  #id: string | undefined;
  #cause: RefusalCause | FailureCause | undefined;
  #detail: string | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, host: VisitHost) {
    this.request = request;
    this.response = response;
    this.#host = host;
    response.on("close", () => this.#closed());
    // Writing to a caller that left is nothing to end the process for: `close` tells.
    response.on("error", nothing);
    // An answer that waits behind another on its connection is not told when the connection is gone.
    if (!response.socket) {
      request.on("close", () => {
        if (request.socket.destroyed) this.#closed();
      });
    }
  }

  /** Has nothing of an answer been sent yet? */
  get isOpen(): boolean {
    return !this.response.headersSent && !this.response.destroyed;
  }

  get id(): string {
    this.#id ??= this.#host.ids.next();
    return this.#id;
  }

  /**
   * Answers in the relay's own name; breaks off where an answer has begun, so that the caller can tell that it is not
   * whole.
   *
   * @param detail For the log only.
   */
  refuse(cause: RefusalCause | FailureCause, detail?: string, retryAfterMs?: number): void {
    this.#cause = cause;
    this.#detail = detail;
    const { request, response } = this;
    if (!this.isOpen) {
      response.destroy();
      return;
    }
    const allow = cause === "method-not-allowed" ? { allow: this.#host.methods } : {};
    refuse(request, response, { cause, requestId: this.id, retryAfterMs, ...allow });
  }

  /** For `RelayObserver`. */
  finished(): FinishedRequest {
    const { method = "", url = "" } = this.request;
    const mark = url.indexOf("?");
    return {
      relay: this.#host.name,
      id: this.id,
      method,
      path: mark < 0 ? url : url.slice(0, mark),
      status: this.#cause === "caller-gone" ? causes["caller-gone"].status : this.response.statusCode,
      ms: performance.now() - this.#startedAt,
      cause: this.#cause,
      detail: this.#detail,
    };
  }

  #closed(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (!this.response.writableFinished) {
      this.#cause ??= "caller-gone";
      this.onGone?.();
    }
    this.#host.over(this);
  }
}

function nothing(): void {}

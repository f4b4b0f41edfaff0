import type { Readable } from "node:stream";
import type { RelayFailure } from "./failure.ts";

/** A request as it leaves the relay. */
export interface OutgoingRequest {
  readonly method: string;
  /**
   * Path and query as they go onto the wire behind the target's own path: byte for byte what the caller sent. Empty, or
   * begins with `/` or `?`.
   */
  readonly path: string;
  /**
   * Name, value, name, value …: order, case and repeats as they came. Hop-by-hop fields are gone. `Host` is among them
   * only where the caller's is to be kept: else each target says its own. A streamed body without `Content-Length` is
   * sent in chunks.
   */
  readonly headers: readonly string[];
  /** Bytes when all of them had arrived with the head, a stream otherwise, undefined for a request without a body. */
  readonly body: Uint8Array | Readable | undefined;
}

/**
 * Where a target's answer goes, as it comes. Ends with exactly one of `onEnd` and `onFailure`, unless it is aborted;
 * neither is called before `send` has returned.
 */
export interface AnswerSink {
  /** An interim answer, such as 103: 100 and 101 are never passed on. */
  onInterim(status: number, headers: readonly string[]): void;
  /** The final status; once. Headers flat, as they came. */
  onHead(status: number, statusText: string, headers: readonly string[]): void;
  /** False asks for a pause until `resume` is called. */
  onData(chunk: Uint8Array): boolean;
  onEnd(): void;
  /** Also after `onHead`, when the answer broke off. */
  onFailure(failure: RelayFailure): void;
}

/** A request under way. */
export interface Sending {
  /** More data is wanted. */
  resume(): void;
  /**
   * The caller left, or it took too long: the target's connection is freed. The sink hears nothing more, or a failure
   * at most. Harmless after the end.
   */
  abort(reason: RelayFailure): void;
}

export interface SendLimits {
  /** Until the final status arrives, connecting included; begins again with each piece of a streamed request. */
  readonly answerMs: number;
  /** Between two pieces of the answer's body. */
  readonly idleMs: number;
}

/**
 * Where requests can be sent: an origin in the intranet, whoever is at the far end of a tunnel, or several of them as
 * one, which choose by the request's headers.
 */
export interface Target {
  /** For logs and metrics; holds no credentials. */
  readonly name: string;
  /** Requests under way. */
  readonly pending: number;
  /**
   * Calls nothing back before it has returned. A streamed body that fails with a RelayFailure ends in that failure. When
   * the answer is complete before the body, the rest of the body is left unread: it is its owner's to end.
   */
  send(request: OutgoingRequest, sink: AnswerSink, limits: SendLimits): Sending;
  /** Ends what is under way with a failure. Harmless to repeat. */
  close(): Promise<void>;
}

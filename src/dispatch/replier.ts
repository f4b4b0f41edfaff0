import type { Event, EventType } from "../model/event.ts";
import type { Reply } from "../model/reply.ts";
import type { AnyEvent } from "./handler.ts";

export interface ReplierContext {
  /** The time is up: the platform has its answer, or the text is as long as it can get. */
  readonly signal: AbortSignal;
}

/** What a replier may give: words, words as they come, a Reply of other parts, or nothing to say. */
export type ReplierAnswer = string | AsyncIterable<string> | Reply | undefined;

/**
 * Code that has people replied to in the answer to the platform's own call. A platform waits a few seconds only; one
 * that throws or is late leaves the person without a reply.
 */
export type Replier<E extends Event = AnyEvent> = (
  event: E,
  context: ReplierContext,
  // biome-ignore lint/suspicious/noConfusingVoidType: code that says nothing need not say so.
) => ReplierAnswer | void | Promise<ReplierAnswer | void>;

export interface ReplierOptions {
  /** As accounts' names, or `platform/name`; default: all. */
  readonly accounts?: readonly string[];
  /**
   * Platforms that wait five seconds call three times until they are answered. With 2 or 3 here, the first calls are
   * left without an answer while the replier thinks, so that it has about 9 or 14 seconds; without a reply by then, the
   * last one is answered as usual. Default 1.
   */
  readonly tries?: number;
}

/** What `GET /api/v1/webhooks/handlers` shows of a replier. */
export interface ReplierReport {
  readonly type: EventType | "*";
  /** Where another program replies: its address, without the query. */
  readonly url?: string | undefined;
  readonly calls: number;
  readonly failures: number;
  /** Milliseconds, of the latest calls; undefined before the first. */
  readonly p50Ms?: number | undefined;
  readonly p99Ms?: number | undefined;
  readonly lastError?: { readonly at: number; readonly message: string } | undefined;
}

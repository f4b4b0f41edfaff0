import type { Event, EventType } from "../model/event.ts";

/** An Event of any type; `type` tells which, and what `data` is. */
export type AnyEvent = { readonly [Type in EventType]: Event<Type> }[EventType];

export interface HandlerContext {
  /** From 1; more for an Event that this handler failed on before. */
  readonly attempt: number;
  /** The time is up, or the hub stops. */
  readonly signal: AbortSignal;
}

/** Code that is told of Events. One that throws, or does not end in time, has failed. */
export type EventHandler<E extends Event = AnyEvent> = (event: E, context: HandlerContext) => unknown;

export interface HandlerOptions {
  /**
   * A handler with a name gets every Event that arrives after it was first registered, in order, at least once, also
   * those that arrive while the program is not running. One without gets what arrives while it runs, at most once.
   */
  readonly name?: string;
}

/** What `GET /api/v1/webhooks/handlers` shows. */
export interface HandlerReport {
  readonly name?: string | undefined;
  readonly type: EventType | "*";
  readonly calls: number;
  readonly failures: number;
  /** Events that were given up after too many failures, or that arrived faster than an unnamed handler takes them. */
  readonly skipped: number;
  /** Milliseconds, of the latest calls; undefined before the first. */
  readonly p50Ms?: number | undefined;
  readonly p99Ms?: number | undefined;
  readonly lastError?: { readonly at: number; readonly message: string } | undefined;
  /** Named: places in the order of arrival between its cursor and the newest Event; unnamed: Events that wait. */
  readonly behind: number;
}

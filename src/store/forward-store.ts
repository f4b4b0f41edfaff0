import type { Forward, ForwardLane, ForwardState, WaitingForward } from "../model/forward.ts";

/** What one attempt changed. */
export interface ForwardStep {
  readonly seq: number;
  readonly state: Extract<ForwardState, "waiting" | "done" | "dead">;
  readonly attempts: number;
  readonly refusals: number;
  /** For `waiting`: when to try again. Epoch milliseconds. */
  readonly dueAt: number;
  readonly error?: string | undefined;
  readonly at: number;
}

export interface ForwardFilter {
  readonly relay: string;
  readonly receiver?: string | undefined;
  readonly states?: readonly ForwardState[] | undefined;
  /** When the callback came: at or after, before. Epoch milliseconds. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

/** How much of one receiver's is not settled. */
export interface ForwardCounts {
  readonly relay: string;
  readonly receiver: string;
  readonly waiting: number;
  readonly dead: number;
  /** When the callback came that has waited longest. Epoch milliseconds. */
  readonly oldestWaiting?: number | undefined;
}

export interface ForwardPage {
  readonly limit: number;
  /** Those that came before this place. */
  readonly before?: number | undefined;
}

/** Callbacks on their way to a relay's receivers; `EventStore.arrive` adds them. */
export interface ForwardStore {
  /** Every lane that has something waiting, with the time its first is due. */
  lanes(tenant: string): Promise<(ForwardLane & { readonly dueAt: number })[]>;
  /** The first that waits in a lane, due or not. */
  next(tenant: string, lane: ForwardLane): Promise<WaitingForward | undefined>;
  /** Changes nothing for one that waits no longer, because somebody skipped it. */
  record(step: ForwardStep): Promise<void>;
  /** All that waits for this receiver is due now. */
  release(tenant: string, relay: string, receiver: string, at: number): Promise<void>;
  /** Newest first. */
  page(tenant: string, filter: ForwardFilter, page: ForwardPage): Promise<Forward[]>;
  get(tenant: string, relay: string, id: string): Promise<Forward | undefined>;
  /** Has one sent again, at once; undefined when there is none such. One that waits goes on waiting. */
  replay(tenant: string, relay: string, id: string, at: number): Promise<Forward | undefined>;
  /** Has those sent again that wait no longer, in their order; answers how many. */
  replaySpan(tenant: string, filter: ForwardFilter, at: number): Promise<number>;
  /** It need not go any more; undefined when there is none such. One that is done stays so. */
  skip(tenant: string, relay: string, id: string, at: number): Promise<Forward | undefined>;
  /** By relay and receiver; those with nothing to tell are left out. */
  counts(tenant: string): Promise<ForwardCounts[]>;
}

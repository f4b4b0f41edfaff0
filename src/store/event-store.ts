import type { Delivery } from "../model/delivery.ts";
import type { Event, EventType } from "../model/event.ts";
import type { NewForwards } from "../model/forward.ts";
import type { Task } from "../model/task.ts";

/** An Event as it is stored. */
export interface NewEvent {
  /** UUIDv7. */
  readonly id: string;
  readonly type: EventType;
  readonly subject?: string | undefined;
  /** The platform's id of the message it is about, to find what became of it. */
  readonly message?: string | undefined;
  /** The same for a repeat, within the account. */
  readonly key: string;
  /** When it happened according to the platform. Epoch milliseconds. */
  readonly at: number;
  readonly data: unknown;
}

/** What one callback brought; stored as one. */
export interface Arrival {
  readonly tenant: string;
  readonly account: string;
  readonly platform: string;
  readonly receivedAt: number;
  readonly events: readonly NewEvent[];
  /** The platform's own body; kept, sealed, with the first of the Events. */
  readonly raw: string;
  /** Where the signature names a nonce: it is good once, or again for what is stored already. */
  readonly nonce?: { readonly value: string; readonly bodyHash: string; readonly until: number } | undefined;
  /** What is passed on because of it; nothing more for a repeat, whose Events are all known. */
  readonly forwards?: NewForwards | undefined;
}

export type Arrived =
  /** `fresh`: those that were not stored before, with their place in the order of arrival. */
  | { readonly outcome: "stored"; readonly fresh: readonly { readonly seq: number; readonly id: string }[] }
  /** Something else came under this nonce before; nothing was stored. */
  | { readonly outcome: "replayed" };

export interface StoredEvent {
  /** Its place in the order of arrival; a cursor. */
  readonly seq: number;
  readonly event: Event;
  readonly receivedAt: number;
}

export interface EventFilter {
  readonly types?: readonly string[] | undefined;
  readonly platform?: string | undefined;
  readonly account?: string | undefined;
  /** The Event's `subject`. */
  readonly channel?: string | undefined;
  /** When it arrived: at or after, before. Epoch milliseconds. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

export interface EventPage {
  /** Those that arrived after this cursor. */
  readonly after?: number | undefined;
  /** Those that arrived before it; newest first. */
  readonly before?: number | undefined;
  readonly limit: number;
}

export interface EventStore {
  /** Resolves once the Events are on stable storage, or were before. */
  arrive(arrival: Arrival): Promise<Arrived>;
  /** In the order of arrival, or newest first with `before`, or from the newest with neither. */
  events(tenant: string, filter: EventFilter, page: EventPage): Promise<StoredEvent[]>;
  event(tenant: string, id: string): Promise<StoredEvent | undefined>;
  /** The Event that a repeat with this key would be a repeat of. */
  eventByKey(account: Pick<Arrival, "tenant" | "platform" | "account">, key: string): Promise<StoredEvent | undefined>;
  /** The platform's own body that an Event came in. May hold the platform's tokens: never to be shown or logged. */
  rawOf(tenant: string, id: string): Promise<string | undefined>;
  /** Everything known of a message by the platform's id, oldest first. */
  eventsOfMessage(tenant: string, message: string, limit: number): Promise<StoredEvent[]>;
  /** Deliveries that the platform gave this message id. */
  deliveriesOfMessage(tenant: string, message: string): Promise<{ task: Task; delivery: Delivery }[]>;
  /** Stored Events by type. */
  eventCounts(tenant: string): Promise<Record<string, number>>;
}

import type { EventType } from "../model/event.ts";

/** One key that an outgoing subscription's requests are signed with. */
export interface SigningSecret {
  /** `whsec_` and the key in base64. */
  readonly secret: string;
  /** A key that was replaced signs beside the new one until then. Epoch milliseconds. */
  readonly until?: number | undefined;
}

/** What an operator decides about an outgoing subscription. */
export interface SubscriptionSettings {
  /** May carry a credential. Sealed. */
  readonly url: string;
  /** Newest first. Sealed. */
  readonly secrets: readonly SigningSecret[];
  /** Empty: every type. */
  readonly types: readonly string[];
  /** Accounts by name, or by platform and name (`feishu/default`); absent: every account. */
  readonly accounts?: readonly string[] | undefined;
  readonly enabled: boolean;
  /** Why the hub switched it off by itself. */
  readonly disabledReason?: string | undefined;
}

/** A program that is told of Events over HTTP. */
export interface Subscription extends SubscriptionSettings {
  /** UUIDv7; unique over all tenants. */
  readonly id: string;
  readonly tenant: string;
  /** Everything up to this place in the order of arrival was delivered, is parked, or does not match. */
  readonly cursor: number;
  /** Nothing is sent before this. Epoch milliseconds; 0 for no hold. */
  readonly holdUntil: number;
  /** Failures in a row since the last success. */
  readonly failures: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** An Event that one subscription could not be given: it waits for its next attempt, or for ever. */
export interface ParkedEvent {
  readonly seq: number;
  readonly id: string;
  readonly type: EventType;
  readonly attempts: number;
  /** Epoch milliseconds. */
  readonly dueAt: number;
  /** What went wrong last; empty before the first attempt. */
  readonly error: string;
  readonly updatedAt: number;
}

/** A stretch of stored Events that is sent again: those after `cursor`, up to `untilSeq`. */
export interface Replay {
  readonly id: number;
  readonly cursor: number;
  readonly untilSeq: number;
}

/** What one attempt to tell a subscription changed; written as one. */
export interface SubscriptionStep {
  readonly subscription: string;
  readonly at: number;
  readonly holdUntil: number;
  readonly failures: number;
  /** The main walk got this far. */
  readonly cursor?: number | undefined;
  /** A replay got this far; one that reached its end is gone. */
  readonly replay?: { readonly id: number; readonly cursor: number } | undefined;
  readonly event?:
    | { readonly seq: number; readonly outcome: "delivered" }
    | {
        readonly seq: number;
        readonly outcome: "parked" | "dead";
        readonly attempts: number;
        readonly dueAt: number;
        readonly error: string;
      }
    | undefined;
  /** Switches the subscription off, and says why. */
  readonly disable?: string | undefined;
}

/** How far behind a subscription is. */
export interface SubscriptionState {
  readonly parked: number;
  readonly dead: number;
  readonly replays: number;
  /** Stored Events after its cursor that it asks for. */
  readonly behind: number;
}

export interface SubscriptionStore {
  /** Starts after the newest stored Event. */
  addSubscription(tenant: string, id: string, settings: SubscriptionSettings, at: number): Promise<Subscription>;
  /** Undefined when there is none. A subscription that is changed is held no longer. */
  changeSubscription(
    tenant: string,
    id: string,
    settings: SubscriptionSettings,
    at: number,
  ): Promise<Subscription | undefined>;
  deleteSubscription(tenant: string, id: string): Promise<boolean>;
  /** Oldest first. */
  subscriptions(tenant: string): Promise<Subscription[]>;
  subscription(id: string): Promise<Subscription | undefined>;
  subscriptionState(id: string): Promise<SubscriptionState>;
  recordStep(step: SubscriptionStep): Promise<void>;
  /** Those that wait for an attempt, the first due first. */
  parked(subscription: string, limit: number): Promise<ParkedEvent[]>;
  replays(subscription: string, limit: number): Promise<Replay[]>;
  /** Has one Event sent again, at once. */
  replayEvent(subscription: string, seq: number, at: number): Promise<void>;
  /** Has what arrived in a span (epoch milliseconds, `until` exclusive) sent again; answers how many there are. */
  replaySpan(subscription: string, since: number, until: number): Promise<number>;
  /** Newest first; those before this place. */
  deadLetters(subscription: string, page: { limit: number; before?: number | undefined }): Promise<ParkedEvent[]>;
  /** Starts over with an Event that was given up; false when there is none such. */
  retryDeadLetter(subscription: string, event: string, at: number): Promise<boolean>;
}

/** How far each named handler of this program has come. */
export interface HandlerStore {
  /** Its cursor, made at the newest stored Event when there is none. */
  handlerCursor(tenant: string, name: string): Promise<number>;
  moveHandler(tenant: string, name: string, cursor: number): Promise<void>;
  /** The place of the newest stored Event; 0 when there is none. */
  newestEvent(tenant: string): Promise<number>;
}

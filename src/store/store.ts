import type { Delivery, DeliveryStatus } from "../model/delivery.ts";
import type { Event, EventType } from "../model/event.ts";
import type { Message } from "../model/message.ts";
import type { Endings } from "../model/next.ts";
import type { Notification } from "../model/notification.ts";
import type { Plan } from "../model/plan.ts";
import type { PlatformError } from "../model/platform-error.ts";
import type { Account, Channel, Recipient } from "../model/recipient.ts";
import type { Task, TaskStatus } from "../model/task.ts";

/** A Plan and the id it is stored under; equal Plans have equal ids, so they are stored once. */
export interface StoredPlan {
  readonly id: string;
  readonly plan: Plan;
}

export interface NewTask {
  readonly tenant: string;
  readonly id: string;
  readonly recipient: string;
  readonly recipientName: string;
  readonly strategy: string;
  readonly message: Message;
  readonly plan: StoredPlan;
  /** Leaves to start at once. Empty: the Task is settled as failed when it is written. */
  readonly start: readonly number[];
  readonly createdAt: number;
  readonly idempotency?: { readonly key: string; readonly bodyHash: string } | undefined;
}

/** `replayed`: the key was used before with the same body; `conflict`: with another one. */
export type Accepted =
  | { readonly outcome: "created" }
  | { readonly outcome: "replayed"; readonly task: Task }
  | { readonly outcome: "conflict" };

export interface TaskStore {
  /** Resolves once the Task, its first Deliveries and its idempotency key are on stable storage. */
  accept(task: NewTask): Promise<Accepted>;
  /** With the Deliveries that were started, by leaf. */
  task(tenant: string, id: string): Promise<{ task: Task; deliveries: Delivery[] } | undefined>;
}

export interface DeliveryKey {
  /** The Task's place in the order of accepts. */
  readonly taskSeq: number;
  readonly leaf: number;
}

/** A Delivery that is waiting in its lane, with what is needed to send it. */
export interface PendingDelivery extends DeliveryKey {
  readonly taskId: string;
  readonly tenant: string;
  readonly plan: string;
  readonly strategy: string;
  readonly message: Message;
  /** Attempts that counted so far. */
  readonly attempts: number;
  /** Payloads of a split Message that the platform already took. */
  readonly parts: number;
  /** Not before this. Epoch milliseconds. */
  readonly dueAt: number;
  /** When the Task was accepted. */
  readonly createdAt: number;
}

/** What happened to a Delivery, and what follows from it; written as one. */
export interface Recorded {
  readonly delivery: DeliveryKey;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly parts: number;
  /** For `pending`: when to try again. */
  readonly dueAt: number;
  readonly error?: PlatformError | undefined;
  readonly messageId?: string | undefined;
  readonly at: number;
  /** Leaves of the same Task that start because of it. */
  readonly start: readonly { readonly leaf: number; readonly channel: string }[];
  readonly taskStatus?: Exclude<TaskStatus, "processing"> | undefined;
  readonly lane?: { readonly channel: string; readonly state: LaneState } | undefined;
}

/** What a lane remembers over a restart. Lanes without limits or trouble have none. */
export interface LaneState {
  /** Nothing is sent before this. Epoch milliseconds; 0 for no hold. */
  readonly holdUntil: number;
  /** Why: the platform asked us to wait, or it did not answer. */
  readonly holdKind: "none" | "rate-limited" | "unavailable";
  /** Failures in a row since the last success. */
  readonly failures: number;
  /** Answer times of recent sends, oldest first, as many as the lane's limits look back at. */
  readonly recent: readonly number[];
}

export interface LaneStore {
  /** Every lane that has something waiting, with the earliest time it is due. */
  lanes(): Promise<{ lane: string; dueAt: number }[]>;
  /** The lane's waiting Deliveries in the order their Tasks were accepted, due or not; those after `after`. */
  pending(lane: string, limit: number, after?: DeliveryKey): Promise<PendingDelivery[]>;
  /** Resolves once it is on stable storage. */
  record(recorded: Recorded): Promise<void>;
  laneState(lane: string): Promise<LaneState | undefined>;
  plan(id: string): Promise<Plan | undefined>;
  endings(taskSeq: number): Promise<Endings>;
  /** Deliveries of a Task that failed, to tell why a last resort rings. */
  failures(taskSeq: number): Promise<Delivery[]>;
  /** Deliveries that wait, in all lanes. */
  backlog(): Promise<number>;
}

/** What a configuration says, as rows. */
export interface Directory {
  readonly accounts: readonly Account[];
  readonly channels: readonly Channel[];
  readonly recipients: readonly Recipient[];
}

export interface DirectoryStore {
  /**
   * Makes the tenant's configured rows equal to these, in one transaction. Rows that are no longer
   * configured are retired, not deleted: Deliveries already accepted still go where they were meant to.
   */
  applyDirectory(tenant: string, directory: Directory, at: number): Promise<void>;
  /** Recipients in force; Accounts and Channels including retired ones. */
  directory(tenant: string): Promise<Directory>;
}

export type NotificationFilter = "unread" | "read" | "all";

export interface InboxStore {
  addNotification(tenant: string, item: Omit<Notification, "id" | "status">, key: string): Promise<Notification>;
  /** Newest first. */
  notifications(
    tenant: string,
    page: { status: NotificationFilter; limit: number; offset: number },
  ): Promise<{ notifications: Notification[]; total: number }>;
  notification(tenant: string, id: string): Promise<Notification | undefined>;
  /** False when there is no such item. */
  markRead(tenant: string, id: string): Promise<boolean>;
  /** How many were unread. */
  markAllRead(tenant: string): Promise<number>;
  deleteNotification(tenant: string, id: string): Promise<boolean>;
  /** How many there were. */
  deleteAllNotifications(tenant: string): Promise<number>;
  notificationStatistics(tenant: string): Promise<{
    total: number;
    unread: number;
    read: number;
    by_type: Record<string, number>;
  }>;
}

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
  /** The platform's own body that an Event came in. May hold the platform's tokens: never to be shown or logged. */
  rawOf(tenant: string, id: string): Promise<string | undefined>;
  /** Everything known of a message by the platform's id, oldest first. */
  eventsOfMessage(tenant: string, message: string, limit: number): Promise<StoredEvent[]>;
  /** Deliveries that the platform gave this message id. */
  deliveriesOfMessage(tenant: string, message: string): Promise<{ task: Task; delivery: Delivery }[]>;
  /** Stored Events by type. */
  eventCounts(tenant: string): Promise<Record<string, number>>;
}

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

/** Who of several processes does what only one may do at a time. */
export interface LeaseStore {
  /**
   * Takes or renews a lease until then; false when another owner's has not run out.
   *
   * @param now Epoch milliseconds, as `until`: by the caller's clock, so the clocks of those who compete must agree to
   *   well within the length of a lease.
   */
  takeLease(name: string, owner: string, now: number, until: number): Promise<boolean>;
  /** Gives it back, if it is still this owner's. */
  dropLease(name: string, owner: string): Promise<void>;
}

/** Small things that a room remembers over a restart, by name: how far a mailbox was read. */
export interface StateStore {
  /** As it was saved; undefined when it never was. */
  state(tenant: string, name: string): Promise<unknown>;
  /** Resolves once it is on stable storage. `value` must survive JSON. */
  saveState(tenant: string, name: string, value: unknown): Promise<void>;
}

/** An app's token for its platform's API. Sealed. */
export interface StoredToken {
  readonly token: string;
  /** From then on somebody gets a new one. Epoch milliseconds. */
  readonly renewAt: number;
  readonly expiresAt: number;
}

/** Tokens, shared by all processes. */
export interface TokenStore {
  /** @param app Names the app; holds no secret. */
  token(app: string): Promise<StoredToken | undefined>;
  saveToken(app: string, token: StoredToken): Promise<void>;
}

export interface NewJob {
  /** The same for the same work, within its kind. */
  readonly key: string;
  /** Epoch milliseconds. */
  readonly dueAt: number;
  /** Must survive JSON. Holds no secret. */
  readonly data: unknown;
}

/** Work that waits for its time. */
export interface Job {
  readonly key: string;
  readonly data: unknown;
  /** Attempts that counted so far. */
  readonly attempts: number;
  readonly createdAt: number;
}

export interface JobStore {
  /** Adds those that are not there; answers how many. */
  addJobs(kind: string, jobs: readonly NewJob[], now: number): Promise<number>;
  /**
   * Those that are due, the first due first. Nobody else gets them until then: whoever dies meanwhile loses nothing.
   *
   * @param until Epoch milliseconds.
   */
  takeJobs(kind: string, now: number, until: number, limit: number): Promise<Job[]>;
  /** When the next one is due. */
  nextJobAt(kind: string): Promise<number | undefined>;
  /** @param error Why; holds no secret. */
  postponeJob(kind: string, key: string, dueAt: number, attempts: number, error?: string): Promise<void>;
  deleteJob(kind: string, key: string): Promise<void>;
  jobCount(kind: string): Promise<number>;
}

/** A received message's file, in the blob folder by its content. */
export interface FetchedFile {
  readonly kind: "fetched";
  /** Lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
  /** As the platform said. */
  readonly contentType?: string | undefined;
  readonly name?: string | undefined;
}

export type StoredAttachment = FetchedFile | { readonly kind: "failed"; readonly error: string };

export interface AttachmentStore {
  /**
   * What became of an Event's nth file, from 0; undefined while it is waited for, and where there is none.
   */
  attachment(tenant: string, event: string, n: number): Promise<StoredAttachment | undefined>;
  /** What was said first stands. */
  saveAttachment(event: string, n: number, file: StoredAttachment, at: number): Promise<void>;
  /** Of all files that are kept, each content once. */
  attachmentBytes(): Promise<number>;
  /** Does an Event that is still stored have this file? */
  wantsBlob(sha256: string): Promise<boolean>;
}

/** The durable truth. */
export interface Store
  extends TaskStore,
    LaneStore,
    DirectoryStore,
    InboxStore,
    EventStore,
    SubscriptionStore,
    HandlerStore,
    LeaseStore,
    StateStore,
    TokenStore,
    JobStore,
    AttachmentStore {
  /** @throws StoreError when the store cannot take a write now. */
  ping(): Promise<void>;
  /** Deletes settled Tasks, Events, used keys and read items older than this; answers how many rows went. */
  purge(before: { tasks: number; keys: number }): Promise<number>;
  /** Waits for what was asked, then closes. Harmless to repeat. */
  close(): Promise<void>;
}

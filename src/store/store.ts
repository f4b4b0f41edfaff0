import type { Delivery, DeliveryStatus } from "../model/delivery.ts";
import type { Message } from "../model/message.ts";
import type { Endings } from "../model/next.ts";
import type { Notification } from "../model/notification.ts";
import type { Plan } from "../model/plan.ts";
import type { PlatformError } from "../model/platform-error.ts";
import type { Account, Channel, Recipient } from "../model/recipient.ts";
import type { Task, TaskStatus } from "../model/task.ts";
import type { EventStore } from "./event-store.ts";
import type { ForwardStore } from "./forward-store.ts";
import type { HandlerStore, SubscriptionStore } from "./subscription-store.ts";
import type { AttachmentStore, JobStore, LeaseStore, StateStore, TokenStore } from "./work-store.ts";

export type * from "./event-store.ts";
export type * from "./forward-store.ts";
export type * from "./subscription-store.ts";
export type * from "./work-store.ts";

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
  readonly forwards: ForwardStore;
  /** @throws StoreError when the store cannot take a write now. */
  ping(): Promise<void>;
  /**
   * Deletes settled Tasks, Events, Forwards that are done or skipped, used keys and read items older than this; answers
   * how many rows went.
   */
  purge(before: { tasks: number; keys: number }): Promise<number>;
  /** Waits for what was asked, then closes. Harmless to repeat. */
  close(): Promise<void>;
}

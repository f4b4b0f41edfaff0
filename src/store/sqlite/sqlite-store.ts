import type { DatabaseSync } from "node:sqlite";
import type { Notification } from "../../model/notification.ts";
import { StoreError } from "../errors.ts";
import type {
  Arrival,
  DeliveryKey,
  Directory,
  EventFilter,
  EventPage,
  NewJob,
  NewTask,
  NotificationFilter,
  Recorded,
  Store,
  StoredAttachment,
  StoredToken,
  SubscriptionSettings,
  SubscriptionStep,
} from "../store.ts";
import { createVault } from "../vault.ts";
import { openDatabase, probe } from "./database.ts";
import { storeErrorOf } from "./errors.ts";
import { folderSecret, lockFolder } from "./folder.ts";
import { SqliteForwardStore } from "./forward-store.ts";
import { GroupCommit } from "./group-commit.ts";
import { expireAttachments, purge } from "./purge.ts";
import { Tables } from "./tables.ts";
import { WriteAheadLog } from "./write-ahead-log.ts";

export interface SqliteStoreOptions {
  /** Made when missing. One process at a time. */
  readonly folder: string;
  /** What seals settings; without it the folder's own `secret.key` is used, and made when missing. */
  readonly secret?: Uint8Array | undefined;
  /** Largest database file in bytes; for tests of a full disk. */
  readonly maxBytes?: number | undefined;
  /** Let the event loop wait for the disk; for tests whose clock counts the turns of that loop. */
  readonly blocking?: boolean | undefined;
}

/**
 * The store of the embedded shape: one SQLite file, written by one process. What a promise resolved for is on the disk.
 *
 * @throws StoreError STORE_LOCKED when another process has the folder, STORE_FAILED when a newer Yizhan wrote it.
 */
export function openSqliteStore(options: SqliteStoreOptions): Store {
  const lock = lockFolder(options.folder);
  try {
    return new SqliteStore(options, lock);
  } catch (error) {
    lock.release();
    throw storeErrorOf(error);
  }
}

class SqliteStore implements Store {
  readonly #lock: { release(): void };
  readonly #db: DatabaseSync;
  readonly #log: WriteAheadLog;
  readonly #commit: GroupCommit;
  readonly #tables: Tables;
  readonly forwards: SqliteForwardStore;
  #open = true;

  constructor(options: SqliteStoreOptions, lock: { release(): void }) {
    this.#lock = lock;
    this.#db = openDatabase(options.folder, options.maxBytes);
    this.#log = new WriteAheadLog(this.#db, options.folder, options.blocking ?? false);
    this.#tables = new Tables(this.#db, createVault(options.secret ?? folderSecret(options.folder)));
    this.#commit = new GroupCommit({ db: this.#db, log: this.#log, followers: this.#tables.followers });
    this.forwards = new SqliteForwardStore(this.#tables.forwards, this.#commit, (query) => this.#read(query));
  }

  accept(task: NewTask) {
    return this.#commit.run(() => this.#tables.tasks.accept(task));
  }

  task(tenant: string, id: string) {
    return this.#read(() => this.#tables.tasks.task(tenant, id));
  }

  lanes() {
    return this.#peek(() => this.#tables.lanes.lanes());
  }

  pending(lane: string, limit: number, after?: DeliveryKey) {
    return this.#peek(() => this.#tables.lanes.pending(lane, limit, after));
  }

  record(recorded: Recorded) {
    return this.#commit.run(() => this.#tables.lanes.record(recorded));
  }

  laneState(lane: string) {
    return this.#peek(() => this.#tables.lanes.laneState(lane));
  }

  plan(id: string) {
    return this.#peek(() => this.#tables.plans.get(id)?.plan);
  }

  endings(taskSeq: number) {
    return this.#peek(() => this.#tables.lanes.endings(taskSeq));
  }

  failures(taskSeq: number) {
    return this.#peek(() => this.#tables.lanes.failures(taskSeq));
  }

  backlog() {
    return this.#peek(() => this.#tables.lanes.backlog());
  }

  applyDirectory(tenant: string, directory: Directory, at: number) {
    return this.#commit.run(() => this.#tables.directories.apply(tenant, directory, at));
  }

  directory(tenant: string) {
    return this.#read(() => this.#tables.directories.directory(tenant));
  }

  addNotification(tenant: string, item: Omit<Notification, "id" | "status">, key: string) {
    return this.#commit.run(() => this.#tables.inbox.add(tenant, item, key));
  }

  notifications(tenant: string, page: { status: NotificationFilter; limit: number; offset: number }) {
    return this.#read(() => this.#tables.inbox.page(tenant, page));
  }

  notification(tenant: string, id: string) {
    return this.#read(() => this.#tables.inbox.get(tenant, id));
  }

  markRead(tenant: string, id: string) {
    return this.#commit.run(() => this.#tables.inbox.markRead(tenant, id));
  }

  markAllRead(tenant: string) {
    return this.#commit.run(() => this.#tables.inbox.markAllRead(tenant));
  }

  deleteNotification(tenant: string, id: string) {
    return this.#commit.run(() => this.#tables.inbox.delete(tenant, id));
  }

  deleteAllNotifications(tenant: string) {
    return this.#commit.run(() => this.#tables.inbox.deleteAll(tenant));
  }

  notificationStatistics(tenant: string) {
    return this.#read(() => this.#tables.inbox.statistics(tenant));
  }

  arrive(arrival: Arrival) {
    return this.#commit.run(() => {
      const arrived = this.#tables.events.arrive(arrival);
      const { tenant, receivedAt, events, forwards } = arrival;
      const isNew = arrived.outcome === "stored" && (arrived.fresh.length > 0 || events.length === 0);
      if (forwards && isNew) this.#tables.forwards.add(tenant, forwards, receivedAt);
      return arrived;
    });
  }

  events(tenant: string, filter: EventFilter, page: EventPage) {
    return this.#read(() => this.#tables.events.page(tenant, filter, page));
  }

  event(tenant: string, id: string) {
    return this.#read(() => this.#tables.events.get(tenant, id));
  }

  eventByKey(account: Pick<Arrival, "tenant" | "platform" | "account">, key: string) {
    return this.#read(() => this.#tables.events.ofKey(account, key));
  }

  rawOf(tenant: string, id: string) {
    return this.#read(() => this.#tables.events.raw(tenant, id));
  }

  eventsOfMessage(tenant: string, message: string, limit: number) {
    return this.#read(() => this.#tables.events.ofMessage(tenant, message, limit));
  }

  deliveriesOfMessage(tenant: string, message: string) {
    return this.#read(() => this.#tables.tasks.ofMessage(tenant, message));
  }

  eventCounts(tenant: string) {
    return this.#read(() => this.#tables.events.counts(tenant));
  }

  addSubscription(tenant: string, id: string, settings: SubscriptionSettings, at: number) {
    return this.#commit.run(() => this.#tables.subscriptions.add(tenant, id, settings, at));
  }

  changeSubscription(tenant: string, id: string, settings: SubscriptionSettings, at: number) {
    return this.#commit.run(() => this.#tables.subscriptions.change(tenant, id, settings, at));
  }

  deleteSubscription(tenant: string, id: string) {
    return this.#commit.run(() => this.#tables.subscriptions.delete(tenant, id));
  }

  subscriptions(tenant: string) {
    return this.#read(() => this.#tables.subscriptions.all(tenant));
  }

  subscription(id: string) {
    return this.#read(() => this.#tables.subscriptions.get(id));
  }

  subscriptionState(id: string) {
    return this.#read(() => this.#tables.progress.state(id));
  }

  recordStep(step: SubscriptionStep) {
    return this.#commit.run(() => this.#tables.progress.record(step));
  }

  parked(subscription: string, limit: number) {
    return this.#read(() => this.#tables.progress.parked(subscription, limit));
  }

  replays(subscription: string, limit: number) {
    return this.#read(() => this.#tables.progress.replays(subscription, limit));
  }

  replayEvent(subscription: string, seq: number, at: number) {
    return this.#commit.run(() => this.#tables.progress.replayEvent(subscription, seq, at));
  }

  replaySpan(subscription: string, since: number, until: number) {
    return this.#commit.run(() => this.#tables.progress.replaySpan(subscription, since, until));
  }

  deadLetters(subscription: string, page: { limit: number; before?: number | undefined }) {
    return this.#read(() => this.#tables.progress.deadLetters(subscription, page));
  }

  retryDeadLetter(subscription: string, event: string, at: number) {
    return this.#commit.run(() => this.#tables.progress.retryDeadLetter(subscription, event, at));
  }

  handlerCursor(tenant: string, name: string) {
    return this.#commit.run(() => this.#tables.handlers.cursor(tenant, name));
  }

  moveHandler(tenant: string, name: string, cursor: number) {
    return this.#commit.run(() => this.#tables.handlers.move(tenant, name, cursor));
  }

  newestEvent(tenant: string) {
    return this.#read(() => this.#tables.handlers.newest(tenant));
  }

  takeLease(name: string, owner: string, now: number, until: number) {
    return this.#commit.run(() => this.#tables.leases.take(name, owner, now, until));
  }

  dropLease(name: string, owner: string) {
    return this.#commit.run(() => this.#tables.leases.drop(name, owner));
  }

  state(tenant: string, name: string) {
    return this.#read(() => this.#tables.states.get(tenant, name));
  }

  saveState(tenant: string, name: string, value: unknown) {
    return this.#commit.run(() => this.#tables.states.save(tenant, name, value));
  }

  token(app: string) {
    return this.#read(() => this.#tables.tokens.get(app));
  }

  saveToken(app: string, token: StoredToken) {
    return this.#commit.run(() => this.#tables.tokens.save(app, token));
  }

  addJobs(kind: string, jobs: readonly NewJob[], now: number) {
    return this.#commit.run(() => this.#tables.jobs.add(kind, jobs, now));
  }

  takeJobs(kind: string, now: number, until: number, limit: number) {
    return this.#commit.run(() => this.#tables.jobs.take(kind, now, until, limit));
  }

  nextJobAt(kind: string) {
    return this.#read(() => this.#tables.jobs.nextAt(kind));
  }

  postponeJob(kind: string, key: string, dueAt: number, attempts: number, error?: string) {
    return this.#commit.run(() => this.#tables.jobs.postpone(kind, key, dueAt, attempts, error));
  }

  deleteJob(kind: string, key: string) {
    return this.#commit.run(() => this.#tables.jobs.delete(kind, key));
  }

  jobCount(kind: string) {
    return this.#read(() => this.#tables.jobs.count(kind));
  }

  attachment(tenant: string, event: string, n: number) {
    return this.#read(() => this.#tables.attachments.get(tenant, event, n));
  }

  saveAttachment(event: string, n: number, file: StoredAttachment, at: number) {
    return this.#commit.run(() => this.#tables.attachments.save(event, n, file, at));
  }

  expireAttachments(before: number, error: string) {
    return expireAttachments(this.#tables.attachments, this.#commit, before, error);
  }

  attachmentBytes() {
    return this.#read(() => this.#tables.attachments.bytes());
  }

  wantsBlob(sha256: string) {
    return this.#read(() => this.#tables.attachments.wants(sha256));
  }

  ping() {
    return this.#commit.run(() => probe(this.#db));
  }

  purge(before: { tasks: number; keys: number }) {
    return purge({ db: this.#db, commit: this.#commit, events: this.#tables.events }, before);
  }

  async close() {
    if (!this.#open) return;
    this.#open = false;
    await this.#commit.close();
    this.#log.close();
    this.#db.close();
    this.#lock.release();
  }

  /** For whoever tells others: it waits until no power failure can take back what was found. */
  async #read<T>(query: () => T): Promise<T> {
    const found = await this.#peek(query);
    await this.#commit.syncing;
    return found;
  }

  /** For lanes, which would wait for others' commits at every step. What they send too early is at most sent again. */
  async #peek<T>(query: () => T): Promise<T> {
    if (!this.#open) throw new StoreError("STORE_CLOSED", "the store is closed");
    try {
      return query();
    } catch (error) {
      throw storeErrorOf(error);
    }
  }
}

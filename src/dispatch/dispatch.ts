import type { LookupFunction } from "node:net";
import type { Event } from "../model/event.ts";
import type { EventStore, HandlerStore, SubscriptionStore } from "../store/store.ts";
import { type HandlerPolicy, Handlers } from "./handlers.ts";
import type { Clock, Drain, Lanes } from "./lanes.ts";
import { askRemote } from "./remote-replier.ts";
import { Repliers } from "./repliers.ts";
import { defaultBreaker, defaultSchedule, type RetrySchedule, type SubscriptionBreaker } from "./retry-schedule.ts";
import { SubscriptionDispatcher, type SubscriptionObserver } from "./subscription-dispatcher.ts";
import { Subscriptions } from "./subscriptions.ts";
import { createWebhookClient } from "./webhook-client.ts";

export interface DispatchOptions {
  readonly tenant: string;
  readonly store: Pick<EventStore, "events" | "event"> & SubscriptionStore & HandlerStore;
  readonly clock: Clock;
  /**
   * Makes the queue that drains this room's lanes: `subscription:…` and `handler:…`. Each kind should have places of
   * its own, so that slow receivers do not keep handlers waiting.
   */
  readonly lanes: (drain: Drain) => Lanes;
  /** In [0, 1). */
  readonly random: () => number;
  readonly newId: (now: number) => string;
  /** Calls back with what was stored, in this process; gives the function that ends it. */
  readonly listen: (listener: (arrived: readonly { readonly event: Event }[]) => void) => () => void;
  readonly observer: SubscriptionObserver;
  readonly onError: (what: string, error: unknown) => void;
  /** May subscriptions and repliers reach loopback, private and link-local addresses? */
  readonly allowPrivate: boolean;
  /** How long a receiver may take to answer. */
  readonly timeoutMs?: number;
  readonly schedule?: RetrySchedule;
  readonly breaker?: SubscriptionBreaker;
  readonly maxParked?: number;
  readonly handlers?: Partial<HandlerPolicy>;
  readonly lookup?: LookupFunction;
}

/** What Events set in motion. */
export interface Dispatch {
  readonly subscriptions: Subscriptions;
  readonly handlers: Handlers;
  readonly repliers: Repliers;
  readonly allowPrivate: boolean;
  /** @throws StoreError */
  start(): Promise<void>;
  /** Begins nothing more, and waits for what is under way. Harmless to repeat. */
  stop(): Promise<void>;
}

export function createDispatch(options: DispatchOptions): Dispatch {
  const { tenant, store, clock, listen, onError, allowPrivate, timeoutMs = 15_000 } = options;
  const lookup = options.lookup === undefined ? {} : { lookup: options.lookup };
  const client = createWebhookClient({ allowPrivate, timeoutMs, ...lookup });
  // Subscriptions send one after the other; people wait side by side.
  const replyClient = createWebhookClient({ allowPrivate, timeoutMs, connections: 256, ...lookup });
  const queue = options.lanes((lane) => (lane.startsWith("handler:") ? handlers : dispatcher).drain(lane));
  const wake = (lane: string, dueAt: number) => queue.wake(lane, dueAt);
  const { now } = clock;
  const dispatcher = new SubscriptionDispatcher({
    store,
    client,
    observer: options.observer,
    now,
    random: options.random,
    schedule: options.schedule ?? defaultSchedule,
    breaker: options.breaker ?? defaultBreaker,
    maxParked: options.maxParked ?? 100,
  });
  const handlerPolicy = options.handlers === undefined ? {} : { policy: options.handlers };
  const handlers = new Handlers({ tenant, store, clock, wake, onError, ...handlerPolicy });
  const subscriptions = new Subscriptions({ tenant, store, wake, now, newId: options.newId });
  const repliers = new Repliers({
    tenant,
    now,
    askRemote: (remote, event, signal) => askRemote(replyClient, remote, event, { signal, nowMs: now() }),
  });
  let unlisten = () => {};
  let stopped: Promise<void> | undefined;
  return {
    subscriptions,
    handlers,
    repliers,
    allowPrivate,
    async start() {
      unlisten = listen((arrived) => {
        handlers.heard(arrived);
        subscriptions.heard(arrived);
      });
      await handlers.start();
      await subscriptions.start();
      queue.start();
    },
    stop() {
      unlisten();
      dispatcher.stop();
      handlers.stop();
      stopped ??= Promise.all([queue.stop().then(() => client.close()), replyClient.close()]).then(() => {});
      return stopped;
    },
  };
}

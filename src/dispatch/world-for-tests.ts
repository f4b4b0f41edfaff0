import { onTestFinished } from "vitest";
import type { EventType } from "../model/event.ts";
import { uuidv7 } from "../model/uuid.ts";
import type { Store, Subscription, SubscriptionSettings } from "../store/store.ts";
import { type TestClock, testClock } from "../testing/clock.ts";
import { type ScriptedAnswer, type ScriptedServer, scriptedServer } from "../testing/scripted-server.ts";
import { sqliteWorld } from "../testing/sqlite-world.ts";
import { defaultBreaker, defaultSchedule, type RetrySchedule } from "./retry-schedule.ts";
import {
  SubscriptionDispatcher,
  type SubscriptionDispatcherOptions,
  subscriptionLane,
} from "./subscription-dispatcher.ts";
import { createWebhookClient } from "./webhook-client.ts";
import { newSigningSecret } from "./webhook-signature.ts";

/** What a test says of an Event; the rest is made up. */
export interface Happened {
  readonly type?: EventType;
  readonly platform?: string;
  readonly account?: string;
  readonly tenant?: string;
  /** Epoch milliseconds; the clock's by default. */
  readonly receivedAt?: number;
  readonly data?: unknown;
}

export interface DispatchWorld {
  readonly clock: TestClock;
  store: Store;
  reopen(): Promise<Store>;
  /** Stores Events, each as an arrival of its own; their ids in order. */
  happen(...events: Happened[]): Promise<string[]>;
}

/** A real store in a folder of its own, and time that a test moves. */
export async function dispatchWorld(): Promise<DispatchWorld> {
  const stored = await sqliteWorld();
  onTestFinished(() => stored.remove());
  const clock = testClock();
  let made = 0;
  const world: DispatchWorld = {
    clock,
    store: stored.store,
    async reopen() {
      world.store = await stored.reopen();
      return world.store;
    },
    happen: (...events) =>
      Promise.all(
        events.map(async ({ type = "yizhan.message.received", platform = "feishu", account = "a", ...rest }) => {
          const { tenant = "default", receivedAt = clock.now(), data = { n: made } } = rest;
          made++;
          const id = eventId(receivedAt, made);
          const event = { id, type, key: `key ${made}`, at: receivedAt, data };
          await world.store.arrive({ tenant, account, platform, receivedAt, events: [event], raw: "{}" });
          return id;
        }),
      ),
  };
  return world;
}

export function eventId(at: number, n: number): string {
  return uuidv7(at, Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, n >> 8, n & 255]));
}

/** A subscription's settings that point to a server of the test. */
export function settings(url: string, said: Partial<SubscriptionSettings> = {}): SubscriptionSettings {
  return { url, secrets: [{ secret: newSigningSecret() }], types: [], enabled: true, ...said };
}

export interface Told {
  readonly server: ScriptedServer;
  readonly subscription: Subscription;
  readonly lane: string;
  /** Ids of the Events that were posted, in order. */
  ids(): string[];
}

let subscriptions = 0;

/** A receiver that answers as it is told, and a subscription for it. */
export async function receiver(
  { store, clock }: DispatchWorld,
  answerTo: (id: string, nth: number) => number | ScriptedAnswer = () => 204,
  said: Partial<SubscriptionSettings> = {},
): Promise<Told> {
  const server = await scriptedServer(({ headers }) => {
    const said = answerTo(String(headers["webhook-id"]), server.requests.length);
    return typeof said === "number" ? { status: said, body: "" } : said;
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const id = eventId(clock.now(), ++subscriptions);
  const subscription = await store.addSubscription("default", id, settings(`${server.origin}/hook`, said), clock.now());
  const ids = () => server.requests.map(({ headers }) => String(headers["webhook-id"]));
  return { server, subscription, lane: subscriptionLane(id), ids };
}

/** A dispatcher over the world's store that may reach the loopback. */
export function dispatcherOver(
  world: DispatchWorld,
  options: Partial<SubscriptionDispatcherOptions> & { readonly timeoutMs?: number } = {},
): SubscriptionDispatcher {
  const { timeoutMs = 10_000, ...rest } = options;
  const client = createWebhookClient({ allowPrivate: true, timeoutMs });
  onTestFinished(() => client.close());
  return new SubscriptionDispatcher({
    store: world.store,
    client,
    observer: { attempted: () => {}, told: () => {} },
    now: world.clock.now,
    random: () => 0,
    schedule: defaultSchedule,
    breaker: { ...defaultBreaker, failures: 1_000 },
    maxParked: 100,
    ...rest,
  });
}

/** Drains a lane whenever it is due, moving the clock there, until nothing waits or the time is over. */
export async function run(
  { clock }: DispatchWorld,
  dispatcher: Pick<SubscriptionDispatcher, "drain">,
  lane: string,
  forMs = 0,
): Promise<number | undefined> {
  const end = clock.now() + forMs;
  for (;;) {
    const dueAt = await dispatcher.drain(lane);
    if (dueAt === undefined || dueAt > end) return dueAt;
    if (dueAt > clock.now()) await clock.advanceTo(dueAt);
  }
}

export const quick: RetrySchedule = { delaysMs: [1_000, 2_000], jitter: 0 };

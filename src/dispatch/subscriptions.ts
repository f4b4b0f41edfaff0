import type { Event } from "../model/event.ts";
import type {
  EventStore,
  ParkedEvent,
  SigningSecret,
  Subscription,
  SubscriptionSettings,
  SubscriptionState,
  SubscriptionStore,
} from "../store/store.ts";
import { matches } from "./matching.ts";
import { subscriptionLane } from "./subscription-dispatcher.ts";
import { newSigningSecret } from "./webhook-signature.ts";

/** What a client says of a subscription; all of it each time. */
export interface WantedSubscription {
  readonly url: string;
  /** Empty: every type. */
  readonly types: readonly string[];
  readonly accounts?: readonly string[] | undefined;
  readonly enabled: boolean;
  /** Absent: a new one is made, or the present one is kept. */
  readonly secret?: string | undefined;
  /** Make a new secret in place of the present one. */
  readonly rotate?: boolean | undefined;
}

export interface SubscriptionsOptions {
  readonly tenant: string;
  readonly store: SubscriptionStore & Pick<EventStore, "event">;
  readonly wake: (lane: string, dueAt: number) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly newId: (now: number) => string;
  /** How long a replaced secret signs beside the new one. Milliseconds. */
  readonly rotationMs?: number;
  /** Subscriptions of one tenant. */
  readonly most?: number;
}

/** `secret` is set when it was made here: then, and never again, it is shown. */
export interface Saved {
  readonly subscription: Subscription;
  readonly secret?: string | undefined;
}

const DAY_MS = 24 * 3_600_000;

/** What clients do with outgoing subscriptions, and who is woken when something arrives. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #known = new Map<string, Subscription>();

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** Wakes them all: what was left undone is in the store. */
  async start(): Promise<void> {
    const { store, tenant } = this.#options;
    for (const subscription of await store.subscriptions(tenant)) this.#changed(subscription);
  }

  /** Wakes those that want something of what arrived. */
  heard(arrived: readonly { readonly event: Event }[]): void {
    for (const subscription of this.#known.values()) {
      if (arrived.some(({ event }) => matches(subscription, event))) this.#wake(subscription.id);
    }
  }

  list(): Promise<Subscription[]> {
    return this.#options.store.subscriptions(this.#options.tenant);
  }

  async get(id: string): Promise<Subscription | undefined> {
    const found = await this.#options.store.subscription(id);
    return found?.tenant === this.#options.tenant ? found : undefined;
  }

  state(id: string): Promise<SubscriptionState> {
    return this.#options.store.subscriptionState(id);
  }

  /** Undefined when there are as many as there may be. */
  async add(wanted: WantedSubscription): Promise<Saved | undefined> {
    const { store, tenant, now, newId, most = 1_000 } = this.#options;
    if ((await this.list()).length >= most) return undefined;
    const at = now();
    const made = wanted.secret === undefined ? newSigningSecret() : undefined;
    const secrets = [{ secret: wanted.secret ?? made ?? "" }];
    const subscription = await store.addSubscription(tenant, newId(at), settingsOf(wanted, secrets), at);
    this.#changed(subscription);
    return { subscription, secret: made };
  }

  /** Undefined when there is none. */
  async replace(id: string, wanted: WantedSubscription): Promise<Saved | undefined> {
    const { store, tenant, now, rotationMs = DAY_MS } = this.#options;
    const before = await this.get(id);
    if (!before) return undefined;
    const at = now();
    const made = wanted.rotate ? newSigningSecret() : undefined;
    const secrets = rotated(before.secrets, made ?? wanted.secret, at, rotationMs);
    const subscription = await store.changeSubscription(tenant, id, settingsOf(wanted, secrets), at);
    if (!subscription) return undefined;
    this.#changed(subscription);
    return { subscription, secret: made };
  }

  async remove(id: string): Promise<boolean> {
    this.#known.delete(id);
    return this.#options.store.deleteSubscription(this.#options.tenant, id);
  }

  /** Has one Event sent again. */
  async replayEvent(subscription: Subscription, event: string): Promise<"replaying" | "unknown" | "unwanted"> {
    const { store, tenant, now } = this.#options;
    const found = await store.event(tenant, event);
    if (!found) return "unknown";
    if (!matches(subscription, found.event)) return "unwanted";
    await store.replayEvent(subscription.id, found.seq, now());
    this.#wake(subscription.id);
    return "replaying";
  }

  /** Has what arrived in a span sent again; answers how many Events. Epoch milliseconds, `until` exclusive. */
  async replaySpan(subscription: Subscription, since: number, until: number): Promise<number> {
    const events = await this.#options.store.replaySpan(subscription.id, since, until);
    this.#wake(subscription.id);
    return events;
  }

  deadLetters(id: string, page: { limit: number; before?: number | undefined }): Promise<ParkedEvent[]> {
    return this.#options.store.deadLetters(id, page);
  }

  async retryDeadLetter(id: string, event: string): Promise<boolean> {
    const { store, now } = this.#options;
    const found = await store.retryDeadLetter(id, event, now());
    if (found) this.#wake(id);
    return found;
  }

  #changed(subscription: Subscription): void {
    if (subscription.enabled) this.#known.set(subscription.id, subscription);
    else this.#known.delete(subscription.id);
    this.#wake(subscription.id);
  }

  #wake(id: string): void {
    this.#options.wake(subscriptionLane(id), this.#options.now());
  }
}

function settingsOf(wanted: WantedSubscription, secrets: readonly SigningSecret[]): SubscriptionSettings {
  const { url, types, accounts, enabled } = wanted;
  return { url, secrets, types, accounts, enabled };
}

/** The new secret first. Of the replaced ones only the latest goes on for a while: each costs every receiver a check. */
function rotated(
  secrets: readonly SigningSecret[],
  fresh: string | undefined,
  at: number,
  rotationMs: number,
): readonly SigningSecret[] {
  const [present] = secrets;
  if (fresh === undefined || fresh === present?.secret) return secrets.filter(({ until }) => (until ?? at + 1) > at);
  return [{ secret: fresh }, ...(present ? [{ secret: present.secret, until: at + rotationMs }] : [])];
}

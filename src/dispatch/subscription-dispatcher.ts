import type { Event } from "../model/event.ts";
import type {
  EventStore,
  ParkedEvent,
  Replay,
  Subscription,
  SubscriptionStep,
  SubscriptionStore,
} from "../store/store.ts";
import { EventWalk } from "./event-walk.ts";
import { cooldownMs, pauseMs, type RetrySchedule, type SubscriptionBreaker } from "./retry-schedule.ts";
import { type Verdict, verdictOf } from "./verdict.ts";
import type { WebhookClient } from "./webhook-client.ts";
import { signedHeaders } from "./webhook-signature.ts";

/** What happens to subscriptions, for the log. Must not throw. */
export interface SubscriptionObserver {
  attempted(subscription: string, ok: boolean, ms: number): void;
  /** `opened`: it fails and is left alone for a while; `dead`: an Event was given up. */
  told(subscription: string, what: "opened" | "closed" | "dead" | "disabled", detail: string): void;
}

export interface SubscriptionDispatcherOptions {
  readonly store: Pick<EventStore, "events" | "event"> &
    SubscriptionStore & { newestEvent(tenant: string): Promise<number> };
  readonly client: Pick<WebhookClient, "post">;
  readonly observer: SubscriptionObserver;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly schedule: RetrySchedule;
  readonly breaker: SubscriptionBreaker;
  /** Events of one subscription that wait for a further attempt; with more, those behind wait unsent. */
  readonly maxParked: number;
}

/** Attempts a lane makes before the others have their turn. */
const TURN = 50;

/** Events that do not match before the cursor is moved past them in the store. */
const NOTED_EVERY = 1_000;

const lanePrefix = "subscription:";

export function subscriptionLane(id: string): string {
  return lanePrefix + id;
}

/** One thing to send, and what it moves. */
interface Work {
  readonly seq: number;
  readonly event: Event;
  /** Set when an earlier attempt failed. */
  readonly parked?: ParkedEvent | undefined;
  /** The replay it comes from; neither this nor `parked`: the main walk. */
  readonly replay?: Replay | undefined;
}

/**
 * Tells subscriptions of Events over HTTP, at least once: what was sent is recorded after the answer, and everything
 * that is needed to go on is in the store. One attempt at a time a subscription, new Events in the order they arrived.
 */
export class SubscriptionDispatcher {
  readonly #options: SubscriptionDispatcherOptions;
  readonly #walk: EventWalk;
  #stopping = false;

  constructor(options: SubscriptionDispatcherOptions) {
    this.#options = options;
    this.#walk = new EventWalk(options.store);
  }

  /** No further attempt begins. */
  stop(): void {
    this.#stopping = true;
  }

  /** Does what the lane has to do now; answers when it is next due. @throws StoreError */
  async drain(lane: string): Promise<number | undefined> {
    const { store, now } = this.#options;
    const id = lane.slice(lanePrefix.length);
    for (let made = 0; made < TURN && !this.#stopping; made++) {
      const subscription = await store.subscription(id);
      if (!subscription?.enabled) {
        this.#walk.forget(id);
        return undefined;
      }
      if (subscription.holdUntil > now()) return subscription.holdUntil;
      const next = await this.#next(subscription, made);
      if (!next || "dueAt" in next) {
        await this.#noteHowFar(subscription);
        return next?.dueAt;
      }
      await this.#attempt(subscription, next);
    }
    return now();
  }

  /** Lest a restart look through a long stretch again in which nothing matched. */
  async #noteHowFar(subscription: Subscription): Promise<void> {
    const cursor = this.#walk.passed(subscription);
    if (cursor - subscription.cursor >= NOTED_EVERY) await this.#record(subscription, { cursor });
  }

  /** What waits for its time comes first, then live Events and replays in turn; or when to look again. */
  async #next(subscription: Subscription, turn: number): Promise<Work | { dueAt: number } | undefined> {
    const { store, now, maxParked, breaker } = this.#options;
    const parked = await store.parked(subscription.id, maxParked);
    const [first] = parked;
    const full = parked.length >= maxParked;
    // With every place taken and the breaker open, the eldest probes before its time, or nothing would notice for
    // hours that the receiver is back.
    if (first && (first.dueAt <= now() || (full && subscription.failures >= breaker.failures))) {
      return this.#parkedWork(subscription, first);
    }
    if (!full) {
      const work =
        (await this.#fresh(subscription, turn % 2 === 1)) ?? (await this.#fresh(subscription, turn % 2 === 0));
      if (work) return work;
    }
    return first && { dueAt: first.dueAt };
  }

  async #parkedWork({ tenant }: Subscription, parked: ParkedEvent): Promise<Work | { dueAt: number }> {
    const found = await this.#options.store.event(tenant, parked.id);
    // Purged between two looks at the store; its row went with it.
    return found ? { seq: parked.seq, event: found.event, parked } : { dueAt: this.#options.now() };
  }

  async #fresh(subscription: Subscription, replays: boolean): Promise<Work | undefined> {
    if (!replays) return this.#walk.next(subscription);
    const [replay] = await this.#options.store.replays(subscription.id, 1);
    if (!replay) return undefined;
    const found = await this.#walk.nextOf(subscription, replay);
    if (found) return { ...found, replay };
    await this.#record(subscription, { replay: { id: replay.id, cursor: replay.untilSeq } });
    return this.#fresh(subscription, true);
  }

  async #attempt(subscription: Subscription, work: Work): Promise<void> {
    const { client, observer, now } = this.#options;
    const startedAt = now();
    const body = JSON.stringify(work.event);
    const headers = {
      "content-type": "application/cloudevents+json; charset=utf-8",
      "user-agent": "yizhan",
      ...signedHeaders(work.event.id, startedAt, body, subscription.secrets),
    };
    const answer = await client.post({ url: subscription.url, headers, body });
    const endedAt = now();
    const verdict = verdictOf(answer, endedAt);
    observer.attempted(subscription.id, verdict.kind === "delivered", endedAt - startedAt);
    await this.#conclude(subscription, work, verdict, startedAt);
  }

  async #conclude(subscription: Subscription, work: Work, verdict: Verdict, startedAt: number): Promise<void> {
    const { observer, breaker } = this.#options;
    const wasOpen = subscription.failures >= breaker.failures;
    switch (verdict.kind) {
      case "delivered": {
        const { seq } = work;
        await this.#record(subscription, {
          ...moved(work),
          failures: 0,
          holdUntil: 0,
          event: { seq, outcome: "delivered" },
        });
        if (wasOpen) observer.told(subscription.id, "closed", "it answers again");
        return;
      }
      case "gone":
        // Nothing moves: whoever switches it on again gets this Event first.
        await this.#record(subscription, { failures: 0, holdUntil: 0, disable: "HTTP 410" });
        observer.told(subscription.id, "disabled", "it answered 410 Gone");
        return;
      case "failed":
        await this.#fail(subscription, work, verdict, startedAt);
    }
  }

  async #fail(
    subscription: Subscription,
    work: Work,
    { error, waitMs, throttled }: Extract<Verdict, { kind: "failed" }>,
    startedAt: number,
  ): Promise<void> {
    const { observer, breaker, schedule, random, now } = this.#options;
    const at = now();
    const failures = subscription.failures + (throttled ? 0 : 1);
    const holdUntil = at + Math.max(waitMs, cooldownMs(breaker, failures));
    const { seq, parked } = work;
    // A probe before its time is not one of the attempts that the schedule promises.
    const early = parked !== undefined && parked.dueAt > startedAt;
    const attempts = (parked?.attempts ?? 0) + (early ? 0 : 1);
    const pause = early ? parked.dueAt - at : pauseMs(schedule, attempts, random());
    const outcome = pause === undefined ? "dead" : "parked";
    const dueAt = at + Math.max(pause ?? 0, waitMs);
    const event = { seq, outcome, attempts, dueAt, error } as const;
    await this.#record(subscription, { ...moved(work), failures, holdUntil, event });
    if (outcome === "dead") observer.told(subscription.id, "dead", `event ${work.event.id}: ${error}`);
    if (failures === breaker.failures && !throttled) observer.told(subscription.id, "opened", error);
  }

  #record({ id, failures, holdUntil }: Subscription, changes: Partial<SubscriptionStep>): Promise<void> {
    const { store, now } = this.#options;
    return store.recordStep({ subscription: id, at: now(), failures, holdUntil, ...changes });
  }
}

/** How far its walk has come once this is recorded. */
function moved({ seq, parked, replay }: Work): Pick<SubscriptionStep, "cursor" | "replay"> {
  if (parked) return {};
  return replay ? { replay: { id: replay.id, cursor: seq } } : { cursor: seq };
}

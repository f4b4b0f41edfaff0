import type { Event } from "../model/event.ts";
import type { EventStore, Replay, StoredEvent, Subscription } from "../store/store.ts";
import { matches } from "./matching.ts";

/** Events read at a time. */
const PAGE = 50;

interface Place {
  /** Nothing that matches lies between the subscription's stored cursor and here. */
  readonly passed: number;
  readonly ahead: readonly StoredEvent[];
  /** What the page was read for: another filter makes it stale. */
  readonly filter: string;
}

/**
 * Finds each subscription's next Event. Where it got to without finding one is kept in memory only: writing it down
 * for every Event that does not match would cost a commit each, and a restart just looks again.
 */
export class EventWalk {
  readonly #store: Pick<EventStore, "events"> & { newestEvent(tenant: string): Promise<number> };
  readonly #places = new Map<string, Place>();

  constructor(store: Pick<EventStore, "events"> & { newestEvent(tenant: string): Promise<number> }) {
    this.#store = store;
  }

  forget(subscription: string): void {
    this.#places.delete(subscription);
  }

  /** Nothing that it wants and was not sent or parked lies before this. */
  passed({ id, cursor }: Subscription): number {
    const place = this.#places.get(id);
    return place?.ahead.every(({ seq }) => seq <= cursor) ? Math.max(place.passed, cursor) : cursor;
  }

  /** The first Event after the subscription's cursor that it wants. */
  async next(subscription: Subscription): Promise<{ seq: number; event: Event } | undefined> {
    const { id, cursor } = subscription;
    const filter = JSON.stringify([subscription.types, subscription.accounts]);
    const known = this.#places.get(id);
    let place = known?.filter === filter ? known : { passed: cursor, ahead: [], filter };
    for (;;) {
      const waiting = place.ahead.filter(({ seq, event }) => seq > cursor && matches(subscription, event));
      const [found] = waiting;
      if (found) {
        this.#places.set(id, { ...place, ahead: waiting });
        return found;
      }
      const after = Math.max(place.passed, cursor);
      const newest = await this.#store.newestEvent(subscription.tenant);
      if (newest <= after) {
        this.#places.set(id, { passed: after, ahead: [], filter });
        return undefined;
      }
      const ahead = await this.#read(subscription, after);
      // A page that is not full reached the end, as it was before the page was read.
      const passed = ahead.length < PAGE ? Math.max(newest, ahead.at(-1)?.seq ?? 0) : (ahead.at(-1)?.seq ?? after);
      place = { passed, ahead, filter };
    }
  }

  /** The first Event of a replay that has not been sent yet. */
  async nextOf(subscription: Subscription, replay: Replay): Promise<{ seq: number; event: Event } | undefined> {
    for (let after = replay.cursor; ; ) {
      const page = await this.#read(subscription, after);
      const found = page.find(({ event }) => matches(subscription, event));
      if (found) return found.seq <= replay.untilSeq ? found : undefined;
      after = page.at(-1)?.seq ?? replay.untilSeq;
      if (page.length < PAGE || after >= replay.untilSeq) return undefined;
    }
  }

  #read({ tenant, types }: Subscription, after: number): Promise<StoredEvent[]> {
    return this.#store.events(tenant, { types }, { after, limit: PAGE });
  }
}

import type { Event } from "../model/event.ts";
import { describe } from "../model/platform-error.ts";
import type { EventStore, HandlerStore, JobStore, StoredEvent } from "../store/store.ts";
import { JobLane } from "./job-lane.ts";
import { fetchMedia, type MediaFetchOptions, type MediaJob, mediaTimeoutMs, tooOld } from "./media-fetch.ts";
import type { ArrivedEvent } from "./reception.ts";

export interface MediaOptions extends MediaFetchOptions {
  readonly store: MediaFetchOptions["store"] & JobStore & Pick<EventStore, "events"> & HandlerStore;
  readonly onError: (what: string, error: unknown) => void;
}

/** Files that are fetched at the same time. */
const atOnce = 4;
const kind = "media";
/** The name under which it is remembered how far Events were looked through. */
const cursorName = "yizhan:media";
const pageEvents = 200;
const sweepMs = 24 * 3_600_000;

/**
 * Fetches the files of received messages after their Events were stored. Which ones were looked at is a cursor over
 * the Events, so that a hub that was killed in between makes up for it.
 */
export class Media {
  readonly #options: MediaOptions;
  readonly #lane: JobLane;
  #walking: Promise<void> | undefined;
  #again = false;
  #stopped = true;
  #cancelSweep: (() => void) | undefined;

  constructor(options: MediaOptions) {
    this.#options = options;
    const { store, clock, onError } = options;
    const holdMs = 3 * mediaTimeoutMs;
    this.#lane = new JobLane({ kind, store, clock, atOnce, holdMs, onError, run: (job) => fetchMedia(job, options) });
  }

  /** Told of Events that were stored. */
  readonly heard = (arrived: readonly ArrivedEvent[]): void => {
    if (arrived.some(({ event }) => this.#filesOf(event).length > 0)) this.#walk();
  };

  /** Resolves once nothing that arrives from now on can be missed. */
  async start(): Promise<void> {
    const { tenant, store } = this.#options;
    await store.handlerCursor(tenant, cursorName);
    this.#stopped = false;
    this.#lane.start();
    this.#walk();
    this.#sweep();
  }

  /**
   * Resolves when nothing is being fetched any more. Close the HTTP client after calling it, not before: what breaks
   * off from now on counts as no attempt. Harmless to repeat.
   */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelSweep?.();
    const stopped = this.#lane.stop();
    await this.#walking;
    await stopped;
  }

  #walk(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#walking ??= this.#walkOn().finally(() => {
      this.#walking = undefined;
      if (this.#again) this.#walk();
    });
  }

  async #walkOn(): Promise<void> {
    const { tenant, store, clock, onError } = this.#options;
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        // Before anything is read: what arrives meanwhile is told of again.
        const newest = await store.newestEvent(tenant);
        let cursor = await store.handlerCursor(tenant, cursorName);
        for (let page = await this.#page(cursor); page.length > 0; page = await this.#page(cursor)) {
          const jobs = page.flatMap(({ event }) => this.#filesOf(event));
          cursor = page.at(-1)?.seq ?? cursor;
          const now = clock.now();
          const due = jobs.map((data) => ({ key: `${data.event}/${data.n}`, dueAt: now, data }));
          // In one turn, so they are one transaction; in this order, should they be two.
          await Promise.all([store.addJobs(kind, due, now), store.moveHandler(tenant, cursorName, cursor)]);
          this.#lane.wake();
          if (page.length < pageEvents) break;
        }
        if (newest > cursor) await store.moveHandler(tenant, cursorName, newest);
      }
    } catch (error) {
      this.#again = false;
      onError("events could not be looked through for files; it is tried again with the next one", error);
    }
  }

  #page(after: number): Promise<StoredEvent[]> {
    const { tenant, store } = this.#options;
    return store.events(tenant, { types: ["yizhan.message.received"] }, { after, limit: pageEvents });
  }

  #filesOf(event: Event): MediaJob[] {
    if (event.type !== "yizhan.message.received" || !this.#options.apps.get(event.platform)?.file) return [];
    const { attachments } = (event as Event<"yizhan.message.received">).data;
    return attachments.map((_, n) => ({ event: event.id, n }));
  }

  #sweep(): void {
    const { clock, onError } = this.#options;
    if (this.#stopped) return;
    this.#cancelSweep = clock.at(clock.now() + sweepMs, () => this.#sweep());
    this.#dropOld().catch((error: unknown) => onError("received files that nobody wants could not be deleted", error));
  }

  async #dropOld(): Promise<void> {
    const { blobs, store, clock, limits } = this.#options;
    const { retentionMs } = limits();
    const now = clock.now();
    if (retentionMs !== undefined) await store.expireAttachments(now - retentionMs, describe(tooOld));
    await blobs.sweep((sha256) => store.wantsBlob(sha256), now);
  }
}

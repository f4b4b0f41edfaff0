import { type Event, type EventType, eventTypes } from "../model/event.ts";
import type { EventStore, HandlerStore } from "../store/store.ts";
import type { EventHandler, HandlerOptions, HandlerReport } from "./handler.ts";
import { HandlerTally } from "./handler-tally.ts";
import type { Clock } from "./lanes.ts";

export interface HandlersOptions {
  readonly tenant: string;
  readonly store: Pick<EventStore, "events"> & HandlerStore;
  readonly clock: Clock;
  readonly wake: (lane: string, dueAt: number) => void;
  readonly onError: (what: string, error: unknown) => void;
  readonly policy?: Partial<HandlerPolicy>;
}

export interface HandlerPolicy {
  /** How long one call may take. */
  readonly timeoutMs: number;
  /** Calls for one Event before a named handler goes on without it. */
  readonly attempts: number;
  /** Pause before the second call; doubles up to the longest. */
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
  /** Events that may wait for an unnamed handler. */
  readonly maxWaiting: number;
}

/** Twenty calls take about an hour and ten minutes. */
const defaultPolicy: HandlerPolicy = {
  timeoutMs: 30_000,
  attempts: 20,
  initialDelayMs: 1_000,
  maxDelayMs: 5 * 60_000,
  maxWaiting: 10_000,
};

const lanePrefix = "handler:";
const PAGE = 50;

interface Registered {
  readonly type: EventType | "*";
  readonly name: string | undefined;
  readonly call: EventHandler<Event>;
  readonly tally: HandlerTally;
  /** Calls for the Event at the cursor that failed. */
  failedCalls: number;
  cursor: number | undefined;
  /** Unnamed: what arrived and was not taken yet. */
  readonly waiting: Event[];
  busy: boolean;
  off: boolean;
}

/** Code that wants to be told of Events. Each handler is called for one Event at a time; they do not wait for each other. */
export class Handlers {
  readonly #options: HandlersOptions;
  readonly #policy: HandlerPolicy;
  readonly #all = new Set<Registered>();
  readonly #stopping = new AbortController();
  #started = false;

  constructor(options: HandlersOptions) {
    this.#options = options;
    this.#policy = { ...defaultPolicy, ...options.policy };
  }

  /**
   * @returns The function that ends it. A named handler that is registered again later goes on where it was.
   * @throws TypeError for a type that does not exist, or a name that is taken.
   */
  on(type: "*", handler: EventHandler, options?: HandlerOptions): () => void;
  on<Type extends EventType>(type: Type, handler: EventHandler<Event<Type>>, options?: HandlerOptions): () => void;
  on(type: EventType | "*", handler: EventHandler<never>, { name }: HandlerOptions = {}): () => void {
    this.#check(type, name);
    const registered: Registered = {
      type,
      name,
      call: handler as EventHandler<Event>,
      tally: new HandlerTally(),
      failedCalls: 0,
      cursor: undefined,
      waiting: [],
      busy: false,
      off: false,
    };
    this.#all.add(registered);
    if (this.#started) {
      this.#begin(registered).catch((error: unknown) => this.#options.onError(`handler ${name} did not begin`, error));
    }
    return () => {
      registered.off = true;
      this.#all.delete(registered);
    };
  }

  /** From here on named handlers miss nothing. @throws StoreError */
  async start(): Promise<void> {
    this.#started = true;
    for (const registered of this.#all) await this.#begin(registered);
  }

  /** Tells handlers under way to end; calls no more. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Wakes named handlers, and calls the unnamed ones. */
  heard(arrived: readonly { readonly event: Event }[]): void {
    for (const registered of this.#all) {
      const wanted = arrived.filter(({ event }) => wants(registered, event)).map(({ event }) => event);
      if (wanted.length === 0) continue;
      if (registered.name !== undefined) this.#wake(registered.name);
      else this.#queue(registered, wanted);
    }
  }

  /** Calls a named handler for what it has not had yet; answers when to come again. @throws StoreError */
  async drain(lane: string): Promise<number | undefined> {
    const { tenant, store, clock } = this.#options;
    const name = lane.slice(lanePrefix.length);
    const registered = [...this.#all].find((each) => each.name === name);
    if (!registered || this.#stopping.signal.aborted) return undefined;
    const after = registered.cursor ?? (await this.#begin(registered));
    const newest = await store.newestEvent(tenant);
    const types = registered.type === "*" ? [] : [registered.type];
    const page = await store.events(tenant, { types }, { after, limit: PAGE });
    for (const { seq, event } of page) {
      if (registered.off || this.#stopping.signal.aborted) return undefined;
      const dueAt = await this.#callOrWait(registered, event);
      if (dueAt !== undefined) return dueAt;
      await this.#move(registered, name, seq);
    }
    if (page.length === PAGE) return clock.now();
    if (newest > (registered.cursor ?? 0)) await this.#move(registered, name, newest);
    return undefined;
  }

  async reports(): Promise<HandlerReport[]> {
    const newest = await this.#options.store.newestEvent(this.#options.tenant);
    return [...this.#all].map(({ name, type, tally, cursor, waiting }) => ({
      ...(name === undefined ? {} : { name }),
      type,
      calls: tally.calls,
      failures: tally.failures,
      skipped: tally.skipped,
      p50Ms: tally.percentileMs(0.5),
      p99Ms: tally.percentileMs(0.99),
      lastError: tally.lastError,
      behind: name === undefined ? waiting.length : Math.max(newest - (cursor ?? newest), 0),
    }));
  }

  #check(type: string, name: string | undefined): void {
    if (type !== "*" && !(eventTypes as readonly string[]).includes(type)) {
      throw new TypeError(`there is no event type "${type}"; expected "*" or one of ${eventTypes.join(", ")}`);
    }
    if (name === undefined) return;
    if (!/^[\w.-]{1,64}$/.test(name)) {
      throw new TypeError(`found the handler name "${name}", expected 1 to 64 letters, digits, dots, dashes`);
    }
    if ([...this.#all].some((each) => each.name === name)) {
      throw new TypeError(`a handler named "${name}" is registered already; each needs a name of its own`);
    }
  }

  async #begin(registered: Registered): Promise<number> {
    const { tenant, store } = this.#options;
    if (registered.name === undefined) return 0;
    registered.cursor ??= await store.handlerCursor(tenant, registered.name);
    this.#wake(registered.name);
    return registered.cursor;
  }

  #wake(name: string): void {
    this.#options.wake(lanePrefix + name, this.#options.clock.now());
  }

  async #move(registered: Registered, name: string, cursor: number): Promise<void> {
    await this.#options.store.moveHandler(this.#options.tenant, name, cursor);
    registered.cursor = cursor;
  }

  /** Undefined when the cursor may move on; else when to call again. */
  async #callOrWait(registered: Registered, event: Event): Promise<number | undefined> {
    const { attempts, initialDelayMs, maxDelayMs } = this.#policy;
    const { onError, clock } = this.#options;
    try {
      await this.#call(registered, event, registered.failedCalls + 1);
      registered.failedCalls = 0;
      return undefined;
    } catch (error) {
      registered.failedCalls++;
      if (registered.failedCalls < attempts) {
        const delay = Math.min(initialDelayMs * 2 ** Math.min(registered.failedCalls - 1, 30), maxDelayMs);
        return clock.now() + delay;
      }
      registered.failedCalls = 0;
      registered.tally.skipped++;
      onError(`handler ${registered.name} gave event ${event.id} up after ${attempts} calls`, error);
      return undefined;
    }
  }

  #queue(registered: Registered, events: readonly Event[]): void {
    for (const event of events) {
      if (registered.waiting.length < this.#policy.maxWaiting) registered.waiting.push(event);
      else registered.tally.skipped++;
    }
    if (!registered.busy) void this.#callWaiting(registered);
  }

  async #callWaiting(registered: Registered): Promise<void> {
    registered.busy = true;
    for (let event = registered.waiting.shift(); event; event = registered.waiting.shift()) {
      if (registered.off || this.#stopping.signal.aborted) break;
      try {
        await this.#call(registered, event, 1);
      } catch (error) {
        this.#options.onError(`a handler of ${registered.type} failed on event ${event.id}`, error);
      }
    }
    registered.busy = false;
  }

  async #call({ call, tally }: Registered, event: Event, attempt: number): Promise<void> {
    const { clock } = this.#options;
    const { timeoutMs } = this.#policy;
    const startedAt = clock.now();
    const late = new AbortController();
    const expired = Promise.withResolvers<never>();
    const cancel = clock.at(startedAt + timeoutMs, () => {
      const reason = new Error(`the handler did not end within ${timeoutMs} ms`);
      late.abort(reason);
      expired.reject(reason);
    });
    const signal = AbortSignal.any([late.signal, this.#stopping.signal]);
    try {
      await Promise.race([Promise.resolve(call(event, { attempt, signal })), expired.promise]);
    } catch (error) {
      tally.failed(clock.now(), error);
      throw error;
    } finally {
      cancel();
      tally.called(clock.now() - startedAt);
    }
  }
}

function wants({ type }: Registered, event: Event): boolean {
  return type === "*" || type === event.type;
}

import type { Clock } from "./clock.ts";
import { Heap } from "./heap.ts";
import type { Drain, Queue } from "./queue.ts";

export interface MemoryQueueOptions {
  readonly drain: Drain;
  readonly clock: Clock;
  /** Lanes that run at once. */
  readonly concurrency: number;
  /** The group a lane belongs to, and how many lanes of one group run at once. */
  readonly groupOf: (lane: string) => string;
  readonly groupConcurrency: number;
  /** A drain threw. The lane is tried again after `retryMs`. */
  readonly onError: (lane: string, error: unknown) => void;
  readonly retryMs: number;
}

interface Lane {
  /** When it is next due; Infinity when nothing is known to wait. */
  dueAt: number;
  running: boolean;
  /** Was it woken while it ran? Then its drain may have looked before there was something to see. */
  wokenFor: number;
}

interface Group {
  running: number;
  /** Lanes that are due but wait for a place, oldest first. */
  readonly ready: Set<string>;
}

/**
 * Lanes in memory: a heap of those that wait for their time, and a line per group of those that wait for a place.
 * Groups take turns, and a lane that still has work goes to the end of its group's line, so neither a busy lane
 * nor a busy group holds up the others.
 */
export class MemoryQueue implements Queue {
  readonly #options: MemoryQueueOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #groups = new Map<string, Group>();
  readonly #later = new Heap<string>();
  readonly #turns: string[] = [];
  #running = 0;
  #started = false;
  #cancelTimer: () => void = () => {};
  #timerAt = Number.POSITIVE_INFINITY;
  #idle: (() => void)[] = [];

  constructor(options: MemoryQueueOptions) {
    this.#options = options;
  }

  wake(name: string, dueAt: number): void {
    const lane = this.#lane(name);
    if (lane.running) {
      lane.wokenFor = Math.min(lane.wokenFor, dueAt);
      return;
    }
    if (dueAt >= lane.dueAt) return;
    lane.dueAt = dueAt;
    this.#schedule(name, dueAt);
    this.#pump();
  }

  start(): void {
    this.#started = true;
    this.#pump();
  }

  async stop(): Promise<void> {
    this.#started = false;
    this.#cancelTimer();
    this.#timerAt = Number.POSITIVE_INFINITY;
    if (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #lane(name: string): Lane {
    let lane = this.#lanes.get(name);
    if (!lane) {
      lane = { dueAt: Number.POSITIVE_INFINITY, running: false, wokenFor: Number.POSITIVE_INFINITY };
      this.#lanes.set(name, lane);
    }
    return lane;
  }

  #schedule(name: string, dueAt: number): void {
    if (dueAt > this.#options.clock.now()) this.#later.push(dueAt, name);
    else this.#makeReady(name);
  }

  #makeReady(name: string): void {
    const group = this.#options.groupOf(name);
    let state = this.#groups.get(group);
    if (!state) {
      state = { running: 0, ready: new Set() };
      this.#groups.set(group, state);
      this.#turns.push(group);
    }
    state.ready.add(name);
  }

  /** Starts what is due and has a place, then sets the timer for what comes next. */
  #pump(): void {
    if (!this.#started) return;
    const now = this.#options.clock.now();
    while ((this.#later.firstKey ?? Number.POSITIVE_INFINITY) <= now) {
      const name = this.#later.pop();
      const lane = name === undefined ? undefined : this.#lanes.get(name);
      // The heap may hold a lane twice, or one that ran in between: what the lane says itself counts.
      if (name !== undefined && lane && !lane.running && lane.dueAt <= now) this.#makeReady(name);
    }
    while (this.#running < this.#options.concurrency) {
      const name = this.#takeReady();
      if (name === undefined) break;
      void this.#run(name);
    }
    this.#setTimer();
  }

  /** The next lane in turn whose group has a place. */
  #takeReady(): string | undefined {
    for (let looked = 0; looked < this.#turns.length; looked++) {
      const turn = this.#turns.shift();
      if (turn === undefined) return undefined;
      this.#turns.push(turn);
      const group = this.#groups.get(turn);
      if (!group || group.ready.size === 0 || group.running >= this.#options.groupConcurrency) continue;
      const [name] = group.ready;
      if (name === undefined) continue;
      group.ready.delete(name);
      group.running++;
      return name;
    }
    return undefined;
  }

  async #run(name: string): Promise<void> {
    const lane = this.#lane(name);
    const group = this.#groups.get(this.#options.groupOf(name));
    lane.running = true;
    lane.dueAt = Number.POSITIVE_INFINITY;
    lane.wokenFor = Number.POSITIVE_INFINITY;
    this.#running++;
    let dueAt: number | undefined;
    try {
      dueAt = await this.#options.drain(name);
    } catch (error) {
      dueAt = this.#options.clock.now() + this.#options.retryMs;
      this.#options.onError(name, error);
    }
    this.#running--;
    if (group) group.running--;
    lane.running = false;
    lane.dueAt = Math.min(dueAt ?? Number.POSITIVE_INFINITY, lane.wokenFor);
    if (lane.dueAt === Number.POSITIVE_INFINITY) this.#lanes.delete(name);
    else this.#schedule(name, lane.dueAt);
    this.#pump();
    if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #setTimer(): void {
    const next = this.#later.firstKey ?? Number.POSITIVE_INFINITY;
    if (next === this.#timerAt) return;
    this.#cancelTimer();
    this.#timerAt = next;
    if (next === Number.POSITIVE_INFINITY) return;
    this.#cancelTimer = this.#options.clock.at(next, () => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.#pump();
    });
  }
}

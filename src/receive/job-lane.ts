import type { Job, JobStore } from "../store/store.ts";

/** Time as this room sees it. */
export interface JobClock {
  /** Epoch milliseconds. */
  now(): number;
  /** Calls back once at or after `at` (epoch milliseconds); gives a function that calls it off. */
  at(at: number, callback: () => void): () => void;
}

export type JobOutcome =
  | { readonly kind: "done" }
  /** @param attempts Those that counted, this one included. */
  | { readonly kind: "later"; readonly dueAt: number; readonly attempts: number; readonly error?: string };

export interface JobLaneOptions {
  /** Names the work in the store. */
  readonly kind: string;
  readonly store: JobStore;
  readonly clock: JobClock;
  /** How many run at the same time. */
  readonly atOnce: number;
  /** Longer than any run takes: after that, a job whose process died is taken by another. Milliseconds. */
  readonly holdMs: number;
  /** What it throws leaves the job to be taken again. */
  readonly run: (job: Job) => Promise<JobOutcome>;
  readonly onError: (what: string, error: unknown) => void;
}

/** Runs stored jobs of one kind when they are due. What is stored survives a restart; nothing else needs to. */
export class JobLane {
  readonly #options: JobLaneOptions;
  readonly #running = new Set<Promise<void>>();
  #cancel: (() => void) | undefined;
  #looking: Promise<void> | undefined;
  #again = false;
  #stopped = true;

  constructor(options: JobLaneOptions) {
    this.#options = options;
  }

  /** Harmless to repeat. */
  start(): void {
    this.#stopped = false;
    this.wake();
  }

  /** Something may have become due. */
  wake(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
      // Woken after the last look was taken.
      if (this.#again) this.wake();
    });
  }

  /** Resolves when nothing runs any more. Harmless to repeat, or before `start`. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#looking;
    await Promise.all(this.#running);
  }

  async #look(): Promise<void> {
    const { kind, store, clock, atOnce, holdMs, onError } = this.#options;
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        const free = atOnce - this.#running.size;
        // The first that ends looks again.
        if (free <= 0) return;
        const now = clock.now();
        const jobs = await store.takeJobs(kind, now, now + holdMs, free);
        for (const job of jobs) this.#start(job);
      }
      const next = this.#stopped ? undefined : await store.nextJobAt(kind);
      if (next !== undefined) this.#sleep(next);
    } catch (error) {
      this.#again = false;
      onError(`jobs of kind ${kind} could not be read; it is tried again`, error);
      this.#sleep(clock.now() + retryMs);
    }
  }

  #sleep(until: number): void {
    this.#cancel?.();
    if (this.#stopped) return;
    // Never busy: what is due and could not be taken is another process's for now.
    this.#cancel = this.#options.clock.at(Math.max(until, this.#options.clock.now() + 1), () => this.wake());
  }

  #start(job: Job): void {
    const { kind, run, onError } = this.#options;
    const running = run(job)
      .then((outcome) => this.#record(job, outcome))
      .catch((error: unknown) => onError(`job ${kind} ${job.key} stopped; it is tried again`, error))
      .finally(() => {
        this.#running.delete(running);
        this.wake();
      });
    this.#running.add(running);
  }

  #record({ key, attempts }: Job, outcome: JobOutcome): Promise<void> {
    const { kind, store, clock } = this.#options;
    if (outcome.kind === "done") return store.deleteJob(kind, key);
    // Whatever went wrong because the hub was ended does not count.
    if (this.#stopped) return store.postponeJob(kind, key, clock.now(), attempts);
    return store.postponeJob(kind, key, outcome.dueAt, outcome.attempts, outcome.error);
  }
}

const retryMs = 5_000;

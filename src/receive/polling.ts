import { describe } from "../model/platform-error.ts";
import { type App, AppFailure, type StatusAnswer, type WatchedMessage } from "../platforms/app-calls.ts";
import type { ParsedEvent } from "../platforms/receiving.ts";
import type { Job, JobStore } from "../store/store.ts";
import type { Place, ReceivingAccounts } from "./accounts.ts";
import { type JobClock, JobLane, type JobOutcome } from "./job-lane.ts";
import { nextPollAt } from "./polling-schedule.ts";
import type { Reception } from "./reception.ts";
import type { AppTokens } from "./tokens.ts";

export interface StatusPollingOptions {
  readonly store: JobStore;
  readonly accounts: () => ReceivingAccounts;
  readonly apps: ReadonlyMap<string, App>;
  readonly tokens: AppTokens;
  readonly reception: Pick<Reception, "store">;
  readonly clock: JobClock;
  /** Told when a message is given up. `error` holds no secret. */
  readonly onGivenUp: (message: Watched, error: string) => void;
  readonly onError: (what: string, error: unknown) => void;
}

/** A message that somebody wants to know the fate of. */
export interface Watched extends Place, WatchedMessage {}

export type WatchResult =
  | { readonly outcome: "watching"; readonly nextAt: number }
  /** It is asked about already. */
  | { readonly outcome: "known" }
  | { readonly outcome: "unknown-account" }
  /** The platform does not answer for this kind. `kinds`: those that it answers for. */
  | { readonly outcome: "unknown-kind"; readonly kinds: readonly string[] }
  | { readonly outcome: "lacking"; readonly field: "chat" | "agent" }
  /** The platform answers for so long after sending. */
  | { readonly outcome: "too-old"; readonly limitMs: number }
  | { readonly outcome: "too-many" };

const kind = "status";
const timeoutMs = 15_000;
/** Messages that are asked about at the same time. */
const mostWatched = 100_000;

/** Asks platforms what became of messages where they only answer questions. What they say becomes Events. */
export class StatusPolling {
  readonly #options: StatusPollingOptions;
  readonly #lane: JobLane;

  constructor(options: StatusPollingOptions) {
    this.#options = options;
    const { store, clock, onError } = options;
    const run = (job: Job) => this.#ask(job);
    this.#lane = new JobLane({ kind, store, clock, atOnce: 4, holdMs: 300_000, run, onError });
  }

  start(): void {
    this.#lane.start();
  }

  /** Harmless to repeat. */
  stop(): Promise<void> {
    return this.#lane.stop();
  }

  /**
   * Asks from now on; at once where it was sent a while ago.
   *
   * @param sentAt Epoch milliseconds; just now, when absent or ahead.
   */
  async watch(message: Watched, sentAt?: number): Promise<WatchResult> {
    const { store, clock, accounts, apps } = this.#options;
    const statuses = apps.get(message.platform)?.statuses ?? {};
    if (!accounts().at(message)) return { outcome: "unknown-account" };
    const query = Object.hasOwn(statuses, message.kind) ? statuses[message.kind] : undefined;
    if (!query) return { outcome: "unknown-kind", kinds: Object.keys(statuses) };
    const lacking = query.needs.find((field) => message[field] === undefined);
    if (lacking) return { outcome: "lacking", field: lacking };
    if ((await store.jobCount(kind)) >= mostWatched) return { outcome: "too-many" };
    const now = clock.now();
    const sent = Math.min(sentAt ?? now, now);
    if (now - sent >= query.limitMs) return { outcome: "too-old", limitMs: query.limitMs };
    const nextAt = Math.max(nextPollAt(sent, sent, query.limitMs) ?? now, now);
    const key = JSON.stringify([message.tenant, message.platform, message.account, message.messageId]);
    const added = await store.addJobs(kind, [{ key, dueAt: nextAt, data: message }], sent);
    this.#lane.wake();
    return added > 0 ? { outcome: "watching", nextAt } : { outcome: "known" };
  }

  async #ask(job: Job): Promise<JobOutcome> {
    const { accounts, apps, tokens, reception, clock } = this.#options;
    const message = job.data as Watched;
    const account = accounts().at(message);
    const app = apps.get(message.platform);
    const query = app?.statuses?.[message.kind];
    if (!account || !app || !query) return this.#giveUp(message, "the account is no longer configured");
    const next = () => nextPollAt(job.createdAt, clock.now(), query.limitMs);
    try {
      const call = tokens.callFor(account, app, timeoutMs);
      const answer = await query.ask(message, call);
      const events = eventsOf(message.messageId, answer, clock.now());
      if (events.length > 0) await reception.store(account, events, JSON.stringify(answer.states));
      const dueAt = next();
      return answer.final || dueAt === undefined ? { kind: "done" } : { kind: "later", dueAt, attempts: 0 };
    } catch (failure) {
      if (!(failure instanceof AppFailure)) throw failure;
      const { error } = failure;
      const dueAt = next();
      const isOver = error.kind === "rejected" || error.kind === "unauthorized" || dueAt === undefined;
      if (isOver) return this.#giveUp(message, describe(error));
      const wait = clock.now() + (error.retryAfterMs ?? 60_000);
      const soonest = error.kind === "rate-limited" ? wait : Math.min(dueAt, wait);
      return { kind: "later", dueAt: soonest, attempts: job.attempts + 1, error: describe(error) };
    }
  }

  #giveUp(message: Watched, error: string): JobOutcome {
    this.#options.onGivenUp(message, error);
    return { kind: "done" };
  }
}

/** One Event for each state of each person, however often it is told. */
function eventsOf(messageId: string, { states }: StatusAnswer, now: number): ParsedEvent[] {
  return states.map(({ state, person, reason, at }) => ({
    type: "yizhan.message.status",
    at: at ?? now,
    key: `asked:${messageId}:${state}:${person?.id ?? ""}`,
    data: {
      messageId,
      state,
      ...(person === undefined ? {} : { person }),
      ...(reason === undefined ? {} : { reason }),
    },
  }));
}

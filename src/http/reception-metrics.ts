import type { Event } from "../model/event.ts";
import type { RefusalReason } from "../platforms/receiving.ts";
import type { Place } from "../receive/accounts.ts";
import type { ReceiveObserver } from "../receive/observer.ts";
import type { ReplyObserver, ReplyOutcome } from "../receive/reply-observer.ts";
import { Counter } from "./counter.ts";

export interface RefusalCountsOptions {
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: { warn(fields: object, text: string): void };
}

/** What is known of one account's callbacks since the start. */
export interface AccountHealth {
  /** Epoch milliseconds. */
  readonly lastEventAt?: number | undefined;
  readonly refusals: Readonly<Partial<Record<RefusalReason, number>>>;
}

/** The same complaint about the same account is logged this often; all are counted. */
const LOG_EVERY_MS = 60_000;

/** Counts callbacks for `/metrics` and the status, and says in the log what to fix. */
export class RefusalCounts implements ReceiveObserver, ReplyObserver {
  readonly #options: RefusalCountsOptions;
  readonly #callbacks = new Counter("yizhan_callbacks_total", "Callbacks, by what became of them.", [
    "platform",
    "outcome",
  ]);
  readonly #events = new Counter("yizhan_events_total", "Events stored.", ["platform"]);
  readonly #replies = new Counter("yizhan_replies_total", "Replies in answers to callbacks, by what became of them.", [
    "platform",
    "outcome",
  ]);
  readonly #refusals = new Map<string, Partial<Record<RefusalReason, number>>>();
  readonly #lastEvents = new Map<string, number>();
  readonly #logged = new Map<string, number>();

  constructor(options: RefusalCountsOptions) {
    this.#options = options;
  }

  received(platform: string, fresh: number, repeated: number): void {
    this.#callbacks.add(platform, fresh === 0 && repeated > 0 ? "repeated" : "stored");
    for (let event = 0; event < fresh; event++) this.#events.add(platform);
  }

  refused({ platform, name }: { platform: string; name: string }, reason: RefusalReason, advice: string): void {
    this.#callbacks.add(platform, reason);
    const key = keyOf(platform, name);
    const counts = this.#refusals.get(key) ?? {};
    counts[reason] = (counts[reason] ?? 0) + 1;
    this.#refusals.set(key, counts);
    this.#warn(`${key}\n${reason}`, { platform, account: name, reason }, `a callback was refused: ${advice}`);
  }

  replied({ platform, name }: { platform: string; name: string }, outcome: ReplyOutcome, detail?: string): void {
    this.#replies.add(platform, outcome);
    if (detail === undefined) return;
    const key = `${keyOf(platform, name)}\nreply ${outcome}`;
    const words = outcome === "cut" ? "a reply was cut" : "nobody was replied to";
    this.#warn(key, { platform, account: name, outcome }, `${words}: ${detail}`);
  }

  /** What the caller wrote is neither a label nor a key: anyone can write anything there. */
  unknownAccount({ platform, account }: Place): void {
    this.#callbacks.add("unknown", "unknown-account");
    const shown = { platform: platform.slice(0, 64), account: account.slice(0, 64) };
    this.#warn("", shown, "a callback came for an account that does not exist: is the address the one shown for it?");
  }

  /** To be told of what is stored. */
  readonly heard = (arrived: readonly { readonly event: Event }[]): void => {
    const now = this.#options.now();
    for (const { event } of arrived) this.#lastEvents.set(keyOf(event.platform, event.account), now);
  };

  health(platform: string, name: string): AccountHealth {
    const key = keyOf(platform, name);
    return { lastEventAt: this.#lastEvents.get(key), refusals: { ...this.#refusals.get(key) } };
  }

  /** In Prometheus' text format 0.0.4. */
  render(): string {
    return this.#callbacks.render() + this.#events.render() + this.#replies.render();
  }

  #warn(key: string, fields: object, text: string): void {
    const now = this.#options.now();
    if (now - (this.#logged.get(key) ?? Number.NEGATIVE_INFINITY) < LOG_EVERY_MS) return;
    this.#logged.set(key, now);
    this.#options.log.warn(fields, text);
  }
}

function keyOf(platform: string, name: string): string {
  return `${platform}\n${name}`;
}

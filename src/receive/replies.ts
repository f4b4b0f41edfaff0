import { randomBytes } from "node:crypto";
import type { Event } from "../model/event.ts";
import { type Reply, ReplyRefused } from "../model/reply.ts";
import type { ParsedEvent } from "../platforms/receiving.ts";
import { checkParts, type ReplyRules, type ReplyWay } from "../platforms/replying.ts";
import type { EventStore } from "../store/store.ts";
import type { ReceivingAccount } from "./accounts.ts";
import { PendingReply, type ReplyEnding } from "./pending-reply.ts";
import type { ReplyObserver, ReplyOutcome } from "./reply-observer.ts";

/** Who has words for people; declared here, found in the room of handlers. */
export interface Replier {
  /** Who replies to such Events; undefined when nobody does. Asked for every callback, so it must be quick. */
  find(event: Pick<Event, "tenant" | "type" | "platform" | "account">): Asked | undefined;
}

export interface Asked {
  /** How many of the platform's tries may go by before it is answered without a reply. */
  readonly tries: number;
  /** Undefined: nothing to say. May throw, and may go on after the signal; then nobody listens any more. */
  ask(event: Event, signal: AbortSignal): Promise<Reply | undefined>;
}

/** Time as replies see it; the queue's clock fits. */
export interface ReplyClock {
  /** Epoch milliseconds. */
  now(): number;
  /** Calls back once at or after `at` (epoch milliseconds); gives a function that calls it off. */
  at(at: number, callback: () => void): () => void;
}

export interface RepliesOptions {
  readonly replier: Replier;
  readonly store: Pick<EventStore, "event" | "eventByKey">;
  readonly clock: ReplyClock;
  readonly observer: ReplyObserver;
  /** Replies under way or remembered at once; the oldest that are over are forgotten for new ones. */
  readonly most?: number;
}

type Account = Pick<ReceivingAccount, "tenant" | "platform" | "name">;

/** What one callback told. */
export interface Told {
  /** The Event with this key as it was stored just now; undefined for a repeat. */
  readonly fresh: (key: string) => Event | undefined;
}

/** Somebody replies to this Event of the callback. */
export interface Wanted {
  readonly asked: Asked;
  readonly key: string;
}

/**
 * How long a reply is remembered after the callback: longer than the tries of any platform take. A repeat that comes
 * later is no longer one of those tries, and is answered without a reply.
 */
const REMEMBERED_MS = 60_000;

const LOOKED_AT = 100;

/** A platform hangs up when its patience is over; a second later nobody reads what is answered. */
const HUNG_UP_MS = 1_000;

/**
 * Has people replied to in the answers to the platforms' own calls, each within the platform's deadline: whoever is
 * late, throws or says what cannot be shown leaves the answer without a reply. What a replier said is remembered, so
 * that a repeat of the callback is answered alike, and joins it while it is still thinking.
 */
export class Replies {
  readonly #options: RepliesOptions;
  /** By account and Event key, oldest first. */
  readonly #pending = new Map<string, PendingReply>();
  /** Those of platforms that ask for the next state of a text, by the text's id, which is the Event's. */
  readonly #streams = new Map<string, PendingReply>();
  /** Calls off what waits for a reply's time, and forgets the reply; oldest first. */
  readonly #forget = new Map<PendingReply, () => void>();
  #stopped = false;

  constructor(options: RepliesOptions) {
    this.#options = options;
  }

  /** The first of the Events that somebody replies to. */
  find({ tenant, platform, name }: Account, events: readonly ParsedEvent[]): Wanted | undefined {
    for (const { type, key } of events) {
      const asked = this.#options.replier.find({ tenant, type, platform, account: name });
      if (asked) return { asked, key };
    }
    return undefined;
  }

  /** The answer with the reply; undefined when the platform is to get its usual one. @throws StoreError */
  async answer<Answer>(
    account: Account,
    told: Told,
    { asked, key }: Wanted,
    way: ReplyWay<Answer>,
  ): Promise<Answer | undefined> {
    const place = keyOf(account, key);
    // Two repeats at once after a restart: the second must find what the first began.
    const event = told.fresh(key) ?? (this.#pending.has(place) ? undefined : await this.#storedLately(account, key));
    const known = this.#pending.get(place) ?? (event && this.#streams.get(event.id));
    const pending = known ?? (event && this.#begin({ account, place, event, asked, rules: way.rules }));
    if (!pending) return undefined;
    pending.tries++;
    await this.#patience(pending, Math.min(asked.tries, way.rules.tries), way.rules);
    return this.#sealed(pending, "callback", way);
  }

  /** The next state of a text that grows; undefined for one that is not known here. @throws StoreError */
  async poll<Answer>(account: Account, id: string, way: ReplyWay<Answer>): Promise<Answer | undefined> {
    const known = this.#streams.get(id) ?? (await this.#resumed(account, id, way.rules));
    return known && isSame(known.account, account) ? this.#sealed(known, "poll", way) : undefined;
  }

  /** Ends repliers; callbacks under way are answered without. Harmless to repeat. */
  stop(): void {
    this.#stopped = true;
    for (const [pending, forget] of this.#forget) {
      forget();
      pending.abandon();
    }
  }

  /** Waits for the reply for as long as this try of the platform allows. */
  async #patience(pending: PendingReply, tries: number, rules: ReplyRules): Promise<void> {
    const isHeld = !rules.stream && pending.tries < tries;
    const limitMs = isHeld ? rules.tryMs + HUNG_UP_MS : rules.withinMs;
    if (await this.#settles(pending, limitMs)) return;
    if (rules.stream) pending.grow();
    else if (!isHeld) this.#tell(pending, "late", `nothing came within ${limitMs} ms`);
  }

  async #settles(pending: PendingReply, limitMs: number): Promise<boolean> {
    const { clock } = this.#options;
    const late = Promise.withResolvers<false>();
    const callOff = clock.at(clock.now() + limitMs, () => late.resolve(false));
    try {
      return await Promise.race([pending.settled.then(() => true), late.promise]);
    } finally {
      callOff();
    }
  }

  #sealed<Answer>(pending: PendingReply, why: "callback" | "poll", way: ReplyWay<Answer>): Answer | undefined {
    const content = pending.content(why);
    if (!content) return undefined;
    try {
      const answer = way.answer(content, { nowMs: this.#options.clock.now(), randomBytes });
      pending.shown(content);
      this.#tell(pending, "replied");
      return answer;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      pending.refuse();
      this.#tell(pending, "refused", error.message);
      return undefined;
    }
  }

  #begin({ account, place, event, asked, rules }: Beginning): PendingReply | undefined {
    const { clock, observer, most = 10_000 } = this.#options;
    if (this.#stopped) return undefined;
    if (this.#forget.size >= most && !this.#makeRoom()) {
      observer.replied(account, "busy", `${most} replies are under way already, and no more are asked for`);
      return undefined;
    }
    const pending = new PendingReply({ id: event.id, account, longestBytes: rules.stream?.bytes });
    const forMs = rules.stream?.forMs ?? (Math.min(asked.tries, rules.tries) - 1) * rules.tryMs + rules.withinMs;
    const callOff = clock.at(clock.now() + forMs, () => pending.timeOut(`the ${forMs} ms for a reply are over`));
    const callOffForgetting = clock.at(clock.now() + Math.max(REMEMBERED_MS, forMs), () => forget());
    const forget = () => {
      callOff();
      callOffForgetting();
      this.#forget.delete(pending);
      this.#pending.delete(place);
      this.#streams.delete(event.id);
    };
    this.#forget.set(pending, forget);
    this.#pending.set(place, pending);
    if (rules.stream) this.#streams.set(event.id, pending);
    const ask = async () => {
      const reply = await asked.ask(event, pending.signal);
      if (reply) checkParts(reply, rules, account.platform);
      return reply;
    };
    void pending
      .follow(ask)
      .then(
        (ending) => this.#conclude(pending, ending, rules),
        (error: unknown) => this.#complain(pending, error),
      )
      .finally(callOff);
    return pending;
  }

  /**
   * Forgets the oldest reply that nothing is waited for any more: its repeats, should there be any, ask again. False
   * when none is found soon, which is when the oldest are all under way.
   */
  #makeRoom(): boolean {
    let looked = 0;
    for (const [pending, forget] of this.#forget) {
      if (pending.isOver) {
        forget();
        return true;
      }
      if (++looked === LOOKED_AT) return false;
    }
    return false;
  }

  /** For a repeat after a restart: its replier is asked again, with the Event as it was stored the first time. */
  async #storedLately({ tenant, platform, name }: Account, key: string): Promise<Event | undefined> {
    const { store, clock } = this.#options;
    const stored = await store.eventByKey({ tenant, platform, account: name }, key);
    return stored && clock.now() - stored.receivedAt <= REMEMBERED_MS ? stored.event : undefined;
  }

  /** A text that grew when the process ended: its replier is asked again. */
  async #resumed(account: Account, id: string, rules: ReplyRules): Promise<PendingReply | undefined> {
    const { store, clock, replier } = this.#options;
    const { tenant, platform, name } = account;
    const stored = rules.stream && (await store.event(tenant, id));
    const known = this.#streams.get(id);
    if (known || !stored || !rules.stream) return known;
    const { event, receivedAt } = stored;
    if (event.platform !== platform || event.account !== name) return undefined;
    const leftMs = receivedAt + rules.stream.forMs - clock.now();
    const asked = leftMs > 0 ? replier.find(event) : undefined;
    if (!asked) return undefined;
    const shorter = { ...rules, stream: { ...rules.stream, forMs: leftMs } };
    const pending = this.#begin({ account, place: keyOf(account, `stream ${id}`), event, asked, rules: shorter });
    pending?.grow();
    return pending;
  }

  #conclude(pending: PendingReply, ending: ReplyEnding, { stream }: ReplyRules): void {
    if (ending === "none") this.#tell(pending, "none");
    if (ending === "cut") this.#tell(pending, "cut", `a text that grows is cut at ${stream?.bytes} bytes`);
  }

  #complain(pending: PendingReply, error: unknown): void {
    const words = error instanceof Error ? error.message : String(error);
    if (error instanceof ReplyRefused) this.#tell(pending, "refused", words);
    else this.#tell(pending, pending.signal.aborted ? "late" : "failed", words);
  }

  /** Each outcome once a reply. */
  #tell(pending: PendingReply, outcome: ReplyOutcome, detail?: string): void {
    if (this.#stopped || !pending.isNew(outcome)) return;
    this.#options.observer.replied(pending.account, outcome, detail);
  }
}

interface Beginning {
  readonly account: Account;
  readonly place: string;
  readonly event: Event;
  readonly asked: Asked;
  readonly rules: ReplyRules;
}

function isSame(left: Account, right: Account): boolean {
  return keyOf(left, "") === keyOf(right, "");
}

function keyOf({ tenant, platform, name }: Account, key: string): string {
  return `${tenant}\n${platform}\n${name}\n${key}`;
}

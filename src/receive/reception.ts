import { hash, randomBytes } from "node:crypto";
import type { Event } from "../model/event.ts";
import type { NewForwards } from "../model/forward.ts";
import type { JsonObject } from "../platforms/json-fields.ts";
import type { CallbackAnswer, CallbackRequest, ParsedEvent, RefusalReason } from "../platforms/receiving.ts";
import type { StreamFrame } from "../platforms/streaming.ts";
import type { Arrival, EventStore, NewEvent } from "../store/store.ts";
import type { Place, ReceivingAccount, ReceivingAccounts } from "./accounts.ts";
import type { ReceiveObserver } from "./observer.ts";
import type { Replies, Told } from "./replies.ts";

/** How long a nonce is remembered: longer than any receiver's window. */
const NONCE_LIFETIME_MS = 24 * 3_600_000;

export type Received =
  | { readonly kind: "answer"; readonly answer: CallbackAnswer }
  | { readonly kind: "unknown-account" }
  | { readonly kind: "refused"; readonly reason: RefusalReason };

export interface ReceptionOptions {
  readonly store: Pick<EventStore, "arrive">;
  readonly accounts: () => ReceivingAccounts;
  readonly observer: ReceiveObserver;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly newId: (now: number) => string;
  /** Told after the commit, and after the answer has left. */
  readonly onStored: (arrived: readonly ArrivedEvent[]) => void;
  /** Has people replied to in the answers. */
  readonly replies?: Pick<Replies, "find" | "answer" | "poll"> | undefined;
}

/** A relay through which a callback came, on its way to other systems. */
export interface Forwarding {
  /** What is stored for them together with the callback's Events. */
  plan(events: readonly NewEvent[], raw: string): NewForwards | undefined;
  /** One of them answers the platform: nobody here is asked for a reply. */
  readonly answers: boolean;
}

export interface ArrivedEvent {
  readonly seq: number;
  readonly event: Event;
}

/** Makes every verified callback stored Events, exactly once, before it is answered. */
export class Reception {
  readonly #options: ReceptionOptions;

  constructor(options: ReceptionOptions) {
    this.#options = options;
  }

  /**
   * @param remote The caller's address, with trusted proxies taken into account.
   * @throws StoreError when the store cannot take it: then the platform must be told to come again.
   */
  async receive(place: Place, request: CallbackRequest, remote: string, forwarding?: Forwarding): Promise<Received> {
    const { accounts, now, observer } = this.#options;
    const account = accounts().at(place);
    if (!account) {
      observer.unknownAccount(place);
      return { kind: "unknown-account" };
    }
    if (account.addresses && !account.addresses.has(remote)) {
      return this.#refuse(account, "forbidden", `${remote} is not in this account's list of allowed addresses`);
    }
    const nowMs = now();
    const callback = account.receiver.receive(request, account.settings, { nowMs, randomBytes });
    switch (callback.kind) {
      case "refused":
        return this.#refuse(account, callback.refusal.reason, callback.refusal.advice);
      case "answered":
        return { kind: "answer", answer: callback.answer };
      case "events": {
        if (callback.poll !== undefined && !forwarding?.answers) {
          const state = await this.#polled(account, request, callback.raw, callback.poll);
          if (state) return { kind: "answer", answer: state };
        }
        const nonce = callback.nonce === undefined ? undefined : nonceOf(callback.nonce, request.body, nowMs);
        const stored = await this.#store(account, callback.events, callback.raw, { nonce, forwarding });
        if (!stored) {
          return this.#refuse(account, "replayed", "a request with this nonce came before with another body");
        }
        if (forwarding?.answers) return { kind: "answer", answer: callback.answer };
        const wanted = this.#options.replies?.find(account, callback.events);
        const way = wanted && account.receiver.way?.(callback.raw, request, account.settings);
        const reply = way && (await this.#options.replies?.answer(account, stored, wanted, way));
        return { kind: "answer", answer: reply ?? callback.answer };
      }
    }
  }

  /** Stores what an account's platform told, by whatever way it came. Resolves once it is on stable storage. */
  async store(account: Account, parsed: readonly ParsedEvent[], raw: string): Promise<void> {
    await this.#store(account, parsed, raw);
  }

  /**
   * Stores what came over a long connection, as `store` does.
   *
   * @returns What the frame is to be answered with for the person; undefined when there is nothing to say.
   */
  async hear(account: Account, { events, raw, way: wayOf, poll }: StreamFrame): Promise<JsonObject | undefined> {
    const { replies } = this.#options;
    const way = wayOf?.();
    if (poll !== undefined) return way && replies?.poll(account, poll, way);
    const stored = await this.#store(account, events, raw);
    const wanted = way && replies?.find(account, events);
    return stored && wanted && replies?.answer(account, stored, wanted, way);
  }

  /** Undefined for a replay. */
  async #store(
    account: Account,
    parsed: readonly ParsedEvent[],
    raw: string,
    { nonce, forwarding }: { nonce?: Arrival["nonce"]; forwarding?: Forwarding | undefined } = {},
  ): Promise<Told | undefined> {
    const { store, now, newId, observer, onStored } = this.#options;
    const receivedAt = now();
    const events = parsed.flatMap(withReply).map((event) => newEvent(event, newId(receivedAt)));
    const { tenant, platform, name } = account;
    const forwards = forwarding?.plan(events, raw);
    const arrived = await store.arrive({ tenant, account: name, platform, receivedAt, events, raw, nonce, forwards });
    if (arrived.outcome === "replayed") return undefined;
    const seqs = new Map(arrived.fresh.map(({ id, seq }) => [id, seq]));
    const fresh = events.flatMap((event) => {
      const seq = seqs.get(event.id);
      return seq === undefined ? [] : [{ seq, event: eventOf(event, account) }];
    });
    observer.received(platform, fresh.length, events.length - fresh.length);
    // After the answer: consumers must not make the platform wait.
    if (fresh.length > 0) setImmediate(onStored, fresh);
    return {
      fresh(key) {
        const made = events.find((event) => event.key === key);
        return fresh.find(({ event }) => event.id === made?.id)?.event;
      },
    };
  }

  /** The next state of a text that grows in answer to an earlier callback: nothing happened, so nothing is stored. */
  async #polled(
    account: ReceivingAccount,
    request: CallbackRequest,
    raw: string,
    id: string,
  ): Promise<CallbackAnswer | undefined> {
    const { replies } = this.#options;
    const way = replies && account.receiver.way?.(raw, request, account.settings);
    return way && replies.poll(account, id, way);
  }

  /** Counts and tells of a callback that was refused unread. */
  tooLarge(place: Place, mostBytes: number): void {
    const account = this.#options.accounts().at(place);
    if (!account) this.#options.observer.unknownAccount(place);
    else this.#refuse(account, "too-large", `its body is over ${mostBytes} bytes: does the platform really call here?`);
  }

  #refuse(account: ReceivingAccount, reason: RefusalReason, advice: string): Received {
    this.#options.observer.refused(account, reason, advice);
    return { kind: "refused", reason };
  }
}

type Account = Pick<ReceivingAccount, "tenant" | "platform" | "name">;

function nonceOf(value: string, body: Uint8Array, nowMs: number): Arrival["nonce"] {
  return { value, bodyHash: hash("sha256", body, "base64url"), until: nowMs + NONCE_LIFETIME_MS };
}

/** A message that answers another is also something that was done to the other. */
function withReply(event: ParsedEvent): ParsedEvent[] {
  if (event.type !== "yizhan.message.received" || event.data.replyTo === undefined) return [event];
  const { sender: person, chat, replyTo: messageId, text: value } = event.data;
  const { subject, at, key } = event;
  const data = { kind: "reply", messageId, person, chat, value } as const;
  return [event, { type: "yizhan.message.interaction", data, subject, at, key: `reply:${key}` }];
}

function newEvent({ type, subject, data, at, key }: ParsedEvent, id: string): NewEvent {
  const message = "messageId" in data ? data.messageId : undefined;
  return { id, type, subject, message, key, at, data };
}

function eventOf({ id, type, subject, at, data }: NewEvent, { tenant, platform, name }: Account): Event {
  return {
    specversion: "1.0",
    id,
    source: `/tenants/${tenant}/accounts/${platform}/${name}`,
    type,
    ...(subject === undefined ? {} : { subject }),
    time: new Date(at).toISOString(),
    datacontenttype: "application/json",
    data: data as Event["data"],
    tenant,
    platform,
    account: name,
  };
}

import { type Event, type EventType, eventTypes } from "../model/event.ts";
import type { Reply } from "../model/reply.ts";
import { HandlerTally } from "./handler-tally.ts";
import { matches } from "./matching.ts";
import type { Replier, ReplierOptions, ReplierReport } from "./replier.ts";
import { replyIn } from "./reply-shape.ts";

/** Another program that replies, as the configuration has it. */
export interface RemoteReplier {
  readonly url: string;
  readonly secret: string;
  /** Empty: every type. */
  readonly types: readonly EventType[];
  /** Absent: every account. */
  readonly accounts?: readonly string[] | undefined;
  readonly tries: number;
}

/** Somebody who replies to an Event. */
export interface Asked {
  readonly tries: number;
  ask(event: Event, signal: AbortSignal): Promise<Reply | undefined>;
}

export interface RepliersOptions {
  readonly tenant: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** @throws what went wrong, without a secret. */
  readonly askRemote: (remote: RemoteReplier, event: Event, signal: AbortSignal) => Promise<unknown>;
}

interface Registered {
  readonly types: readonly string[];
  readonly accounts?: readonly string[] | undefined;
  readonly tries: number;
  readonly url?: string | undefined;
  readonly tally: HandlerTally;
  readonly call: (event: Event, signal: AbortSignal) => unknown;
}

/** Who replies to people: code first, then other programs, each in the order it was registered. */
export class Repliers {
  readonly #options: RepliersOptions;
  readonly #code = new Set<Registered>();
  #remote: readonly Registered[] = [];

  constructor(options: RepliersOptions) {
    this.#options = options;
  }

  /**
   * @returns The function that ends it.
   * @throws TypeError for a type that does not exist, or `tries` other than 1, 2 or 3.
   */
  on(type: "*", replier: Replier, options?: ReplierOptions): () => void;
  on<Type extends EventType>(type: Type, replier: Replier<Event<Type>>, options?: ReplierOptions): () => void;
  on(type: EventType | "*", replier: Replier<never>, { accounts, tries = 1 }: ReplierOptions = {}): () => void {
    if (type !== "*" && !(eventTypes as readonly string[]).includes(type)) {
      throw new TypeError(`there is no event type "${type}"; expected "*" or one of ${eventTypes.join(", ")}`);
    }
    if (![1, 2, 3].includes(tries)) throw new TypeError(`found tries: ${tries}, expected 1, 2 or 3`);
    const call = replier as Replier<Event>;
    const registered: Registered = {
      types: type === "*" ? [] : [type],
      accounts,
      tries,
      tally: new HandlerTally(),
      call: (event, signal) => call(event, { signal }),
    };
    this.#code.add(registered);
    return () => void this.#code.delete(registered);
  }

  /** These other programs reply from now on, and no others. */
  configure(remotes: readonly RemoteReplier[]): void {
    this.#remote = remotes.map((remote) => ({
      types: remote.types,
      accounts: remote.accounts,
      tries: remote.tries,
      url: remote.url,
      tally: new HandlerTally(),
      call: (event, signal) => this.#options.askRemote(remote, event, signal),
    }));
  }

  /** Who replies to such Events: the first of them that has something to say. Undefined when nobody does. */
  find(event: Pick<Event, "tenant" | "type" | "platform" | "account">): Asked | undefined {
    if (this.#code.size === 0 && this.#remote.length === 0) return undefined;
    const { tenant } = this.#options;
    const wanted = [...this.#code, ...this.#remote].filter((each) => matches({ tenant, ...each }, event));
    if (wanted.length === 0) return undefined;
    return {
      tries: Math.max(...wanted.map(({ tries }) => tries)),
      ask: (found, signal) => this.#askInTurn(wanted, found, signal),
    };
  }

  reports(): ReplierReport[] {
    return [...this.#code, ...this.#remote].flatMap(({ types, url, tally }) =>
      (types.length === 0 ? ["*"] : types).map((type) => ({
        type: type as EventType | "*",
        url: url === undefined ? undefined : withoutQuery(url),
        calls: tally.calls,
        failures: tally.failures,
        p50Ms: tally.percentileMs(0.5),
        p99Ms: tally.percentileMs(0.99),
        lastError: tally.lastError,
      })),
    );
  }

  async #askInTurn(wanted: readonly Registered[], event: Event, signal: AbortSignal): Promise<Reply | undefined> {
    for (const { call, tally } of wanted) {
      const startedAt = this.#options.now();
      try {
        const reply = replyIn(await call(event, signal));
        if (reply) return reply;
      } catch (error) {
        tally.failed(this.#options.now(), error);
        throw error;
      } finally {
        tally.called(this.#options.now() - startedAt);
      }
    }
    return undefined;
  }
}

function withoutQuery(url: string): string {
  const parsed = URL.parse(url);
  return parsed ? `${parsed.origin}${parsed.pathname}` : "";
}

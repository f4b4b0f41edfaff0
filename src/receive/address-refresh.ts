import { describe } from "../model/platform-error.ts";
import { type App, AppFailure } from "../platforms/app-calls.ts";
import type { Job, JobStore, StateStore } from "../store/store.ts";
import type { Place, ReceivingAccounts } from "./accounts.ts";
import { type AddressList, addressList } from "./addresses.ts";
import { type JobClock, JobLane, type JobOutcome } from "./job-lane.ts";
import type { AppTokens } from "./tokens.ts";

export interface AddressRefreshOptions {
  readonly store: JobStore & StateStore;
  readonly accounts: () => ReceivingAccounts;
  readonly apps: ReadonlyMap<string, App>;
  readonly tokens: AppTokens;
  readonly clock: JobClock;
  /** Told when a platform's list could not be fetched. `error` holds no secret. */
  readonly onFailure: (place: Place, error: string) => void;
  readonly onError: (what: string, error: unknown) => void;
}

/** The platform's list as it was fetched last, and the one before it: platforms announce changes late. */
interface KnownAddresses {
  readonly current: readonly string[];
  readonly previous: readonly string[];
}

const kind = "addresses";
const timeoutMs = 15_000;
const refreshMs = 24 * 3_600_000;
const [retryFirstMs, retryLongestMs] = [60_000, 3_600_000];
/** More than any platform publishes. */
const mostAddresses = 10_000;

/**
 * Where platforms call from, asked of them daily. Until the first answer nobody is kept out: signatures are verified
 * all the same, and a hub that refused everything until it could ask would lose what it is there for.
 */
export class AddressRefresh {
  readonly #options: AddressRefreshOptions;
  readonly #lane: JobLane;
  readonly #lists = new Map<string, AddressList>();
  readonly #wanted = new Set<string>();

  constructor(options: AddressRefreshOptions) {
    this.#options = options;
    const { store, clock, onError } = options;
    const run = (job: Job) => this.#fetch(job);
    this.#lane = new JobLane({ kind, store, clock, atOnce: 2, holdMs: 120_000, run, onError });
  }

  /** The list of these accounts is kept up to date from now on, and of no others. */
  async configure(places: readonly Place[]): Promise<void> {
    const { store, clock } = this.#options;
    this.#wanted.clear();
    for (const place of places) {
      this.#wanted.add(keyOf(place));
      const known = (await store.state(place.tenant, stateOf(place))) as KnownAddresses | undefined;
      if (known) this.#lists.set(keyOf(place), listOf(known));
    }
    const now = clock.now();
    await store.addJobs(
      kind,
      places.map((place) => ({ key: keyOf(place), dueAt: now, data: place })),
      now,
    );
    this.#lane.wake();
  }

  /** Follows the account's list as it changes. */
  listOf(place: Place): AddressList {
    return { has: (address) => this.#lists.get(keyOf(place))?.has(address) ?? true };
  }

  start(): void {
    this.#lane.start();
  }

  /** Harmless to repeat. */
  stop(): Promise<void> {
    return this.#lane.stop();
  }

  async #fetch(job: Job): Promise<JobOutcome> {
    const { store, accounts, apps, tokens, clock, onFailure } = this.#options;
    const place = job.data as Place;
    const account = accounts().at(place);
    const app = apps.get(place.platform);
    if (!account || !app?.addresses || !this.#wanted.has(keyOf(place))) return { kind: "done" };
    try {
      const fetched = await app.addresses(tokens.callFor(account, app, timeoutMs));
      const current = fetched.slice(0, mostAddresses).filter(isAddress);
      if (current.length > 0) {
        const before = (await store.state(place.tenant, stateOf(place))) as KnownAddresses | undefined;
        const known = followed(before, current);
        await store.saveState(place.tenant, stateOf(place), known);
        this.#lists.set(keyOf(place), listOf(known));
      }
      return { kind: "later", dueAt: clock.now() + refreshMs, attempts: 0 };
    } catch (failure) {
      if (!(failure instanceof AppFailure)) throw failure;
      const error = describe(failure.error);
      onFailure(place, error);
      const wait = Math.min(retryFirstMs * 2 ** Math.min(job.attempts, 10), retryLongestMs);
      return { kind: "later", dueAt: clock.now() + wait, attempts: job.attempts + 1, error };
    }
  }
}

/** The list before a change stays beside the new one until the next change. */
function followed(before: KnownAddresses | undefined, current: readonly string[]): KnownAddresses {
  if (!before) return { current, previous: [] };
  const isSame = current.length === before.current.length && current.every((entry) => before.current.includes(entry));
  return isSame ? before : { current, previous: before.current };
}

function listOf({ current, previous }: KnownAddresses): AddressList {
  return addressList([...new Set([...current, ...previous])]);
}

function isAddress(entry: string): boolean {
  try {
    addressList([entry]);
    return true;
  } catch {
    return false;
  }
}

function keyOf({ tenant, platform, account }: Place): string {
  return JSON.stringify([tenant, platform, account]);
}

function stateOf({ platform, account }: Place): string {
  return `addresses:${platform}/${account}`;
}

import { randomBytes } from "node:crypto";
import { type Caller, type CallReport, createCaller, type Sending, type SendOptions } from "./caller.ts";
import { type CallingPlatform, callingSides } from "./callers/calling-sides.ts";
import { type HappeningInput, happening as happeningSchema } from "./callers/happening.ts";
import type { PostCallback } from "./post-callback.ts";
import { Recent } from "./recent.ts";
import type { Timer } from "./timer.ts";

/** Whose callbacks. */
export interface AccountName {
  readonly platform: CallingPlatform;
  /** The sandbox's own name for it. */
  readonly account: string;
}

const mostAccounts = 10_000;
/** Calls that an account remembers. */
const remembered = 100;

interface Registered extends AccountName {
  readonly settings: unknown;
  readonly sendings: Recent<Sending>;
}

export interface CallbacksOptions {
  readonly timer: Timer;
  readonly post: PostCallback;
  readonly random?: (bytes: number) => Buffer;
}

/** Where the platforms' callbacks go, and what became of those that were sent. */
export class Callbacks {
  readonly #accounts = new Map<string, Registered>();
  readonly #timer: Timer;
  readonly #caller: Caller;
  readonly #random: (bytes: number) => Buffer;
  #sent = 0;

  constructor({ timer, post, random = randomBytes }: CallbacksOptions) {
    this.#timer = timer;
    this.#random = random;
    this.#caller = createCaller({ timer, post, random });
  }

  /**
   * Says where an account's callbacks go and with what they are sealed; replaces what was said before.
   *
   * @param settings As the platform's schema in `callers/` has them.
   * @throws ZodError for settings that are wrong, RangeError when there are too many accounts.
   */
  register({ platform, account }: AccountName, settings: unknown): void {
    const key = keyOf({ platform, account });
    if (this.#accounts.size >= mostAccounts && !this.#accounts.has(key)) {
      throw new RangeError(`${mostAccounts} accounts are registered already; delete some first`);
    }
    const parsed = callingSides[platform].settings.parse(settings);
    this.#accounts.set(key, { platform, account, settings: parsed, sendings: new Recent(remembered) });
  }

  /** @returns whether it was registered. */
  forget(name: AccountName): boolean {
    return this.#accounts.delete(keyOf(name));
  }

  has(name: AccountName): boolean {
    return this.#accounts.has(keyOf(name));
  }

  /** @returns each account with where its callbacks go; never its secrets. */
  list(): (AccountName & { readonly url: string })[] {
    return [...this.#accounts.values()].map(({ platform, account, settings }) => ({
      platform,
      account,
      url: (settings as { readonly url: string }).url,
    }));
  }

  /**
   * Tells the hub of something that happened.
   *
   * @throws RangeError for an account that is not registered, or what the platform never tells of; ZodError for a
   * happening that is none.
   */
  tell(name: AccountName, happened: HappeningInput, options?: SendOptions): Sending {
    const registered = this.#accounts.get(keyOf(name));
    if (!registered) throw new RangeError(unknown(name));
    const happening = happeningSchema.parse(happened);
    const moment = { nowMs: this.#timer.now(), random: this.#random };
    const call = callingSides[name.platform].call(happening, registered.settings, moment);
    const sending = this.#caller.send(call, options);
    registered.sendings.set(String(++this.#sent), sending);
    return sending;
  }

  /** The account's last calls, oldest first; none for an account that is not registered. */
  reports(name: AccountName): CallReport[] {
    return [...(this.#accounts.get(keyOf(name))?.sendings.values() ?? [])].map((sending) => sending.report());
  }

  /** Breaks off what is under way. Harmless to repeat. */
  close(): void {
    this.#caller.close();
  }
}

function unknown({ platform, account }: AccountName): string {
  return `${platform}/${account} is not registered: PUT /sandbox/callbacks/${platform}/${account} with its url first`;
}

function keyOf({ platform, account }: AccountName): string {
  return `${platform}/${account}`;
}

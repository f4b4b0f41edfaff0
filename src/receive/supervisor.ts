import type { Streamer } from "../platforms/streaming.ts";
import type { ReceivingAccount } from "./accounts.ts";
import { type KeeperOptions, type StreamHealth, type StreamingAccount, StreamKeeper } from "./supervisor-keeper.ts";

export interface SupervisorOptions extends KeeperOptions {
  /** By the platform's id. */
  readonly streamers: ReadonlyMap<string, Streamer>;
}

interface Kept {
  /** To tell whether they changed. Holds secrets. */
  readonly settings: string;
  readonly keeper: StreamKeeper;
}

/**
 * Owns the long connections of this process: one for each Account that asks for one and that no other process listens
 * to already. See docs/adr/0006.
 */
export class StreamSupervisor {
  readonly #options: SupervisorOptions;
  readonly #kept = new Map<string, Kept>();
  #changing: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /**
   * Listens to those of these Accounts that ask for it, and to no others. Connections whose settings did not change are
   * left alone; resolves once the others are closed, without waiting for new ones to open.
   */
  configure(accounts: readonly Omit<ReceivingAccount, "receiver">[]): Promise<void> {
    // One change after the other: two at once could open an Account twice.
    this.#changing = this.#changing.then(() => this.#change(accounts));
    return this.#changing;
  }

  /** Undefined for an Account that is not listened to. */
  health({ tenant, platform, name }: Pick<ReceivingAccount, "tenant" | "platform" | "name">): StreamHealth | undefined {
    return this.#kept.get(keyOf({ tenant, platform, name }))?.keeper.health();
  }

  /** Resolves when nothing is left open. Harmless to repeat. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.configure([]);
  }

  async #change(accounts: readonly Omit<ReceivingAccount, "receiver">[]): Promise<void> {
    const wanted = new Map((this.#stopped ? [] : accounts.flatMap((one) => this.#streaming(one))).map(keyed));
    const ended: Promise<void>[] = [];
    for (const [key, { settings, keeper }] of this.#kept) {
      const now = wanted.get(key);
      if (now && saidOf(now) === settings) {
        wanted.delete(key);
        continue;
      }
      this.#kept.delete(key);
      ended.push(keeper.stop());
    }
    await Promise.all(ended);
    for (const [key, account] of wanted) {
      const settings = saidOf(account);
      this.#kept.set(key, { settings, keeper: new StreamKeeper(account, this.#options) });
    }
  }

  #streaming({ tenant, platform, name, settings, proxy }: Omit<ReceivingAccount, "receiver">): StreamingAccount[] {
    const streamer = this.#options.streamers.get(platform);
    return streamer?.wants(settings) ? [{ tenant, platform, name, settings, proxy, streamer }] : [];
  }
}

function saidOf({ settings, proxy }: StreamingAccount): string {
  return JSON.stringify([settings, proxy]);
}

function keyed(account: StreamingAccount): [string, StreamingAccount] {
  return [keyOf(account), account];
}

function keyOf({ tenant, platform, name }: Pick<ReceivingAccount, "tenant" | "platform" | "name">): string {
  return `${tenant}\n${platform}\n${name}`;
}

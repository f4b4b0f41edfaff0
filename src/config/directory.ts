import { createHash } from "node:crypto";
import type { Target } from "../model/plan.ts";
import { type Account, type Channel, defaultTenant, type Recipient } from "../model/recipient.ts";
import { systemPlatform } from "../model/strategy.ts";
import type { Platform } from "../platforms/definition.ts";
import type { Directory } from "../store/store.ts";
import type { Config, ConfiguredAccount, ConfiguredRecipient, Entry } from "./config.ts";

/** What a configuration says, as rows of the default tenant. Equal configurations give equal rows. */
export function directoryOf(config: Config, platforms: readonly Platform[]): Directory {
  const accounts = [...config.accounts].map(([platform, settings]) => accountOf(platform, settings));
  const rows = new Rows(platforms, new Map(accounts.map((account) => [account.platform, account.id])));
  const recipients = config.recipients.map((recipient) => rows.recipient(recipient, config.notifications));
  // Also when there is no Recipient yet to ring them for.
  rows.targets(systemPlatform, config.notifications);
  const receiving = config.receivingAccounts.map(receivingRowOf);
  return { accounts: [...accounts, ...receiving], channels: [...rows.channels.values()], recipients };
}

/** The platform and its address, hashed: the address may be a credential, and ids are shown. */
export function channelId(tenant: string, platform: string, address: string): string {
  const digest = createHash("sha256").update(`${tenant}\n${platform}\n${address}`).digest("hex");
  return `${platform}-${digest.slice(0, 16)}`;
}

function accountOf(platform: string, settings: unknown): Account {
  return { tenant: defaultTenant, id: `${platform}-default`, platform, name: platform, settings };
}

/** Names hold no slash, so no two accounts have one id, and none that of an account that only sends. */
function receivingRowOf({ platform, name, settings }: ConfiguredAccount): Account {
  return { tenant: defaultTenant, id: `${platform}/${name}`, platform, name, settings };
}

class Rows {
  readonly channels = new Map<string, Channel>();
  readonly #platforms: ReadonlyMap<string, Platform>;
  readonly #accounts: ReadonlyMap<string, string>;

  constructor(platforms: readonly Platform[], accounts: ReadonlyMap<string, string>) {
    this.#platforms = new Map(platforms.map((platform) => [platform.id, platform]));
    this.#accounts = accounts;
  }

  recipient({ alias, name, platforms }: ConfiguredRecipient, global: readonly Entry[]): Recipient {
    const groups = platforms
      .filter(({ entries }) => entries.length > 0)
      .map(({ platform, entries }) => ({ platform, targets: this.targets(platform, entries) }));
    const own = groups.filter(({ platform }) => platform === systemPlatform).flatMap(({ targets }) => targets);
    const notifications = withoutRepeats([...own, ...this.targets(systemPlatform, global)]);
    const strategic = groups.filter(({ platform }) => platform !== systemPlatform);
    return { tenant: defaultTenant, alias, name, platforms: strategic, notifications };
  }

  targets(id: string, entries: readonly Entry[]): Target[] {
    if (entries.length === 0) return [];
    const platform = this.#platforms.get(id);
    if (!platform) throw new RangeError(`the configuration names the platform ${id}, which does not exist`);
    return entries.map((entry) => this.#target(platform, entry));
  }

  #target(platform: Platform, { name, settings, rate, proxy }: Entry): Target {
    const id = channelId(defaultTenant, platform.id, platform.address(settings));
    if (!this.channels.has(id)) {
      const account = this.#accounts.get(platform.id);
      this.channels.set(id, {
        tenant: defaultTenant,
        id,
        platform: platform.id,
        ...(account === undefined ? {} : { account }),
        name,
        ...(rate === undefined ? {} : { rate }),
        settings,
        ...(proxy === undefined ? {} : { proxy }),
      });
    }
    return { channel: id, platform: platform.id, name };
  }
}

/** The recipient's own notification and the global one may be the same place: it rings once. */
function withoutRepeats(targets: readonly Target[]): Target[] {
  const seen = new Set<string>();
  return targets.filter(({ channel }) => !seen.has(channel) && seen.add(channel));
}

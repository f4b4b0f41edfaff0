import type { RemoteReplier } from "../dispatch/repliers.ts";
import type { RateWindow } from "../model/rate.ts";
import type { RelaySettings, TunnelSettings } from "../relay/settings.ts";
import type { Sections } from "./schema.ts";

/** A configuration that has been checked. Holds secrets. */
export interface Config extends Sections {
  /** Parsed settings of each platform's account section (`email`), by platform id. */
  readonly accounts: ReadonlyMap<string, unknown>;
  readonly recipients: readonly ConfiguredRecipient[];
  /** The global last resort; empty when it is switched off. */
  readonly notifications: readonly Entry[];
  /** Who talks to the hub: the file's `accounts` and those that the environment describes. */
  readonly receivingAccounts: readonly ConfiguredAccount[];
  /** Programs that people are replied to by. They hold secrets. */
  readonly replies: readonly RemoteReplier[];
  /** The file's, and the one that the environment describes. */
  readonly relays: readonly RelaySettings[];
  readonly tunnels: readonly TunnelSettings[];
}

/** An enabled entry of `accounts`. Platform and name together occur once. */
export interface ConfiguredAccount {
  readonly platform: string;
  readonly name: string;
  /** As the platform's receiving schema parsed it. */
  readonly settings: unknown;
  /** Addresses, ranges and wildcards that may call; absent for anyone whose signature is right. */
  readonly allowedAddresses?: readonly string[];
  /** The HTTP proxy that requests to the platform leave through. May hold a password. */
  readonly proxy?: string;
}

export interface ConfiguredRecipient {
  readonly alias: string;
  readonly name: string;
  /** Enabled ones in the order of the file, by id; the system platform among them. */
  readonly platforms: readonly { readonly platform: string; readonly entries: readonly Entry[] }[];
}

/** One enabled entry of a platform's list. */
export interface Entry {
  readonly name: string;
  /** As the platform's channel schema parsed it. */
  readonly settings: unknown;
  /** Set where the file overrides the platform's published limits. */
  readonly rate?: readonly RateWindow[];
  /** The HTTP proxy that requests to it leave through. May hold a password. */
  readonly proxy?: string;
}

import type { Target } from "./plan.ts";
import type { RateWindow } from "./rate.ts";

/** Whose things these are. Every row has one. */
export interface Tenant {
  readonly id: string;
  readonly name: string;
}

/** The tenant that a configuration file speaks for. */
export const defaultTenant = "default";

/** Credentials on a platform: an SMTP login, an app. Robots carry theirs in the Channel. */
export interface Account {
  readonly tenant: string;
  readonly id: string;
  readonly platform: string;
  readonly name: string;
  /** As the platform's account schema parsed it. Holds secrets. */
  readonly settings: unknown;
}

/** One place a Message can go. */
export interface Channel {
  readonly tenant: string;
  /** Derived from platform and address, so that two Recipients that share a robot share its lane. */
  readonly id: string;
  readonly platform: string;
  /** The Account that sends there, where the platform has Accounts. */
  readonly account?: string | undefined;
  readonly name: string;
  /** Overrides the platform's published limits; empty for none. */
  readonly rate?: readonly RateWindow[] | undefined;
  /** The HTTP proxy that requests to it leave through. An http or https URL; may hold a password. */
  readonly proxy?: string | undefined;
  /** As the platform's channel schema parsed it. Holds secrets. */
  readonly settings: unknown;
}

/** An alias that people push to: platforms in order, each with its Channels in order. */
export interface Recipient {
  readonly tenant: string;
  readonly alias: string;
  readonly name: string;
  readonly platforms: readonly { readonly platform: string; readonly targets: readonly Target[] }[];
  /** What rings when everything above has failed. */
  readonly notifications: readonly Target[];
}

import type { Receiver } from "../platforms/receiving.ts";
import type { AddressList } from "./addresses.ts";

/** An Account that platforms call the hub about. */
export interface ReceivingAccount {
  readonly tenant: string;
  readonly platform: string;
  readonly name: string;
  readonly receiver: Receiver;
  /** As the receiver's schema parsed it. Holds secrets. */
  readonly settings: unknown;
  /** Who may call; absent for anyone whose signature is right. */
  readonly addresses?: AddressList | undefined;
  /** The HTTP proxy that requests to the platform leave through. May hold a password. */
  readonly proxy?: string | undefined;
}

/** Where a callback is meant to go. */
export interface Place {
  readonly tenant: string;
  readonly platform: string;
  readonly account: string;
}

/** The Accounts in force, by place. Replaced as a whole when the configuration changes. */
export class ReceivingAccounts {
  readonly #byPlace: ReadonlyMap<string, ReceivingAccount>;

  constructor(accounts: readonly ReceivingAccount[]) {
    this.#byPlace = new Map(
      accounts.map((account) => [keyOf(account.tenant, account.platform, account.name), account]),
    );
  }

  at({ tenant, platform, account }: Place): ReceivingAccount | undefined {
    return this.#byPlace.get(keyOf(tenant, platform, account));
  }

  all(): readonly ReceivingAccount[] {
    return [...this.#byPlace.values()];
  }
}

function keyOf(tenant: string, platform: string, account: string): string {
  return `${tenant}\n${platform}\n${account}`;
}

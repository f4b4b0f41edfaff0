import { defaultTenant } from "../model/recipient.ts";
import type { Receiver } from "../platforms/receiving.ts";
import type { ReceivingAccount } from "../receive/accounts.ts";
import { addressList } from "../receive/addresses.ts";
import type { Config } from "./config.ts";

/** The configured accounts that platforms call about. Those that are asked instead, such as mailboxes, are not. */
export function receivingAccountsOf(
  { receivingAccounts }: Pick<Config, "receivingAccounts">,
  receivers: ReadonlyMap<string, Receiver>,
): ReceivingAccount[] {
  return receivingAccounts.flatMap(({ platform, name, settings, allowedAddresses }) => {
    const receiver = receivers.get(platform);
    if (!receiver) return [];
    const addresses = allowedAddresses && addressList(allowedAddresses);
    return [{ tenant: defaultTenant, platform, name, receiver, settings, ...(addresses ? { addresses } : {}) }];
  });
}

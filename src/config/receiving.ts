import { defaultTenant } from "../model/recipient.ts";
import type { Receiver } from "../platforms/receiving.ts";
import type { Place, ReceivingAccount } from "../receive/accounts.ts";
import { type AddressList, addressList } from "../receive/addresses.ts";
import { platformAddresses } from "./account-schema.ts";
import type { Config, ConfiguredAccount } from "./config.ts";

/**
 * The configured accounts that platforms call about. Those that are asked instead, such as mailboxes, are not.
 *
 * @param published The addresses that an account's platform publishes.
 */
export function receivingAccountsOf(
  { receivingAccounts }: Pick<Config, "receivingAccounts">,
  receivers: ReadonlyMap<string, Receiver>,
  published: (place: Place) => AddressList = () => anyone,
): ReceivingAccount[] {
  return receivingAccounts.flatMap(({ platform, name, settings, allowedAddresses, proxy }) => {
    const receiver = receivers.get(platform);
    if (!receiver) return [];
    const place = { tenant: defaultTenant, platform, account: name };
    const addresses = allowedAddresses && allowed(allowedAddresses, () => published(place));
    return [{ tenant: defaultTenant, platform, name, receiver, settings, addresses, proxy }];
  });
}

/** While a list is not known. */
const anyone: AddressList = { has: () => true };

/** The accounts that follow the list of their platform. */
export function followingPublished({ receivingAccounts }: Pick<Config, "receivingAccounts">): Place[] {
  const follows = ({ allowedAddresses }: ConfiguredAccount) => allowedAddresses?.includes(platformAddresses) === true;
  return receivingAccounts
    .filter(follows)
    .map(({ platform, name }) => ({ tenant: defaultTenant, platform, account: name }));
}

function allowed(entries: readonly string[], published: () => AddressList): AddressList {
  const written = addressList(entries.filter((entry) => entry !== platformAddresses));
  if (!entries.includes(platformAddresses)) return written;
  const lists = [written, published()];
  return { has: (address) => lists.some((list) => list.has(address)) };
}

import type { Event } from "../model/event.ts";
import type { Subscription } from "../store/store.ts";

/** Does this subscription want this Event? */
export function matches(
  { tenant, types, accounts }: Pick<Subscription, "tenant" | "types" | "accounts">,
  event: Pick<Event, "tenant" | "type" | "platform" | "account">,
): boolean {
  if (event.tenant !== tenant) return false;
  if (types.length > 0 && !types.includes(event.type)) return false;
  return (
    accounts === undefined ||
    accounts.includes(event.account) ||
    accounts.includes(`${event.platform}/${event.account}`)
  );
}

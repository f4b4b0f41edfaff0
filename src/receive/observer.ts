import type { RefusalReason } from "../platforms/receiving.ts";
import type { Place } from "./accounts.ts";

/** What the receive room tells whoever counts and logs. Must not throw. */
export interface ReceiveObserver {
  /** Events of one callback that were stored, and those that had been before. */
  received(platform: string, fresh: number, repeated: number): void;
  /** @param advice What the operator should look at. Holds no secret. */
  refused(account: { readonly platform: string; readonly name: string }, reason: RefusalReason, advice: string): void;
  unknownAccount(place: Place): void;
}

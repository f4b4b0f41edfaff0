import { isBelow } from "./path.ts";
import type { Relay } from "./relay.ts";

/** Finds the relay that a request is for. */
export class RelayRouter {
  #relays: readonly Relay[] = [];

  /** These are in force from now on. Of two prefixes where one is below the other, the longer is looked at first. */
  set(relays: readonly Relay[]): void {
    this.#relays = relays.toSorted((one, other) => other.prefix.length - one.prefix.length);
  }

  get relays(): readonly Relay[] {
    return this.#relays;
  }

  /** @param target The request target as it came: another form than a path is nobody's. */
  door(target: string): Relay | undefined {
    for (const relay of this.#relays) if (isBelow(target, relay.prefix)) return relay;
    return undefined;
  }
}

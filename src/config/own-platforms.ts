import type { Platform } from "../platforms/definition.ts";
import { receivers } from "../platforms/receivers.ts";
import type { Receiver } from "../platforms/receiving.ts";
import { platforms } from "../platforms/registry.ts";
import { accountSchemas } from "./account-schemas.ts";
import type { AccountSchemas } from "./accounts.ts";
import { topLevelKeys } from "./read.ts";

/** What can be sent through, and what can call. */
export interface KnownPlatforms {
  readonly platforms: readonly Platform[];
  /** By the platform's id. */
  readonly receivers: ReadonlyMap<string, Receiver>;
  readonly accountSchemas: AccountSchemas;
}

/** What comes with the hub. */
export const builtIn: KnownPlatforms = { platforms, receivers, accountSchemas };

/** Platforms that a program brings along. The command line does not know them: `check` calls them unknown. */
export interface OwnPlatforms {
  /** Made with `definePlatform`; a recipient names them like the built-in ones. */
  readonly platforms?: readonly Platform[];
  /** Made with `defineReceiver`, by the id that an account's `platform` names. */
  readonly receivers?: Readonly<Record<string, Receiver>>;
}

/**
 * The built-in platforms and these.
 *
 * @throws TypeError for an id that cannot be stored and addressed, or a name that something else has.
 */
export function withOwn({ platforms: own = [], receivers: ownReceivers = {} }: OwnPlatforms): KnownPlatforms {
  const taken = new Set([...platforms.flatMap(namesOf), ...accountSchemas.keys(), ...topLevelKeys]);
  for (const platform of own) {
    checkId(platform.id);
    for (const name of new Set(namesOf(platform))) {
      if (taken.has(name))
        throw new TypeError(
          `the name ${JSON.stringify(name)} of the platform ${platform.id} is taken, expected another one`,
        );
      taken.add(name);
    }
  }
  for (const id of Object.keys(ownReceivers)) {
    checkId(id);
    if (taken.has(id) && !own.some((platform) => platform.id === id)) {
      throw new TypeError(`the name ${JSON.stringify(id)} of a receiver is taken, expected another one`);
    }
  }
  return {
    platforms: [...platforms, ...own],
    receivers: new Map([...receivers, ...Object.entries(ownReceivers)]),
    accountSchemas: new Map([...accountSchemas, ...Object.entries(ownReceivers)]),
  };
}

/** Ids are stored, are keys of the configuration, and stand in addresses of callbacks. */
function checkId(id: string): void {
  if (/^[a-z](?:-?[a-z0-9]){1,30}$/.test(id)) return;
  const found = JSON.stringify(String(id).slice(0, 40));
  throw new TypeError(
    `found the platform id ${found}, expected 2 to 31 of a-z, 0-9 and single hyphens, a letter first`,
  );
}

function namesOf({ id, apiName, aliases }: Platform): string[] {
  return [id, ...aliases, ...(apiName === undefined ? [] : [apiName])];
}

import { hash, timingSafeEqual } from "node:crypto";
import type { TunnelSettings } from "../settings.ts";

/** What a key opens. */
export interface KeyMatch {
  readonly tunnel: string;
  /** Tells which key it was without being one. */
  readonly digest: string;
}

/** The keys of all tunnels. Only digests are kept. */
export class TunnelKeys {
  readonly #keys: readonly { readonly tunnel: string; readonly digest: Buffer }[];

  constructor(tunnels: readonly TunnelSettings[]) {
    this.#keys = tunnels.flatMap(({ name, keys }) => keys.map((key) => ({ tunnel: name, digest: digestOf(key) })));
  }

  /**
   * Compares with every key there is: the time taken tells neither which one it was nor whether there is such a tunnel.
   *
   * @param tunnel Empty for whichever the key opens, the first in the configuration's order.
   */
  match(key: string, tunnel: string): KeyMatch | undefined {
    const given = digestOf(key);
    let found: KeyMatch | undefined;
    for (const each of this.#keys) {
      const isSame = timingSafeEqual(each.digest, given);
      if (isSame && (tunnel === "" || tunnel === each.tunnel)) {
        found ??= { tunnel: each.tunnel, digest: each.digest.toString("hex") };
      }
    }
    return found;
  }

  has({ tunnel, digest }: KeyMatch): boolean {
    return this.#keys.some((each) => each.tunnel === tunnel && each.digest.toString("hex") === digest);
  }
}

function digestOf(key: string): Buffer {
  return hash("sha256", key, "buffer");
}

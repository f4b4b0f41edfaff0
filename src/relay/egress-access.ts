import { KnownKeys } from "./known-keys.ts";

export interface EgressAccessOptions {
  /** Addresses that need no key. */
  readonly callers: { has(address: string): boolean };
  readonly keys: readonly string[];
}

/** Where a caller shows its key: not `Authorization`, which is for the platform. */
export const egressKeyHeader = "x-egress-key";

/** Who may use the door outward: known addresses, and whoever shows a key. */
export class EgressAccess {
  readonly #callers: EgressAccessOptions["callers"];
  readonly #keys: KnownKeys;

  constructor({ callers, keys }: EgressAccessOptions) {
    this.#callers = callers;
    this.#keys = new KnownKeys(keys);
  }

  /** @param address The caller's, with trusted proxies taken into account. */
  admits(address: string, key: string | undefined): boolean {
    return this.#callers.has(address) || (key !== undefined && this.#keys.has(key));
  }
}

/** The password of `Proxy-Authorization: Basic …` (RFC 7617); the user's name is for the client's own use. */
export function proxyPasswordIn(header: string | undefined): string | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=]+)\s*$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : text.slice(colon + 1);
}

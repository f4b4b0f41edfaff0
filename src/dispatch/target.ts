import { isIP } from "node:net";
import { isPublicAddress } from "./public-address.ts";

/** Why an address cannot be a subscription's: `url`, a credential in the wrong place, or the hub's own network. */
export type TargetProblem = "not-http" | "credentials" | "private";

/**
 * What can be told from the address alone. A name is looked up at each connection, and what it resolves to is
 * checked then: today's answer says nothing about tomorrow's.
 */
export function targetProblem(address: string, allowPrivate: boolean): TargetProblem | undefined {
  const url = URL.parse(address);
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:")) return "not-http";
  if (url.username !== "" || url.password !== "") return "credentials";
  return allowPrivate || !namesPrivateHost(url) ? undefined : "private";
}

/** A connection to a literal address asks no name server, so this is the only place where it is checked. */
export function namesPrivateHost({ hostname }: URL): boolean {
  const host = hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (isIP(host) !== 0) return !isPublicAddress(host);
  return host === "localhost" || host.endsWith(".localhost");
}

import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";

/** Who is believed about where a request came from. */
export interface Trust {
  /** Everybody is, nobody is, or those whom `has` knows. */
  readonly kind: "all" | "none" | "listed";
  /** @param address As the socket has it. */
  has(address: string): boolean;
}

export const trustNobody: Trust = { kind: "none", has: () => false };
export const trustAnybody: Trust = { kind: "all", has: () => true };

/** IPv4 that came in through an IPv6 socket is IPv4 (RFC 4291 §2.5.5.2). */
export function plainAddress(address: string): string {
  return address.startsWith("::ffff:") && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}

/**
 * Who asked first, as far as anybody who is trusted tells: the first address from the right that is not trusted
 * itself. With everybody trusted it is the first from the left.
 *
 * @param peer Whose connection it is.
 * @param forwardedFor The value of `X-Forwarded-For` as it came, several joined with commas.
 */
export function clientAddress(peer: string, forwardedFor: string | undefined, trust: Trust): string {
  if (forwardedFor === undefined || trust.kind === "none" || !trust.has(peer)) return peer;
  const hops = forwardedFor.split(",").map((hop) => hop.trim());
  let client = peer;
  for (const hop of hops.reverse()) {
    const address = plainAddress(hop);
    // What is no address was made up, or hides something: nobody can be trusted beyond it.
    if (isIP(address) === 0) break;
    client = address;
    if (!trust.has(address)) break;
  }
  return client;
}

/** The same of a request that is not relayed. */
export function callerOf({ socket, headers }: IncomingMessage, trust: Trust): string {
  const told = headers["x-forwarded-for"];
  const forwardedFor = Array.isArray(told) ? told.join(",") : told;
  return clientAddress(plainAddress(socket.remoteAddress ?? ""), forwardedFor, trust);
}

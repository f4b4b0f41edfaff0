import { isIPv4, isIPv6 } from "node:net";

/**
 * Can only this machine reach a server that listens here? 127.0.0.0/8 (RFC 1122 §3.2.1.3), ::1
 * (RFC 4291 §2.5.3), the same mapped into IPv6, and the name `localhost` (RFC 6761 §6.3). An empty host means all
 * addresses, so it is not.
 */
export function isLoopback(host: string): boolean {
  const name = host
    .trim()
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1");
  if (name === "localhost") return true;
  if (isIPv4(name)) return name.startsWith("127.");
  if (!isIPv6(name)) return false;
  // The URL parser writes every spelling of one address the same way.
  const canonical = new URL(`http://[${name.replace(/%.*$/, "")}]`).hostname;
  return canonical === "[::1]" || /^\[::ffff:7f[0-9a-f]{2}:/.test(canonical);
}

import { BlockList, isIPv4 } from "node:net";

/** An allow-list of IPv4 addresses, `1.2.3.*` wildcards and CIDR ranges, as robots' security settings have it. */
export interface IpRules {
  allows(ip: string): boolean;
}

/** @throws RangeError that names the entry and shows what would be right. */
export function ipRules(entries: readonly string[]): IpRules {
  const list = new BlockList();
  for (const entry of entries) add(list, entry);
  return { allows: (ip) => isIPv4(ip) && list.check(ip) };
}

function add(list: BlockList, entry: string): void {
  const octets = entry.split(".");
  const stars = octets.length - octets.indexOf("*");
  const isWildcard =
    octets.length === 4 && octets.includes("*") && octets.slice(-stars).every((octet) => octet === "*");
  const [network = "", prefix] = isWildcard
    ? [octets.map((octet) => (octet === "*" ? "0" : octet)).join("."), String(32 - 8 * stars)]
    : entry.split("/", 2);
  const bits = prefix === undefined ? 32 : /^\d{1,2}$/.test(prefix) ? Number(prefix) : 33;
  if (!isIPv4(network) || bits > 32) {
    throw new RangeError(
      `"${entry}" is not an IPv4 address, range or wildcard: write 10.1.2.3, 10.1.2.0/24 or 10.1.2.*`,
    );
  }
  list.addSubnet(network, bits, "ipv4");
}

/** An IPv4 peer of a dual-stack socket shows up as `::ffff:1.2.3.4`. */
export function plainIp(address: string | undefined): string {
  if (address === undefined) return "";
  return address.startsWith("::ffff:") ? address.slice(7) : address;
}

export function isLoopback(ip: string): boolean {
  return ip === "::1" || ip.startsWith("127.");
}

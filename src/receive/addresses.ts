import { BlockList, isIP } from "node:net";

/** IP addresses that may call. */
export interface AddressList {
  has(address: string): boolean;
}

/**
 * Understands what platforms publish: single addresses, CIDR ranges (`101.226.103.0/25`) and trailing wildcards
 * (`101.226.103.*`).
 *
 * @throws RangeError naming the entry that is none of these.
 */
export function addressList(entries: readonly string[]): AddressList {
  const list = new BlockList();
  for (const entry of entries) add(list, entry.trim());
  return {
    has(address) {
      const plain = address.startsWith("::ffff:") && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
      const family = isIP(plain);
      return family !== 0 && list.check(plain, family === 4 ? "ipv4" : "ipv6");
    },
  };
}

function add(list: BlockList, entry: string): void {
  const wildcard = /^(\d{1,3}(?:\.\d{1,3}){0,2})((?:\.\*){1,3})$/.exec(entry);
  const [address, bits, ...more] = wildcard ? rangeOf(wildcard[1] ?? "") : entry.split("/");
  const family = isIP(address ?? "");
  const most = family === 4 ? 32 : 128;
  if (address === undefined || family === 0 || more.length > 0 || (bits !== undefined && !isPrefix(bits, most))) {
    throw new RangeError(`found "${entry}", expected an IP address, a range such as 10.0.0.0/8, or 10.0.0.*`);
  }
  list.addSubnet(address, bits === undefined ? most : Number(bits), family === 4 ? "ipv4" : "ipv6");
}

function rangeOf(start: string): string[] {
  const octets = start.split(".");
  const address = [...octets, "0", "0", "0"].slice(0, 4).join(".");
  return [address, String(octets.length * 8)];
}

function isPrefix(bits: string, most: number): boolean {
  return /^\d{1,3}$/.test(bits) && Number(bits) <= most;
}

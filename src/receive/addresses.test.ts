import { describe, expect, it } from "vitest";
import { addressList } from "./addresses.ts";

describe("a list of addresses", () => {
  const list = addressList(["203.0.113.7", "101.226.103.0/25", "182.254.*.*", "2001:db8::/32", " 10.1.2.* "]);

  it.each(["203.0.113.7", "101.226.103.127", "182.254.9.9", "2001:db8:1::1", "10.1.2.255", "::ffff:203.0.113.7"])(
    "has %s",
    (address) => {
      expect(list.has(address)).toBe(true);
    },
  );

  it.each([
    "203.0.113.8",
    "101.226.103.128",
    "182.255.0.1",
    "2001:db9::1",
    "10.1.3.0",
    "::ffff:203.0.113.8",
    "",
    "nonsense",
  ])("does not have %j", (address) => {
    expect(list.has(address)).toBe(false);
  });

  it.each(["nonsense", "10.0.0.0/33", "2001:db8::/129", "10.0.0.0/8/8", "*.*.*.*", "256.1.*.*", "10.0.0.0/x", ""])(
    "refuses %j and says what would be right",
    (entry) => {
      expect(() => addressList([entry])).toThrow(
        `found "${entry}", expected an IP address, a range such as 10.0.0.0/8, or 10.0.0.*`,
      );
    },
  );
});

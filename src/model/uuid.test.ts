import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { uuidv7 } from "./uuid.ts";

const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const random = fc.uint8Array({ minLength: 10, maxLength: 10 });

describe("a UUIDv7", () => {
  it("has the version and the variant of RFC 9562 whatever the random bytes are", () => {
    fc.assert(
      fc.property(time, random, (now, bytes) => {
        expect(uuidv7(now, bytes)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      }),
    );
  });

  it("begins with its millisecond", () => {
    fc.assert(
      fc.property(time, random, (now, bytes) => {
        const hex = uuidv7(now, bytes).replaceAll("-", "").slice(0, 12);
        expect(Number.parseInt(hex, 16)).toBe(now);
      }),
    );
  });

  it("sorts after every one of an earlier millisecond", () => {
    fc.assert(
      fc.property(fc.uniqueArray(time, { minLength: 2, maxLength: 2 }), random, random, (times, a, b) => {
        const [early = 0, late = 0] = times.toSorted((x, y) => x - y);
        expect(uuidv7(early, a) < uuidv7(late, b)).toBe(true);
      }),
    );
  });

  it("keeps every one of the random bits it has room for", () => {
    const changed = Array.from({ length: 80 }, (_, bit) => {
      const bytes = new Uint8Array(10);
      bytes[bit >> 3] = 1 << (bit & 7);
      return uuidv7(0, bytes);
    });
    // Four bits give way to the version and two to the variant.
    expect(new Set(changed).size).toBe(74 + 1);
  });

  it("is the example of RFC 9562 for the example's parts", () => {
    // https://www.rfc-editor.org/rfc/rfc9562#appendix-A.6: 0xCC3 and 0x18C4DC0C0C07398F are the random parts.
    const bytes = Uint8Array.from([0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f]);
    expect(uuidv7(1_645_557_742_000, bytes)).toBe("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  });
});

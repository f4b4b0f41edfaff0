import fc from "fast-check";
import { expect, it } from "vitest";
import { mostStreams } from "./frames.ts";
import { Slots } from "./slots.ts";
import { StreamTable } from "./stream-table.ts";

it("finds who is there by number, and nobody by the number of who is gone", () => {
  // Adds where it is even, and removes one of those that are there where it is odd.
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 200 }), (steps) => {
      const table = new StreamTable<object>();
      const slots = new Slots<object>();
      const there = new Map<number, { stream: object; slot: number }>();
      const gone = new Set<number>();
      for (const step of steps) {
        const numbers = [...there.keys()];
        const number = numbers[(step >> 1) % numbers.length];
        if (step % 2 === 0 || number === undefined) {
          const stream = {};
          there.set(table.add(stream), { stream, slot: slots.add(stream) });
        } else {
          expect(table.delete(number)).toBe(true);
          slots.remove(there.get(number)?.slot ?? -1);
          there.delete(number);
          gone.add(number);
        }
      }
      for (const [number, { stream }] of there) expect(table.get(number)).toBe(stream);
      for (const number of gone) expect([table.get(number), table.delete(number)]).toEqual([undefined, false]);
      const all = new Set([...there.values()].map(({ stream }) => stream));
      expect([table.count, new Set(table.all())]).toEqual([there.size, all]);
      expect([slots.count, new Set(slots.all())]).toEqual([there.size, all]);
    }),
  );
});

it("gives two million other numbers before it gives one again, and never 0", () => {
  const table = new StreamTable<string>();
  const first = table.add("first");
  table.delete(first);
  let uses = 1;
  let number = table.add("next");
  for (; number !== first; number = table.add("next")) {
    if (number === 0 || number >= 2 ** 32) throw new Error(`found ${number}`);
    table.delete(number);
    uses++;
  }
  expect(uses).toBe(2 ** 32 / mostStreams - 1);
});

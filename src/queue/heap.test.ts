import fc from "fast-check";
import { expect, it } from "vitest";
import { Heap } from "./heap.ts";

it("a heap gives at any time the smallest of what it was given", () => {
  const push = fc.integer({ min: -5, max: 20 });
  fc.assert(
    fc.property(fc.array(fc.option(push, { nil: "pop" as const, freq: 3 }), { maxLength: 200 }), (steps) => {
      const heap = new Heap<number>();
      const model: number[] = [];
      for (const step of steps) {
        if (step === "pop") expect(heap.pop()).toBe(model.shift());
        else {
          heap.push(step, step);
          model.push(step);
          model.sort((a, b) => a - b);
        }
        expect(heap.size).toBe(model.length);
        expect(heap.firstKey).toBe(model[0]);
      }
    }),
  );
});

it("a heap keeps equal keys apart", () => {
  const heap = new Heap<string>();
  for (const value of ["a", "b", "c"]) heap.push(1, value);
  expect([heap.pop(), heap.pop(), heap.pop()].toSorted()).toEqual(["a", "b", "c"]);
  expect(heap.pop()).toBeUndefined();
});

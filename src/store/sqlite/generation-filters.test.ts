import { describe, expect, it } from "vitest";
import { GenerationFilters } from "./generation-filters.ts";
import { textHash } from "./text-hash.ts";

const hashesOf = (name: string, count: number) =>
  Int32Array.from({ length: count }, (_, n) => textHash(`${name} ${n}`));

/** Generations 100, 200, 300 …, of so many hashes each. */
function setup(generations: number, hashes: number) {
  const filters = new GenerationFilters(hashes);
  const ids = Array.from({ length: generations }, (_, n) => 100 * (n + 1));
  for (const id of ids) filters.add(id, filters.filterOf(hashesOf(`of ${id}`, hashes)));
  return { filters, ids };
}

describe.each([
  [1, 32_768],
  [31, 1_000],
  [32, 100],
  [33, 100],
  [100, 20],
])("the filters of %i generations of %i hashes", (generations, hashes) => {
  const { filters, ids } = setup(generations, hashes);

  it("deny no generation that has a hash, and tell the oldest first", () => {
    for (const id of ids) {
      for (const hash of hashesOf(`of ${id}`, Math.min(hashes, 1_000))) {
        const found = filters.mayHave(hash);
        if (!found.includes(id)) expect.fail(`${hash} was denied`);
        expect(found).toEqual(found.toSorted((a, b) => a - b));
      }
    }
  });

  it("suspect less than one in a hundred of what none has", () => {
    const suspected = [...hashesOf("of none", 10_000)].flatMap((hash) => filters.mayHave(hash));
    expect(suspected.length / generations).toBeLessThan(100);
  });

  it("forget the oldest, one after the other", () => {
    const { filters } = setup(generations, hashes);
    for (const id of ids) {
      expect(filters.oldest).toBe(id);
      filters.deleteOldest();
      expect(filters.mayHave(textHash(`of ${id} 0`))).not.toContain(id);
    }
    expect(filters.oldest).toBeUndefined();
    filters.add(1_000_000, filters.filterOf(hashesOf("new", 1)));
    expect(filters.mayHave(textHash("new 0"))).toEqual([1_000_000]);
  });
});

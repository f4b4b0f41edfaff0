import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byTurns, type Candidate, leastBusy, preferredBy } from "./balance.ts";
import { textHash } from "./rendezvous.ts";

interface Named extends Candidate {
  readonly name: string;
  pending: number;
}

function candidates(weights: readonly number[], prefix = "http://10.0.0."): Named[] {
  return weights.map((weight, index) => {
    const name = `${prefix}${index}:8080`;
    return { name, weight, pending: 0, seed: textHash(name), credit: 0 };
  });
}

function tally(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 });

describe("turns", () => {
  it("go round among equals", () => {
    const all = candidates([1, 1, 1]);
    const chosen = Array.from({ length: 6 }, () => all.indexOf(byTurns(all)));
    expect(chosen).toEqual([0, 1, 2, 0, 1, 2]);
  });

  it("of the heaviest are spread out", () => {
    const all = candidates([5, 1, 1]);
    const chosen = Array.from({ length: 7 }, () => "abc"[all.indexOf(byTurns(all))]);
    expect(chosen.join("")).toBe("aabacaa");
  });

  it("are shared by weight, exactly, in every round", () => {
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 5 }), (given, rounds) => {
        const all = candidates(given);
        const turns = given.reduce((sum, weight) => sum + weight, 0);
        for (let round = 0; round < rounds; round++) {
          const counts = tally(Array.from({ length: turns }, () => byTurns(all).name));
          for (const { name, weight } of all) expect(counts.get(name)).toBe(weight);
        }
      }),
    );
  });

  it("are shared by weight among those that are left, whoever was there before", () => {
    fc.assert(
      fc.property(weights, fc.array(fc.nat(255), { maxLength: 60 }), (given, absences) => {
        const all = candidates([1, ...given]);
        for (const absence of absences) {
          const present = all.filter((_, index) => index === 0 || !(absence & (1 << index)));
          byTurns(present);
        }
        // Debts of before are paid in the first rounds; afterwards all is as if nothing had been.
        const turns = all.reduce((sum, { weight }) => sum + weight, 0);
        const counts = tally(Array.from({ length: turns * 100 }, () => byTurns(all).name));
        const debts = absences.length + all.length;
        for (const { name, weight } of all) {
          expect(Math.abs((counts.get(name) ?? 0) - weight * 100)).toBeLessThanOrEqual(debts);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe("the least busy", () => {
  it("has the fewest requests under way for its weight", () => {
    const all = candidates([1, 4]);
    const [light, heavy] = all as [Named, Named];
    [light.pending, heavy.pending] = [1, 3];
    expect(leastBusy(all)).toBe(heavy);
    [light.pending, heavy.pending] = [1, 5];
    expect(leastBusy(all)).toBe(light);
  });

  it("is whose turn it is while nobody has anything to do", () => {
    const all = candidates([3, 1]);
    const chosen = Array.from({ length: 8 }, () => leastBusy(all).name);
    expect(tally(chosen)).toEqual(
      new Map([
        ["http://10.0.0.0:8080", 6],
        ["http://10.0.0.1:8080", 2],
      ]),
    );
  });

  it("is never one that is busier than another", () => {
    const loads = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.nat(50)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(loads, (given) => {
        const all = candidates(given.map(([weight]) => weight));
        for (const [index, one] of all.entries()) one.pending = given[index]?.[1] ?? 0;
        const chosen = leastBusy(all);
        for (const other of all) {
          expect(chosen.pending / chosen.weight).toBeLessThanOrEqual(other.pending / other.weight);
        }
      }),
    );
  });

  it("shares requests that never end by weight", () => {
    fc.assert(
      fc.property(weights, (given) => {
        const all = candidates(given);
        const total = given.reduce((sum, weight) => sum + weight, 0);
        for (let sent = 0; sent < total * 3; sent++) leastBusy(all).pending++;
        for (const { pending, weight } of all) expect(pending).toBe(weight * 3);
      }),
    );
  });
});

describe("a key", () => {
  const keys = Array.from({ length: 20_000 }, (_, index) => `user-${index}`);

  it("always prefers the same one, in whatever order they come", () => {
    fc.assert(
      fc.property(fc.string(), weights, fc.nat(), (key, given, seed) => {
        const all = candidates(given);
        const shuffled = all.toSorted((a, b) => textHash(a.name + seed) - textHash(b.name + seed));
        expect(preferredBy(key, shuffled)).toBe(preferredBy(key, all));
      }),
    );
  });

  it("stays where it is when another one leaves or joins", () => {
    fc.assert(
      fc.property(fc.string(), weights, fc.nat(7), (key, given, leaving) => {
        const all = candidates([1, ...given]);
        const gone = all[leaving % all.length];
        const left = all.filter((one) => one !== gone);
        const before = preferredBy(key, all);
        if (before !== gone) expect(preferredBy(key, left)).toBe(before);
      }),
    );
  });

  it.each([[[1, 1, 1]], [[1, 2, 3, 4]], [[10, 1]]])("is one of many that are shared as the weights %j are", (given) => {
    const all = candidates(given);
    const counts = tally(keys.map((key) => preferredBy(key, all).name));
    const total = given.reduce((sum, weight) => sum + weight, 0);
    for (const { name, weight } of all) {
      const expected = (keys.length * weight) / total;
      // Five standard deviations of so many dice.
      const slack = 5 * Math.sqrt(expected * (1 - weight / total));
      expect(Math.abs((counts.get(name) ?? 0) - expected)).toBeLessThan(slack);
    }
  });

  it("that loses its target goes to the others in their shares, not all to one", () => {
    const all = candidates([1, 1, 1, 1]);
    const [gone, ...left] = all as [Named, ...Named[]];
    const moved = keys.filter((key) => preferredBy(key, all) === gone);
    const counts = tally(moved.map((key) => preferredBy(key, left).name));
    for (const { name } of left) expect((counts.get(name) ?? 0) / moved.length).toBeCloseTo(1 / 3, 1);
  });

  it("moves only towards a target that gets heavier", () => {
    const [before, after] = [candidates([1, 1, 1]), candidates([3, 1, 1])];
    for (const key of keys.slice(0, 2_000)) {
      const chosen = preferredBy(key, after).name;
      if (chosen !== after[0]?.name) expect(chosen).toBe(preferredBy(key, before).name);
    }
  });
});

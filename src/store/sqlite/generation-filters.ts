/** Places for each hash, at least. It takes four: one other in 150 looks as if it were there. */
const BITS = 12;
/** Generations of one group: as many as a word has bits. */
const SLOTS = 32;

interface Group {
  /** By place in the filter: one bit for each of the group's generations. */
  readonly words: Uint32Array;
  readonly generations: (number | undefined)[];
}

/**
 * Bloom filters of an index's generations: which of them may have a hash. None that has it is left out.
 *
 * The filters of 32 generations lie across each other, so that four words tell about all of them: one beside the other,
 * a look-up among three hundred would take forty microseconds.
 */
export class GenerationFilters {
  readonly #places: number;
  readonly #groups: Group[] = [];

  /** @param hashes About how many a generation has. */
  constructor(hashes: number) {
    this.#places = 2 ** Math.max(3, Math.ceil(Math.log2(hashes * BITS)));
  }

  /** A filter as it is stored. @param hashes Well mixed, of 31 bits. */
  filterOf(hashes: Int32Array): Uint8Array {
    const bytes = new Uint8Array(this.#places / 8);
    for (const hash of hashes) {
      for (const place of this.#placesOf(hash)) bytes[place >>> 3] = (bytes[place >>> 3] ?? 0) | (1 << (place & 7));
    }
    return bytes;
  }

  /** @param generation Larger than all before it. */
  add(generation: number, filter: Uint8Array): void {
    let group = this.#groups.at(-1);
    if (group === undefined || group.generations.length === SLOTS) {
      group = { words: new Uint32Array(this.#places), generations: [] };
      this.#groups.push(group);
    }
    const { words, generations } = group;
    const slot = 1 << generations.length;
    generations.push(generation);
    for (let at = 0; at < filter.length; at++) {
      for (let bits = filter[at] ?? 0; bits !== 0; bits &= bits - 1) {
        const place = at * 8 + lowestBit(bits);
        words[place] = (words[place] ?? 0) | slot;
      }
    }
  }

  get oldest(): number | undefined {
    return this.#groups[0]?.generations.find((generation) => generation !== undefined);
  }

  deleteOldest(): void {
    const group = this.#groups[0];
    if (!group) return;
    const { generations } = group;
    generations[generations.findIndex((generation) => generation !== undefined)] = undefined;
    if (generations.every((generation) => generation === undefined)) this.#groups.shift();
  }

  /** Oldest first. */
  mayHave(hash: number): readonly number[] {
    const [a, b, c, d] = this.#placesOf(hash);
    let found = none;
    for (const { words, generations } of this.#groups) {
      let slots = (words[a] ?? 0) & (words[b] ?? 0) & (words[c] ?? 0) & (words[d] ?? 0);
      for (; slots !== 0; slots &= slots - 1) {
        const generation = generations[lowestBit(slots)];
        if (generation !== undefined) found = [...found, generation];
      }
    }
    return found;
  }

  #placesOf(hash: number): readonly [number, number, number, number] {
    const mask = this.#places - 1;
    // Odd, and not of the bits that the first place is made of.
    const step = (Math.imul(hash, 0x9e3779b1) >>> 12) | 1;
    return [hash & mask, (hash + step) & mask, (hash + 2 * step) & mask, (hash + 3 * step) & mask];
  }
}

const none: readonly number[] = [];

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

import { mostStreams } from "./frames.ts";

/** How often a place is used before its numbers begin again: as many bits as are left of 32. */
const mostUses = 2 ** 32 / mostStreams - 1;

/**
 * The streams of one connection, by their numbers: what is still on its way for one that is closed finds nothing.
 *
 * A Map would be shorter, but whenever V8 makes room in one, the table before it keeps alive what was in it: with
 * thousands of requests a second, half of all that these had made was carried along by the garbage collector for nothing.
 */
export class StreamTable<T> {
  readonly #streams: (T | undefined)[] = [];
  /** Of whoever is in a place, or was there last. */
  readonly #numbers = new Uint32Array(mostStreams);
  readonly #free: number[] = [];
  #count = 0;

  /** Streams that are open. */
  get count(): number {
    return this.#count;
  }

  /** For whoever opens streams. @returns Its number. */
  add(stream: T): number {
    const place = this.#free.pop() ?? this.#streams.length;
    const uses = Math.floor((this.#numbers[place] as number) / mostStreams);
    const number = (uses >= mostUses ? 1 : uses + 1) * mostStreams + place;
    this.#put(number, place, stream);
    return number;
  }

  /** Is another one open in the place of this number? */
  isTaken(number: number): boolean {
    return this.#streams[number % mostStreams] !== undefined;
  }

  /** For whoever is told of streams. @param number One that is not taken. */
  accept(number: number, stream: T): void {
    this.#put(number, number % mostStreams, stream);
  }

  get(number: number): T | undefined {
    const place = number % mostStreams;
    return this.#numbers[place] === number ? this.#streams[place] : undefined;
  }

  /** @returns false when there is no such stream. */
  delete(number: number): boolean {
    if (this.get(number) === undefined) return false;
    const place = number % mostStreams;
    this.#streams[place] = undefined;
    this.#free.push(place);
    this.#count--;
    return true;
  }

  all(): T[] {
    return this.#streams.filter((stream) => stream !== undefined);
  }

  #put(number: number, place: number, stream: T): void {
    this.#streams[place] = stream;
    this.#numbers[place] = number;
    this.#count++;
  }
}

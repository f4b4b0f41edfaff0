/** Things that come and go, each with a small number that is given again after it. For why it is no Set, see StreamTable. */
export class Slots<T> {
  readonly #items: (T | undefined)[] = [];
  readonly #free: number[] = [];

  get count(): number {
    return this.#items.length - this.#free.length;
  }

  /** @returns Its number. */
  add(item: T): number {
    const slot = this.#free.pop() ?? this.#items.length;
    this.#items[slot] = item;
    return slot;
  }

  /** Once for each that was added. */
  remove(slot: number): void {
    this.#items[slot] = undefined;
    this.#free.push(slot);
  }

  all(): T[] {
    return this.#items.filter((item) => item !== undefined);
  }
}

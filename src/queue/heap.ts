/** A binary min-heap: the earliest is taken first; equal keys in no particular order. */
export class Heap<T> {
  readonly #items: { readonly key: number; readonly value: T }[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** The smallest key, or undefined when empty. */
  get firstKey(): number | undefined {
    return this.#items[0]?.key;
  }

  push(key: number, value: T): void {
    const items = this.#items;
    let at = items.push({ key, value }) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (this.#keyAt(up) <= key) break;
      this.#swap(at, up);
      at = up;
    }
  }

  pop(): T | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (!top || !last) return undefined;
    if (items.length > 0) {
      items[0] = last;
      this.#sink();
    }
    return top.value;
  }

  #sink(): void {
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const smaller = this.#keyAt(left + 1) < this.#keyAt(left) ? left + 1 : left;
      if (this.#keyAt(smaller) >= this.#keyAt(at)) return;
      this.#swap(at, smaller);
      at = smaller;
    }
  }

  #keyAt(index: number): number {
    return this.#items[index]?.key ?? Number.POSITIVE_INFINITY;
  }

  #swap(a: number, b: number): void {
    const items = this.#items;
    const [first, second] = [items[a], items[b]];
    if (!first || !second) return;
    items[a] = second;
    items[b] = first;
  }
}

/** Observations counted by upper bound and label, as Prometheus reads them. */
export class Histogram {
  readonly #name: string;
  readonly #help: string;
  readonly #label: string;
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, { counts: Float64Array; sum: number }>();

  /** @param bounds Upper bounds in seconds, ascending. */
  constructor(name: string, help: string, label: string, bounds: readonly number[]) {
    this.#name = name;
    this.#help = help;
    this.#label = label;
    this.#bounds = bounds;
  }

  observe(label: string, seconds: number): void {
    let series = this.#series.get(label);
    if (!series) {
      series = { counts: new Float64Array(this.#bounds.length + 1), sum: 0 };
      this.#series.set(label, series);
    }
    let bucket = 0;
    while (bucket < this.#bounds.length && seconds > (this.#bounds[bucket] as number)) bucket++;
    series.counts[bucket] = (series.counts[bucket] as number) + 1;
    series.sum += seconds;
  }

  /** In the text format, buckets cumulative. */
  render(): string {
    const lines = [`# HELP ${this.#name} ${this.#help}`, `# TYPE ${this.#name} histogram`];
    for (const [value, { counts, sum }] of this.#series) {
      const label = `${this.#label}=${quoted(value)}`;
      let total = 0;
      counts.forEach((count, index) => {
        total += count;
        lines.push(`${this.#name}_bucket{${label},le="${this.#bounds[index] ?? "+Inf"}"} ${total}`);
      });
      lines.push(`${this.#name}_sum{${label}} ${sum}`, `${this.#name}_count{${label}} ${total}`);
    }
    return `${lines.join("\n")}\n`;
  }
}

/** A label's value with what the text format escapes. */
export function quoted(value: string): string {
  return `"${value.replace(/[\\"\n]/g, (character) => (character === "\n" ? "\\n" : `\\${character}`))}"`;
}

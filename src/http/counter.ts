import { quoted } from "./histogram.ts";

/** A count by label values, as Prometheus reads it. */
export class Counter {
  readonly #name: string;
  readonly #help: string;
  readonly #labels: readonly string[];
  readonly #counts = new Map<string, number>();

  constructor(name: string, help: string, labels: readonly string[]) {
    this.#name = name;
    this.#help = help;
    this.#labels = labels;
  }

  /** @param values One for each label; none may hold a NUL. */
  add(...values: readonly string[]): void {
    const key = values.length === 1 ? (values[0] as string) : values.join("\0");
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  render(): string {
    const lines = [`# HELP ${this.#name} ${this.#help}`, `# TYPE ${this.#name} counter`];
    for (const [key, count] of this.#counts) {
      const labels = key.split("\0").map((value, index) => `${this.#labels[index]}=${quoted(value)}`);
      lines.push(`${this.#name}{${labels.join(",")}} ${count}`);
    }
    return `${lines.join("\n")}\n`;
  }
}

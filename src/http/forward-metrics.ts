import type { ForwardCounts } from "../store/store.ts";
import { Counter } from "./counter.ts";
import { quoted } from "./histogram.ts";

/** Counts callbacks on their way to receivers, for `/metrics`. */
export class ForwardMetrics {
  readonly #attempts = new Counter(
    "yizhan_relay_forward_attempts_total",
    "Attempts to deliver a callback to a receiver, by what became of them.",
    ["relay", "receiver", "outcome"],
  );

  attempted(relay: string, receiver: string, outcome: "taken" | "refused" | "failed"): void {
    this.#attempts.add(relay, receiver, outcome);
  }

  /** In Prometheus' text format 0.0.4. */
  render(counts: readonly ForwardCounts[]): string {
    const name = "yizhan_relay_forwards";
    const lines = counts.flatMap(({ relay, receiver, waiting, dead }) => {
      const place = `relay=${quoted(relay)},receiver=${quoted(receiver)}`;
      return [`${name}{${place},state="waiting"} ${waiting}`, `${name}{${place},state="dead"} ${dead}`];
    });
    const head = [`# HELP ${name} Callbacks that a receiver has not taken.`, `# TYPE ${name} gauge`];
    return `${this.#attempts.render()}${[...head, ...lines].join("\n")}\n`;
  }
}

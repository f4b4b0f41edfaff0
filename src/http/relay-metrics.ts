import type { FinishedRequest, RelayObserver } from "../relay/relay-observer.ts";
import { Counter } from "./counter.ts";
import { Histogram, quoted } from "./histogram.ts";
import type { TargetStatus } from "./relay-shapes.ts";

/** What is to be had of the relays at any time. */
export interface RelayGauges {
  /** Requests under way, by relay. */
  readonly pending: readonly { readonly relay: string; readonly pending: number }[];
  /** Agents connected, by tunnel. */
  readonly agents: readonly { readonly tunnel: string; readonly agents: number }[];
  /** Of each relay, or of one of its receivers. */
  readonly targets: readonly { readonly relay: string; readonly receiver?: string; readonly target: TargetStatus }[];
}

const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Counts requests to relays, for `/metrics`. */
export class RelayMetrics implements RelayObserver {
  readonly #requests = new Counter("yizhan_relay_requests_total", "Requests to relays, by class of the answer.", [
    "relay",
    "status",
  ]);
  readonly #failures = new Counter(
    "yizhan_relay_failures_total",
    "Requests that no target answered, by cause; see docs/errors.md.",
    ["relay", "cause"],
  );
  readonly #repeats = new Counter("yizhan_relay_repeats_total", "Requests given to a second target.", ["relay"]);
  readonly #seconds = new Histogram(
    "yizhan_relay_request_seconds",
    "From a request's head to the end of its answer.",
    "relay",
    bounds,
  );

  finished({ relay, status, ms, cause }: FinishedRequest): void {
    this.#requests.add(relay, classes[Math.floor(status / 100)] ?? "other");
    if (cause !== undefined) this.#failures.add(relay, cause);
    this.#seconds.observe(relay, ms / 1000);
  }

  repeated(relay: string): void {
    this.#repeats.add(relay);
  }

  /** In Prometheus' text format 0.0.4. */
  render({ pending, agents, targets }: RelayGauges): string {
    const under = pending.map((each) => `{relay=${quoted(each.relay)}} ${each.pending}`);
    const connected = agents.map((each) => `{tunnel=${quoted(each.tunnel)}} ${each.agents}`);
    const ofTargets = (value: (target: TargetStatus) => number) =>
      targets.map(({ relay, receiver, target }) => {
        const whose = receiver === undefined ? "" : `,receiver=${quoted(receiver)}`;
        return `{relay=${quoted(relay)}${whose},target=${quoted(target.name)}} ${value(target)}`;
      });
    return [
      this.#requests.render(),
      this.#failures.render(),
      this.#repeats.render(),
      this.#seconds.render(),
      samples("gauge", "yizhan_relay_pending", "Requests under way.", under),
      samples("gauge", "yizhan_tunnel_agents", "Agents connected.", connected),
      samples(
        "gauge",
        "yizhan_relay_target_up",
        "1 for a target that gets requests, 0 for one that is down, ejected or on trial.",
        ofTargets(({ state }) => (state === "up" ? 1 : 0)),
      ),
      samples(
        "gauge",
        "yizhan_relay_target_pending",
        "Requests under way to a target.",
        ofTargets((target) => target.pending),
      ),
      samples(
        "counter",
        "yizhan_relay_target_failures_total",
        "Requests that failed for the target's fault: no connection, no answer in time, 502, 503, 504.",
        ofTargets(({ failures }) => failures),
      ),
    ].join("");
  }
}

const classes: Readonly<Record<number, string>> = { 1: "1xx", 2: "2xx", 3: "3xx", 4: "4xx", 5: "5xx" };

function samples(type: "gauge" | "counter", name: string, help: string, lines: readonly string[]): string {
  return `${[`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines.map((each) => name + each)].join("\n")}\n`;
}

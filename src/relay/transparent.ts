import { locationRewriter } from "./answer-headers.ts";
import type { PassedRequest, PassOn } from "./relay.ts";
import { type ExchangeOptions, RelayExchange } from "./relay-exchange.ts";
import type { RelaySettings } from "./settings.ts";
import type { Target } from "./target.ts";
import { tunnelOrigin } from "./tunnel/frames.ts";
import type { TurnEnd } from "./turn-end.ts";
import type { Visit } from "./visit.ts";

/** Each request goes to the target, and its answer back. */
export class Transparent implements PassOn {
  readonly #options: ExchangeOptions;

  constructor({ prefix, limits, delivery }: RelaySettings, target: Target, turnEnd: TurnEnd) {
    const targets = delivery.mode === "transparent" ? delivery.pool.targets : [];
    const bases = targets.map((each) => (each.kind === "origin" ? each.base : tunnelOrigin));
    this.#options = { target, limits, turnEnd, rewriteLocation: locationRewriter(bases, prefix) };
  }

  take(visit: Visit, passed: PassedRequest): void {
    new RelayExchange(visit, passed, this.#options).start();
  }

  close(): Promise<void> {
    return this.#options.target.close();
  }
}

import type { Clock } from "../clock.ts";
import { RelayFailure } from "../failure.ts";
import type { AnswerSink, OutgoingRequest, Sending, SendLimits, Target } from "../target.ts";
import type { AgentLink } from "./agent-link.ts";
import type { Agents } from "./agents.ts";
import { Slots } from "./slots.ts";
import { type Dispatching, TunnelSending } from "./tunnel-sending.ts";

export interface TunnelTargetOptions {
  /** The tunnel's. */
  readonly name: string;
  readonly agents: Agents;
  readonly clock: Clock;
  /** May any request be repeated, because the servers behind the agents recognise repeats? */
  readonly isIdempotent: boolean;
}

/** About how long agents take to be back after a moment's break. */
const backAfterMs = 5_000;
const lessBusyAfterMs = 1_000;

/** Whoever is at the far end of a tunnel: each request goes to the agent that has the least to do. */
export class TunnelTarget implements Target, Dispatching {
  readonly name: string;
  readonly isIdempotent: boolean;
  readonly #agents: Agents;
  readonly #clock: Clock;
  readonly #sendings = new Slots<TunnelSending>();

  constructor({ name, agents, clock, isIdempotent }: TunnelTargetOptions) {
    this.name = `tunnel ${name}`;
    this.isIdempotent = isIdempotent;
    this.#agents = agents;
    this.#clock = clock;
  }

  get pending(): number {
    return this.#sendings.count;
  }

  send(request: OutgoingRequest, sink: AnswerSink, limits: SendLimits): Sending {
    const sending = new TunnelSending(this, { request, sink, limits });
    sending.slot = this.#sendings.add(sending);
    return sending;
  }

  /** The agents stay connected: they are the tunnel's, and this target may be followed by another. */
  async close(): Promise<void> {
    const reason = new RelayFailure("target-closed", `${this.name} is not a target any more`, { sent: true });
    for (const sending of this.#sendings.all()) sending.abort(reason);
  }

  now(): number {
    return this.#clock.now();
  }

  at(at: number, callback: () => void): () => void {
    return this.#clock.at(at, callback);
  }

  pick(except: readonly AgentLink[]): AgentLink | undefined {
    return this.#agents.pick(except);
  }

  nobody(): RelayFailure {
    const { length } = this.#agents.links.filter(({ isDraining }) => !isDraining);
    if (length === 0) {
      const options = { sent: false, retryAfterMs: backAfterMs };
      return new RelayFailure("no-target", `no agent is connected to ${this.name}`, options);
    }
    const message = `${this.name}: as much is under way as its ${length} agent(s) may have`;
    return new RelayFailure("overloaded", message, { sent: false, retryAfterMs: lessBusyAfterMs });
  }

  ended({ slot }: TunnelSending): void {
    this.#sendings.remove(slot);
  }
}

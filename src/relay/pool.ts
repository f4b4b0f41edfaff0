import { HealthCheck } from "./active-health.ts";
import type { Clock } from "./clock.ts";
import { RelayFailure } from "./failure.ts";
import { type AttemptPorts, PoolAttempt } from "./pool-attempt.ts";
import { PoolMember, type TargetHealth } from "./pool-member.ts";
import { type NoMember, PoolMembers } from "./pool-members.ts";
import type { PoolObserver } from "./pool-observer.ts";
import { mayRepeat } from "./retry.ts";
import type { TargetPoolSettings, TargetSettings } from "./settings.ts";
import type { AnswerSink, OutgoingRequest, Sending, SendLimits, Target } from "./target.ts";

export interface TargetPoolPorts {
  /** Makes one target. The pool closes what it was given. */
  readonly open: (settings: TargetSettings) => Target;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly observer: PoolObserver;
}

/** When to try again after so many requests were under way that no more were taken. */
const OVERLOAD_RETRY_MS = 1_000;

/**
 * Several targets as one: chooses whom a request goes to, leaves out who is not up, and asks another where the first
 * did not take it and asking again is safe (`retry.ts`).
 */
export class TargetPool implements Target {
  readonly name: string;
  readonly #settings: TargetPoolSettings;
  readonly #clock: Clock;
  readonly #members: PoolMembers;
  readonly #attempts: AttemptPorts;

  /** @param settings At least one target, and no target twice. */
  constructor(settings: TargetPoolSettings, { open, clock, random, observer }: TargetPoolPorts) {
    const { activeHealth } = settings;
    const members = settings.targets.map((one) => {
      const target = open(one);
      const name = one.kind === "origin" ? one.base : `tunnel ${one.tunnel}`;
      const onChange = (isUp: boolean) => observer.onTarget(name, { kind: isUp ? "up" : "down" });
      const check = activeHealth && new HealthCheck(target, activeHealth, { clock, random, onChange });
      return new PoolMember(name, target, one.weight, check);
    });
    this.name = members.map(({ name }) => name).join(", ");
    this.#settings = settings;
    this.#clock = clock;
    this.#members = new PoolMembers(members, settings, observer);
    this.#attempts = attemptPorts(this.#members, settings, clock, observer);
  }

  get pending(): number {
    return this.#members.all.reduce((sum, { pending }) => sum + pending, 0);
  }

  /** Starts the health checks, where there are any. Harmless to repeat. */
  start(): void {
    for (const { check } of this.#members.all) check?.start();
  }

  /** Fails with `no-target` or `overloaded` where no target can take the request. */
  send(request: OutgoingRequest, sink: AnswerSink, limits: SendLimits): Sending {
    const now = this.#clock.now();
    const chosen = this.#members.choose(request, now);
    if (typeof chosen === "string") return refused(sink, this.#refusal(chosen));
    return new PoolAttempt(this.#attempts, chosen, request, sink, limits, now).start();
  }

  /** In the order of the settings. */
  health(): TargetHealth[] {
    const now = this.#clock.now();
    return this.#members.all.map((member) => member.health(now));
  }

  /** Stops the health checks and ends what is under way with a failure. Harmless to repeat, and before `start`. */
  async close(): Promise<void> {
    await Promise.all(this.#members.all.map(({ check }) => check?.stop()));
    await Promise.all(this.#members.all.map(({ target }) => target.close()));
  }

  #refusal(reason: NoMember): RelayFailure {
    if (reason === "overloaded") {
      const message = `${this.#settings.pendingPerTarget} requests are under way to each target that is up: ${this.name}`;
      return new RelayFailure(reason, message, { sent: false, retryAfterMs: OVERLOAD_RETRY_MS });
    }
    const { everyMs, up } = this.#settings.activeHealth ?? { everyMs: 0, up: 0 };
    const message = `the health checks say that no target is up: ${this.name}`;
    return new RelayFailure(reason, message, { sent: false, retryAfterMs: everyMs * up });
  }
}

function attemptPorts(
  members: PoolMembers,
  settings: TargetPoolSettings,
  clock: Clock,
  observer: PoolObserver,
): AttemptPorts {
  return {
    now: () => clock.now(),
    another(request, tried, failure) {
      if (!mayRepeat(request, failure, settings.idempotent)) return undefined;
      const another = members.choose(request, clock.now(), tried);
      if (typeof another === "string") return undefined;
      observer.onRepeat(tried.name, another.name, failure);
      return another;
    },
    // Without asking for the time where nobody is on trial, which is nearly always.
    begin: (member) => member.standing.ejectedUntil !== undefined && members.begin(member, clock.now()),
    failed: (member, wasProbe) => members.failed(member, clock.now(), wasProbe),
    probeSucceeded: (member) => members.probeSucceeded(member, clock.now()),
    probeWithoutVerdict: (member) => members.probeWithoutVerdict(member),
  };
}

/** Later, as every target does: whoever sends has the way to abort in hand before anything is called back. */
function refused(sink: AnswerSink, failure: RelayFailure): Sending {
  queueMicrotask(() => sink.onFailure(failure));
  return { resume() {}, abort() {} };
}

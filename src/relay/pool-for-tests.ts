import { type TestClock, testClock } from "../testing/clock.ts";
import type { RelayFailure } from "./failure.ts";
import { TargetPool } from "./pool.ts";
import type { TargetHealth } from "./pool-member.ts";
import { RecordingSink, ScriptedTarget } from "./scripted-target-for-tests.ts";
import type { TargetPoolSettings } from "./settings.ts";
import type { OutgoingRequest, Sending, SendLimits } from "./target.ts";

export interface PoolWorld {
  readonly clock: TestClock;
  readonly pool: TargetPool;
  /** Named `a`, `b`, `c` …, as many as were asked for. */
  readonly targets: readonly [ScriptedTarget, ScriptedTarget, ScriptedTarget];
  /** What the observer heard, such as `a ejected`, `a → b target-refused`. */
  readonly heard: readonly string[];
  /** Sends a request: a GET without a body where nothing else is said. */
  send(request?: Partial<OutgoingRequest>, limits?: SendLimits): Sent;
  state(name: string): TargetHealth["state"] | undefined;
}

export interface Sent {
  readonly sink: RecordingSink;
  readonly sending: Sending;
  /** The name of the target that has it now. */
  readonly at: string | undefined;
}

const passiveHealth = { failures: 3, windowMs: 10_000, ejectMs: 10_000, maxEjectMs: 60_000 };

export const standardSettings = {
  balance: { by: "round-robin" },
  idempotent: false,
  passiveHealth,
  activeHealth: undefined,
  pendingPerTarget: 100,
} as const satisfies Omit<TargetPoolSettings, "targets">;

/** A pool of scripted targets of weight 1, unless other weights are given, on a clock that a test moves. */
export function poolWorld(
  settings: Partial<Omit<TargetPoolSettings, "targets">> = {},
  weights: readonly number[] = [1, 1],
): PoolWorld {
  const clock = testClock();
  const targets: ScriptedTarget[] = [];
  const heard: string[] = [];
  const pool = new TargetPool(
    {
      ...standardSettings,
      ...settings,
      targets: weights.map((weight, index) => ({ kind: "origin", base: "abcdefgh"[index] ?? "", weight })),
    },
    {
      open(one) {
        const target = new ScriptedTarget(one.kind === "origin" ? one.base : one.tunnel);
        targets.push(target);
        return target;
      },
      clock,
      random: () => 0.5,
      observer: {
        onTarget: (name, { kind }) => heard.push(`${name} ${kind}`),
        onRepeat: (from, to, failure: RelayFailure) => heard.push(`${from} → ${to} ${failure.failure}`),
      },
    },
  );
  return {
    clock,
    pool,
    targets: targets as unknown as PoolWorld["targets"],
    heard,
    send(request = {}, limits = { answerMs: 30_000, idleMs: 30_000 }) {
      const whole = { method: "GET", path: "/", headers: [], body: undefined, ...request };
      const sink = new RecordingSink();
      const sending = pool.send(whole, sink, limits);
      return {
        sink,
        sending,
        get at() {
          return targets.find(({ requests }) => requests.some((one) => one.request === whole && !one.isOver))?.name;
        },
      };
    },
    state: (name) => pool.health().find((one) => one.name === name)?.state,
  };
}

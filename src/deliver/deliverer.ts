import { backoffMs, type RetryPolicy } from "../model/backoff.ts";
import type { DeliveryStatus } from "../model/delivery.ts";
import type { PlatformError } from "../model/platform-error.ts";
import type { RateWindow } from "../model/rate.ts";
import type { Receipt } from "../model/receipt.ts";
import type { Channel } from "../model/recipient.ts";
import type { Payload } from "../platforms/definition.ts";
import type { Clock } from "../queue/clock.ts";
import type { Queue } from "../queue/queue.ts";
import type { DeliveryKey, LaneState, LaneStore, PendingDelivery, Recorded } from "../store/store.ts";
import type { Backlog } from "./backlog.ts";
import type { BreakerPolicy } from "./breaker-policy.ts";
import type { Directory } from "./directory.ts";
import { type KnownPlan, knownPlan } from "./known-plan.ts";
import { afterFailure, afterSuccess, calm } from "./lane-state.ts";
import { reasonOf } from "./last-resort.ts";
import type { Observer } from "./observer.ts";
import { OpenTasks } from "./open-tasks.ts";
import { nextAllowed } from "./rate.ts";
import { Recorder } from "./recorder.ts";
import type { Senders } from "./senders.ts";

export interface DelivererOptions {
  readonly store: LaneStore;
  readonly queue: Pick<Queue, "wake">;
  readonly directory: () => Directory;
  readonly senders: Senders;
  readonly backlog: Backlog;
  readonly observer: Observer;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly retry: RetryPolicy;
  readonly breaker: BreakerPolicy;
  /** How long one request to a platform may take. */
  readonly timeoutMs: number;
  /** Deliveries a lane sends before the others get their turn. */
  readonly batchSize: number;
  readonly onError: (what: string, error: unknown) => void;
}

/** What is remembered of a lane between its turns. */
interface Lane {
  state: LaneState;
  /** During a hold: up to where those with an alternative were sent on their way. */
  passed: DeliveryKey | undefined;
  /** Those that came to the lane since, from Tasks accepted before that. */
  late: DeliveryKey[];
}

/** Drains lanes: sends what waits, in order, within the limits, and writes down what became of it. */
export class Deliverer {
  readonly #options: DelivererOptions;
  readonly #recorder: Recorder;
  readonly #openTasks: OpenTasks;
  readonly #lanes = new Map<string, Lane>();
  readonly #plans = new Map<string, KnownPlan>();
  #stopping = false;

  constructor(options: DelivererOptions) {
    this.#options = options;
    this.#recorder = new Recorder(options.store, options.clock, options.onError);
    this.#openTasks = new OpenTasks(options.store);
  }

  /** Lets what is under way finish and starts nothing more; the rest stays stored. */
  stop(): void {
    this.#stopping = true;
  }

  /** One turn of a lane; see `Drain`. */
  async drain(name: string): Promise<number | undefined> {
    const { store, clock, batchSize } = this.#options;
    const lane = await this.#lane(name);
    if (lane.state.holdUntil > clock.now()) return this.#hold(name, lane);
    lane.passed = undefined;
    lane.late = [];
    // A lane that waits for its limit is woken by every accept: reading a batch each time would cost more than the rest.
    const allowedAt = nextAllowed(lane.state.recent, this.#windows(name), clock.now());
    if (allowedAt > clock.now()) return allowedAt;
    const waiting = await store.pending(name, batchSize);
    for (const delivery of waiting) {
      if (this.#stopping) return clock.now();
      const waitUntil = await this.#deliver(name, lane, delivery);
      if (waitUntil !== undefined) {
        return lane.state.holdUntil > clock.now() ? this.#hold(name, lane) : waitUntil;
      }
    }
    if (waiting.length === batchSize) return clock.now();
    if (lane.state === calm) this.#lanes.delete(name);
    return undefined;
  }

  /**
   * While a Channel does not answer, whoever has an alternative takes it and is not held up; the others wait.
   * While it asked us to wait, everybody does: it will take them.
   */
  async #hold(name: string, lane: Lane): Promise<number> {
    const { store, batchSize, clock } = this.#options;
    for (const { taskSeq, leaf } of lane.late.splice(0)) {
      const [delivery] = await store.pending(name, 1, { taskSeq, leaf: leaf - 1 });
      if (delivery?.taskSeq === taskSeq && delivery.leaf === leaf) await this.#passBy(lane, delivery);
    }
    while (lane.state.holdKind === "unavailable" && !this.#stopping) {
      const waiting = await store.pending(name, batchSize, lane.passed);
      await Promise.all(waiting.map((delivery) => this.#passBy(lane, delivery)));
      lane.passed = waiting.at(-1) ?? lane.passed;
      if (waiting.length < batchSize) break;
    }
    return Math.max(lane.state.holdUntil, clock.now());
  }

  async #passBy(lane: Lane, delivery: PendingDelivery): Promise<void> {
    const known = await this.#plan(delivery.plan);
    if (!known.alternatives.has(delivery.leaf)) return;
    const seconds = Math.ceil((lane.state.holdUntil - this.#options.clock.now()) / 1000);
    const error: PlatformError = {
      kind: "unavailable",
      code: "circuit-open",
      message: `渠道连续失败，暂停发送 ${seconds} 秒`,
      advice: "已改用其他渠道",
    };
    await this.#settle(delivery, known, { status: "failed", attempts: delivery.attempts, error });
  }

  /** Undefined when the lane can go on; otherwise when it can. */
  async #deliver(name: string, lane: Lane, delivery: PendingDelivery): Promise<number | undefined> {
    const { clock, directory, senders } = this.#options;
    if (delivery.dueAt > clock.now()) return delivery.dueAt;
    const known = await this.#plan(delivery.plan);
    const channel = directory().channel(name);
    if (!channel) {
      const error = { kind: "rejected", code: "channel-gone", message: "渠道已不存在", advice: "请检查配置" } as const;
      await this.#settle(delivery, known, { status: "failed", attempts: delivery.attempts, error });
      return undefined;
    }
    const windows = senders.ratesOf(channel);
    const payloads = await this.#render(delivery, known, channel);
    if (payloads.length === 0) {
      const error = { kind: "rejected", code: "render", message: "消息无法渲染", advice: "请查看服务日志" } as const;
      await this.#settle(delivery, known, { status: "failed", attempts: delivery.attempts, error });
      return undefined;
    }
    for (let part = delivery.parts; part < payloads.length; part++) {
      const allowedAt = nextAllowed(lane.state.recent, windows, clock.now());
      if (allowedAt > clock.now()) {
        this.#options.observer.waiting(channel.platform, "rate-limited");
        return allowedAt;
      }
      const receipt = await this.#send(delivery, channel, payloads[part] ?? {}, part);
      if (!receipt.ok) return this.#refused(name, lane, delivery, known, channel, { error: receipt.error, part });
      const written = lane.state;
      lane.state = afterSuccess(lane.state, windows, clock.now());
      const changed = lane.state === written ? undefined : { channel: name, state: lane.state };
      if (part === payloads.length - 1) {
        await this.#settle(delivery, known, {
          status: "success",
          attempts: delivery.attempts + 1,
          parts: part + 1,
          messageId: receipt.messageId,
          lane: changed,
        });
      } else {
        await this.#keep(delivery, { attempts: delivery.attempts, parts: part + 1, dueAt: clock.now(), lane: changed });
      }
    }
    return undefined;
  }

  /** Empty when the platform's renderer failed: a Message that breaks it must not block its lane. */
  async #render(delivery: PendingDelivery, known: KnownPlan, channel: Channel): Promise<readonly Payload[]> {
    const reason = known.lastResort.has(delivery.leaf) ? await this.#reason(delivery, known) : undefined;
    const { taskId, strategy, createdAt, message } = delivery;
    try {
      return this.#options.senders.render(message, channel, { taskId, strategy, createdAt, reason });
    } catch (error) {
      this.#options.onError(`task ${taskId} could not be rendered for ${channel.platform}`, error);
      return [];
    }
  }

  async #reason(delivery: PendingDelivery, known: KnownPlan): Promise<string> {
    const failures = await this.#options.store.failures(delivery.taskSeq);
    return reasonOf(failures.filter(({ leaf }) => !known.lastResort.has(leaf)));
  }

  async #send(delivery: PendingDelivery, channel: Channel, payload: Payload, part: number): Promise<Receipt> {
    const { clock, directory, senders, observer, timeoutMs } = this.#options;
    const account = channel.account === undefined ? undefined : directory().account(channel.account);
    const key = `${delivery.taskId}-${delivery.leaf}-${part}`;
    const sentAt = clock.now();
    const receipt = await senders.send(payload, channel, account, { key, timeoutMs }).catch((cause): Receipt => {
      this.#options.onError(`platform ${channel.platform} failed to send`, cause);
      const error = { kind: "unavailable", code: "internal", message: "发送时出错", advice: "请查看服务日志" } as const;
      return { ok: false, error };
    });
    observer.attempted(channel.platform, receipt.ok, clock.now() - sentAt);
    return receipt;
  }

  async #refused(
    name: string,
    lane: Lane,
    delivery: PendingDelivery,
    known: KnownPlan,
    channel: Channel,
    { error, part }: { error: PlatformError; part: number },
  ): Promise<number | undefined> {
    const { clock, observer, breaker } = this.#options;
    const at = clock.now();
    const counts = error.kind !== "rate-limited";
    const attempts = delivery.attempts + (counts ? 1 : 0);
    const retryAt = this.#retryAt(delivery, known, error, attempts, at);
    const state = afterFailure(lane.state, error, breaker, at, retryAt);
    const changed = state === lane.state ? undefined : { channel: name, state };
    lane.state = state;
    lane.passed = undefined;
    lane.late = [];
    if (retryAt === undefined) {
      await this.#settle(delivery, known, { status: "failed", attempts, parts: part, error, lane: changed });
      return state.holdUntil > clock.now() ? state.holdUntil : undefined;
    }
    observer.waiting(channel.platform, counts ? "unavailable" : "rate-limited");
    await this.#keep(delivery, { attempts, parts: part, dueAt: retryAt, error, lane: changed });
    return retryAt;
  }

  /** When a refused Delivery is worth another attempt, if it is. */
  #retryAt(
    delivery: PendingDelivery,
    known: KnownPlan,
    error: PlatformError,
    attempts: number,
    at: number,
  ): number | undefined {
    const { retry, random } = this.#options;
    // A delay of 0 says no more than none: taken at its word it would be asked again as fast as it answers.
    if (error.kind === "rate-limited") return at + (error.retryAfterMs || retry.initialDelayMs);
    if (error.kind !== "unavailable" || attempts >= retry.attempts) return undefined;
    if (known.alternatives.has(delivery.leaf)) return undefined;
    return at + (error.retryAfterMs || backoffMs(retry, attempts, random()));
  }

  /** It stays in its lane. */
  async #keep(
    delivery: PendingDelivery,
    kept: Pick<Recorded, "attempts" | "parts" | "dueAt" | "error" | "lane">,
  ): Promise<void> {
    await this.#recorder.record({ delivery, status: "pending", at: this.#options.clock.now(), start: [], ...kept });
  }

  /** It is over; what follows from that for its Task is written with it. */
  async #settle(
    delivery: PendingDelivery,
    known: KnownPlan,
    ending: { status: Exclude<DeliveryStatus, "pending">; attempts: number; parts?: number } & Pick<
      Recorded,
      "error" | "messageId" | "lane"
    >,
  ): Promise<void> {
    const { clock, backlog, observer, queue } = this.#options;
    const at = clock.now();
    const ended = await this.#openTasks.ended(delivery.taskSeq, known, delivery.leaf, ending.status);
    const start = ended.start.map((leaf) => ({ leaf, channel: known.leaves[leaf]?.channel ?? "" }));
    backlog.add(start.length);
    await this.#recorder.record({
      delivery,
      parts: delivery.parts,
      dueAt: delivery.dueAt,
      at,
      start,
      taskStatus: ended.outcome,
      ...ending,
    });
    ended.written();
    backlog.release(1);
    for (const { leaf, channel } of start) {
      const lane = this.#lanes.get(channel);
      if (lane?.passed && comesBefore({ taskSeq: delivery.taskSeq, leaf }, lane.passed)) {
        lane.late.push({ taskSeq: delivery.taskSeq, leaf });
      }
      queue.wake(channel, at);
    }
    const platform = known.leaves[delivery.leaf]?.platform ?? "";
    if (ending.status === "success") observer.delivered(platform, at - delivery.createdAt);
    else observer.failed(platform, ending.error?.kind ?? "rejected");
  }

  #windows(name: string): readonly RateWindow[] {
    const channel = this.#options.directory().channel(name);
    return channel ? this.#options.senders.ratesOf(channel) : [];
  }

  async #lane(name: string): Promise<Lane> {
    const found = this.#lanes.get(name);
    if (found) return found;
    const lane = { state: (await this.#options.store.laneState(name)) ?? calm, passed: undefined, late: [] };
    this.#lanes.set(name, lane);
    return lane;
  }

  async #plan(id: string): Promise<KnownPlan> {
    const found = this.#plans.get(id);
    if (found) return found;
    const plan = await this.#options.store.plan(id);
    if (!plan) throw new Error(`plan ${id} is not in the store`);
    const known = knownPlan(plan);
    if (this.#plans.size >= 10_000) this.#plans.clear();
    this.#plans.set(id, known);
    return known;
  }
}

/** In the order of a lane. */
function comesBefore(a: DeliveryKey, b: DeliveryKey): boolean {
  return a.taskSeq === b.taskSeq ? a.leaf <= b.leaf : a.taskSeq < b.taskSeq;
}

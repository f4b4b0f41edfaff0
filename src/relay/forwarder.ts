import { backoffMs, type RetryPolicy } from "../model/backoff.ts";
import type { ForwardLane, ForwardState, WaitingForward } from "../model/forward.ts";
import type { Clock } from "./clock.ts";
import type { ForwardAnswers } from "./forward-answers.ts";
import { ForwardBreaker, type ForwardBreakerPolicy } from "./forward-breaker.ts";
import { laneOf, probeLaneName } from "./forward-lane.ts";
import { answerOf, type ForwardReceiver } from "./forward-receiver.ts";
import { outgoingForward } from "./forward-request.ts";
import { send } from "./forward-sending.ts";
import { type ForwardAnswer, type ForwardVerdict, forwardVerdict } from "./forward-verdict.ts";

/** What one attempt changed. */
interface ForwardStep {
  readonly seq: number;
  readonly state: Extract<ForwardState, "waiting" | "done" | "dead">;
  readonly attempts: number;
  readonly refusals: number;
  /** For `waiting`: when to try again. Epoch milliseconds. */
  readonly dueAt: number;
  readonly error?: string | undefined;
  readonly at: number;
}

/** Where what waits is; declared here, kept by the room of the store. */
export interface WaitingForwards {
  /** The first that waits in a lane, due or not. */
  next(tenant: string, lane: ForwardLane): Promise<WaitingForward | undefined>;
  record(step: ForwardStep): Promise<void>;
  /** All that waits for this receiver is due now. */
  release(tenant: string, relay: string, receiver: string, at: number): Promise<void>;
}

/** What happens to forwards, for the log and the metrics. Must not throw. */
export interface ForwardObserver {
  attempted(to: ForwardReceiver, outcome: "taken" | "refused" | "failed"): void;
  /** `down`: it takes nothing and is asked rarely; `dead`: a callback was set aside; `unsealed`: see its detail. */
  told(to: ForwardReceiver, what: "down" | "up" | "dead" | "unsealed", detail: string): void;
}

export interface ForwarderOptions {
  readonly tenant: string;
  readonly store: WaitingForwards;
  /** Those in force; what waits for another waits until it is configured again. */
  readonly receiver: (relay: string, name: string) => ForwardReceiver | undefined;
  readonly answers: ForwardAnswers;
  readonly wake: (lane: string, dueAt: number) => void;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly observer: ForwardObserver;
  readonly pace?: ForwardPace;
}

/** How patiently receivers are asked again. */
export interface ForwardPace {
  readonly retry: Pick<RetryPolicy, "initialDelayMs" | "maxDelayMs" | "jitter">;
  readonly breaker: ForwardBreakerPolicy;
}

const usualPace: ForwardPace = {
  retry: { initialDelayMs: 1_000, maxDelayMs: 60_000, jitter: 0.3 },
  breaker: { failures: 5, pauseMs: 1_000, maxPauseMs: 60_000 },
};

/** Attempts a lane makes before the others have their turn. */
const TURN = 50;

/** Lanes that one probe asks for, while what comes back is a refusal: that may be the callback's fault. */
const PROBES = 5;

/**
 * Delivers callbacks to receivers, at least once and in order within a chat: each waits until the one before it was
 * taken, set aside or skipped. An attempt is recorded after its answer, so that a crash between them repeats it.
 */
export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #pace: ForwardPace;
  readonly #breakers = new Map<string, ForwardBreaker>();
  /** Lanes that a probe is asking for. */
  readonly #asked = new Set<string>();
  /** By lane: what could not be recorded. */
  readonly #leftover = new Map<string, ForwardStep>();
  #stopping = false;

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#pace = options.pace ?? usualPace;
  }

  /** No further attempt begins. */
  stop(): void {
    this.#stopping = true;
  }

  /** What keeps this receiver from being asked now, in words; undefined while nothing does. */
  trouble(relay: string, receiver: string): { readonly error: string; readonly untilMs: number } | undefined {
    const breaker = this.#breakers.get(probeLaneName(relay, receiver));
    return breaker?.isOpen ? { error: breaker.error ?? "", untilMs: breaker.openUntil } : undefined;
  }

  /** Has a receiver asked at once, though it was down: somebody says that it is back. */
  retry(relay: string, receiver: string): void {
    const held = this.#breakers.get(probeLaneName(relay, receiver))?.close() ?? [];
    for (const lane of held) this.#options.wake(lane, this.#options.clock.now());
  }

  /** Does what the lane has to do now; answers when it is next due. @throws StoreError */
  async drain(name: string): Promise<number | undefined> {
    const { clock, store, tenant, wake, answers, observer } = this.#options;
    const { relay, receiver, chat } = laneOf(name);
    const to = this.#options.receiver(relay, receiver);
    // Whoever asks for a lane wakes it afterwards.
    if (!to || this.#asked.has(name)) return undefined;
    const breaker = this.#breaker(probeLaneName(relay, receiver));
    if (chat === undefined) return this.#probe(to, breaker);
    for (let made = 0; made < TURN && !this.#stopping; made++) {
      await this.#writeLeftover(name);
      const forward = await store.next(tenant, { relay, receiver, chat });
      if (!forward) return undefined;
      if (breaker.isOpen) {
        breaker.hold(name);
        answers.giveUp(name);
        wake(probeLaneName(relay, receiver), breaker.openUntil);
        return undefined;
      }
      if (forward.dueAt > clock.now()) return forward.dueAt;
      const verdict = await this.#attempt(to, name, forward);
      if (verdict.kind === "taken") await this.#isUp(to, breaker);
      else if (!verdict.isRefusal || forward.refusals === 0) {
        // One callback that is refused again and again says nothing about the others.
        if (breaker.failed(verdict.error, clock.now())) observer.told(to, "down", verdict.error);
      }
    }
    return clock.now();
  }

  #breaker(key: string): ForwardBreaker {
    const breaker = this.#breakers.get(key) ?? new ForwardBreaker(this.#pace.breaker, this.#options.random);
    this.#breakers.set(key, breaker);
    return breaker;
  }

  /** Asks for one of the lanes that are held, whether or not its callback is due. */
  async #probe(to: ForwardReceiver, breaker: ForwardBreaker): Promise<number | undefined> {
    const { clock, wake } = this.#options;
    if (!breaker.isOpen || this.#stopping) return undefined;
    if (breaker.openUntil > clock.now()) return breaker.openUntil;
    const asked: string[] = [];
    try {
      const error = await this.#ask(to, breaker, asked);
      // Nobody waits for it any more: the next callback finds out.
      if (error === undefined) breaker.close();
      else breaker.probeFailed(error, clock.now());
    } finally {
      for (const lane of asked) {
        this.#asked.delete(lane);
        // Held again, or drained: there may be more in it.
        wake(lane, clock.now());
      }
    }
    return breaker.isOpen ? breaker.openUntil : undefined;
  }

  /**
   * @param asked Filled with the lanes that were asked for.
   * @returns What went wrong; undefined when it took something, or nothing waits.
   */
  async #ask(to: ForwardReceiver, breaker: ForwardBreaker, asked: string[]): Promise<string | undefined> {
    const { store, tenant } = this.#options;
    let error: string | undefined;
    let failed = 0;
    for (let lane = breaker.takeHeld(); lane !== undefined; lane = breaker.takeHeld()) {
      asked.push(lane);
      this.#asked.add(lane);
      await this.#writeLeftover(lane);
      const forward = await store.next(tenant, { relay: to.relay, receiver: to.name, chat: laneOf(lane).chat ?? "" });
      if (!forward) continue;
      const verdict = await this.#attempt(to, lane, forward);
      if (verdict.kind === "taken") {
        await this.#isUp(to, breaker);
        return undefined;
      }
      error = verdict.error;
      if (!verdict.isRefusal || ++failed >= PROBES) break;
    }
    return error;
  }

  async #isUp(to: ForwardReceiver, breaker: ForwardBreaker): Promise<void> {
    const { store, tenant, clock, wake, observer } = this.#options;
    const held = breaker.close();
    if (!held) return;
    observer.told(to, "up", "it takes callbacks again");
    try {
      await store.release(tenant, to.relay, to.name, clock.now());
    } finally {
      for (const lane of held) wake(lane, clock.now());
    }
  }

  /** What a full disk did not take: what was delivered must not go out again and again for that. */
  async #writeLeftover(lane: string): Promise<void> {
    const step = this.#leftover.get(lane);
    if (step) await this.#record(lane, step);
  }

  async #record(lane: string, step: ForwardStep): Promise<void> {
    this.#leftover.set(lane, step);
    await this.#options.store.record(step);
    this.#leftover.delete(lane);
  }

  async #attempt(to: ForwardReceiver, lane: string, forward: WaitingForward): Promise<ForwardVerdict> {
    const { clock, answers, observer } = this.#options;
    const sent = await this.#send(to, forward);
    const at = clock.now();
    if ("error" in sent) {
      // Not to be sent in the clear or under other keys: set aside in time like what is refused.
      return this.#again(to, lane, forward, { kind: "again", waitMs: 0, isRefusal: true, error: sent.error });
    }
    const verdict = forwardVerdict(sent.answer, at);
    if (verdict.kind === "again") return this.#again(to, lane, forward, verdict);
    observer.attempted(to, "taken");
    if (to.answers && answers.isExpected(forward)) {
      const answer = answerOf(to, sent.answer, forward.request);
      if (answer === undefined)
        observer.told(to, "unsealed", `its answer to ${forward.id} is none that can be passed on`);
      answers.settle(forward, answer);
    }
    const { seq, refusals } = forward;
    await this.#record(lane, { seq, state: "done", attempts: forward.attempts + 1, refusals, dueAt: at, at });
    return verdict;
  }

  async #send(to: ForwardReceiver, forward: WaitingForward): Promise<{ answer: ForwardAnswer } | { error: string }> {
    let request = forward.request;
    try {
      request = to.sealing ? to.sealing.seal(forward) : request;
    } catch (error) {
      this.#options.observer.told(to, "unsealed", `${forward.id} cannot be sealed with its keys: ${error}`);
      return { error: "it cannot be sealed with this receiver's keys" };
    }
    const keepBytes = to.answers ? LONGEST_ANSWER : 0;
    return { answer: await send(to.target, outgoingForward(forward, request, to.path), to.limits, keepBytes) };
  }

  async #again(
    to: ForwardReceiver,
    lane: string,
    forward: WaitingForward,
    verdict: Extract<ForwardVerdict, { kind: "again" }>,
  ): Promise<ForwardVerdict> {
    const { clock, random, answers, observer } = this.#options;
    const { error, waitMs, isRefusal } = verdict;
    observer.attempted(to, isRefusal ? "refused" : "failed");
    answers.giveUp(lane);
    const attempts = forward.attempts + 1;
    const refusals = forward.refusals + (isRefusal ? 1 : 0);
    const state = refusals >= to.refusals ? "dead" : "waiting";
    const at = clock.now();
    const pauseMs = backoffMs({ ...this.#pace.retry, attempts }, attempts, random());
    const dueAt = at + Math.max(pauseMs, waitMs);
    await this.#record(lane, { seq: forward.seq, state, attempts, refusals, dueAt, error, at });
    if (state === "dead") observer.told(to, "dead", `${forward.id}: ${error}, ${refusals} times`);
    return verdict;
  }
}

/** Bytes of a receiver's answer that are passed on to a platform; theirs have a few thousand. */
const LONGEST_ANSWER = 256 * 1024;

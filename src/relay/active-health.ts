import type { Clock } from "./clock.ts";
import { RelayFailure } from "./failure.ts";
import type { ActiveHealth } from "./settings.ts";
import type { AnswerSink, Sending, Target } from "./target.ts";

export interface HealthCheckPorts {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** Tells that the target is up again, or no longer. */
  readonly onChange: (isUp: boolean) => void;
}

/** Checks differ from their interval by as much as this part of it, so that many do not come at once. */
const JITTER = 0.1;

/** More of an answer's body than this is not read to the end, in bytes: the status has said all. */
const READ_BYTES = 64 * 1024;

/** Asks a target for its health again and again. It is up until enough answers in a row say otherwise. */
export class HealthCheck {
  readonly #target: Target;
  readonly #settings: ActiveHealth;
  readonly #ports: HealthCheckPorts;
  #isUp = true;
  /** Answers in a row that say the opposite of `isUp`. */
  #opposed = 0;
  #isRunning = false;
  #callOff: (() => void) | undefined;
  #underWay: Check | undefined;

  constructor(target: Target, settings: ActiveHealth, ports: HealthCheckPorts) {
    this.#target = target;
    this.#settings = settings;
    this.#ports = ports;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** The first check is made within one interval. Harmless to repeat. */
  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    const { clock, random } = this.#ports;
    this.#checkAt(clock.now() + random() * this.#settings.everyMs);
  }

  /** Waits for the check under way, which it breaks off. Harmless to repeat, and before `start`. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#callOff?.();
    this.#underWay?.giveUp(new RelayFailure("caller-gone", "the health check was stopped", { sent: true }));
    await this.#underWay?.ended;
  }

  #checkAt(at: number): void {
    this.#callOff = this.#ports.clock.at(at, () => void this.#check());
  }

  async #check(): Promise<void> {
    const { clock, random } = this.#ports;
    const began = clock.now();
    const check = new Check(this.#target, this.#settings, clock);
    this.#underWay = check;
    const isGood = await check.ended;
    this.#underWay = undefined;
    if (!this.#isRunning) return;
    this.#note(isGood);
    const pauseMs = this.#settings.everyMs * (1 - JITTER + 2 * JITTER * random());
    this.#checkAt(Math.max(clock.now(), began + pauseMs));
  }

  #note(isGood: boolean): void {
    this.#opposed = isGood === this.#isUp ? 0 : this.#opposed + 1;
    if (this.#opposed < (isGood ? this.#settings.up : this.#settings.down)) return;
    if (isGood === this.#isUp) return;
    this.#isUp = isGood;
    this.#opposed = 0;
    this.#ports.onChange(isGood);
  }
}

/** One question and its answer. */
class Check implements AnswerSink {
  /** With whether the answer was good, in time. */
  readonly ended: Promise<boolean>;
  readonly #sending: Sending;
  readonly #callOff: () => void;
  #end: (isGood: boolean) => void = () => {};
  #isGood = false;
  #readBytes = 0;

  constructor(target: Target, { path, timeoutMs }: ActiveHealth, clock: Clock) {
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    const headers = ["User-Agent", "yizhan-health-check", "Accept", "*/*"];
    const request = { method: "GET", path, headers, body: undefined };
    this.#sending = target.send(request, this, { answerMs: timeoutMs, idleMs: timeoutMs });
    // Also ends a body that trickles, which the limits of the target allow.
    this.#callOff = clock.at(clock.now() + timeoutMs, () => {
      const message = `${target.name} did not finish its answer to the health check within ${timeoutMs} ms`;
      this.giveUp(new RelayFailure("target-answer-timeout", message, { sent: true }));
    });
  }

  giveUp(reason: RelayFailure): void {
    this.#sending.abort(reason);
    this.onEnd();
  }

  onInterim(): void {}

  onHead(status: number): void {
    this.#isGood = status >= 200 && status < 400;
  }

  onData(chunk: Uint8Array): boolean {
    this.#readBytes += chunk.byteLength;
    if (this.#readBytes > READ_BYTES) {
      this.giveUp(new RelayFailure("caller-gone", "enough was read of the answer to a health check", { sent: true }));
    }
    return true;
  }

  onEnd(): void {
    this.#callOff();
    this.#end(this.#isGood);
  }

  /** After a good status that is no bad sign: a health check needs no body. */
  onFailure(): void {
    this.onEnd();
  }
}

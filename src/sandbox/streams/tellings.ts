import type { Timer } from "../timer.ts";

/** Something that is told until somebody acknowledges it. */
export interface Telling {
  /** How often it was sent so far, also to nobody. */
  readonly attempts: number;
  readonly outcome: "waiting" | "acknowledged" | "given-up" | "cancelled";
  /** What programs answered with, also where it is no acknowledgement; oldest first. */
  readonly answers: readonly unknown[];
  /** Never rejects. */
  readonly done: Promise<void>;
}

export interface TellingsOptions {
  readonly timer: Timer;
  /** How long an acknowledgement may take. Milliseconds. */
  readonly patienceMs: number;
  /** How long after a failed attempt the next one comes; when they are used up it gives up. Milliseconds. */
  readonly retryDelaysMs: readonly number[];
  /** Told after everything that changes. */
  readonly onChange: () => void;
}

const mostUnderWay = 10_000;
const mostAnswers = 20;

/** What is told over a platform's connections and not acknowledged yet. */
export class Tellings {
  readonly #options: TellingsOptions;
  readonly #underWay = new Map<string, Attempts>();

  constructor(options: TellingsOptions) {
    this.#options = options;
  }

  /**
   * @param id What an acknowledgement names.
   * @param transmit Sends it once.
   * @throws RangeError when too much is under way.
   */
  tell(id: string, transmit: () => void): Telling {
    if (this.#underWay.size >= mostUnderWay) throw new RangeError(`${mostUnderWay} are under way; wait for some`);
    const attempts = new Attempts(this.#options, transmit, () => this.#underWay.delete(id));
    this.#underWay.set(id, attempts);
    attempts.try();
    return attempts;
  }

  acknowledged(id: string, answer: unknown): void {
    this.#underWay.get(id)?.take(answer).end("acknowledged");
  }

  /** The program said that it could not take it. */
  refused(id: string, answer: unknown): void {
    this.#underWay.get(id)?.take(answer).failed();
  }

  /** The program said something that changes nothing. */
  heard(id: string, answer: unknown): void {
    this.#underWay.get(id)?.take(answer);
  }

  close(): void {
    for (const attempts of [...this.#underWay.values()]) attempts.end("cancelled");
  }
}

class Attempts implements Telling {
  attempts = 0;
  outcome: Telling["outcome"] = "waiting";
  readonly answers: unknown[] = [];
  readonly #done = Promise.withResolvers<void>();
  readonly #options: TellingsOptions;
  readonly #transmit: () => void;
  readonly #forget: () => void;
  #callOff = () => {};

  constructor(options: TellingsOptions, transmit: () => void, forget: () => void) {
    this.#options = options;
    this.#transmit = transmit;
    this.#forget = forget;
  }

  get done(): Promise<void> {
    return this.#done.promise;
  }

  try(): void {
    const { timer, patienceMs, onChange } = this.#options;
    this.attempts++;
    this.#callOff = timer.at(timer.now() + patienceMs, () => this.failed());
    this.#transmit();
    onChange();
  }

  take(answer: unknown): this {
    if (this.answers.length < mostAnswers) this.answers.push(answer);
    return this;
  }

  failed(): void {
    const { timer, retryDelaysMs } = this.#options;
    this.#callOff();
    const delayMs = retryDelaysMs[this.attempts - 1];
    if (delayMs === undefined) this.end("given-up");
    else this.#callOff = timer.at(timer.now() + delayMs, () => this.try());
  }

  end(outcome: Telling["outcome"]): void {
    if (this.outcome !== "waiting") return;
    this.#callOff();
    this.outcome = outcome;
    this.#forget();
    this.#done.resolve();
    this.#options.onChange();
  }
}

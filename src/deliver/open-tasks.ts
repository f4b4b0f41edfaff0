import { type Ending, next, type Progress } from "../model/next.ts";
import type { LaneStore } from "../store/store.ts";
import type { KnownPlan } from "./known-plan.ts";
import { PlanProgress } from "./plan-progress.ts";

interface Entry {
  readonly progress: Promise<PlanProgress>;
  /** Endings that were counted here but are not in the store yet: until they are, it cannot be rebuilt. */
  unwritten: number;
}

export interface Ended extends Progress {
  /** To be called once what follows from the ending is on stable storage. */
  written(): void;
}

const nothing = () => {};

/**
 * Where Tasks stand whose Deliveries run side by side. The store could always be asked again, but for a Message
 * to a thousand Channels that would be a thousand rows a thousand times.
 */
export class OpenTasks {
  readonly #store: Pick<LaneStore, "endings">;
  readonly #most: number;
  readonly #entries = new Map<number, Entry>();

  constructor(store: Pick<LaneStore, "endings">, most = 20_000) {
    this.#store = store;
    this.#most = most;
  }

  /** What an ending means for its Task. */
  async ended(taskSeq: number, known: KnownPlan, leaf: number, ending: Ending): Promise<Ended> {
    if (known.alone.has(leaf)) {
      return { ...(await this.#alone(taskSeq, known, leaf, ending)), written: nothing };
    }
    const entry = this.#entry(taskSeq, known);
    entry.unwritten++;
    const progress = (await entry.progress).end(leaf, ending);
    const written = () => {
      entry.unwritten--;
      if (progress.outcome) this.#entries.delete(taskSeq);
    };
    return { ...progress, written };
  }

  /** No other leaf is under way, so all earlier endings are in the store. */
  async #alone(taskSeq: number, known: KnownPlan, leaf: number, ending: Ending): Promise<Progress> {
    if (ending === "success") return { start: [], outcome: "completed" };
    const endings = new Map(await this.#store.endings(taskSeq));
    return next(known.plan, endings.set(leaf, ending));
  }

  #entry(taskSeq: number, known: KnownPlan): Entry {
    const found = this.#entries.get(taskSeq);
    if (found) return found;
    if (this.#entries.size >= this.#most) this.#forgetOne();
    const load = async () => new PlanProgress(known.plan, await this.#store.endings(taskSeq));
    const entry = { progress: load(), unwritten: 0 };
    this.#entries.set(taskSeq, entry);
    // A store that could not be read this once is asked again.
    entry.progress.catch(() => this.#entries.delete(taskSeq));
    return entry;
  }

  #forgetOne(): void {
    for (const [taskSeq, entry] of this.#entries) {
      if (entry.unwritten > 0) continue;
      this.#entries.delete(taskSeq);
      return;
    }
  }
}

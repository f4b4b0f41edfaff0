import type { FaultSettings } from "../../src/sandbox/faults.ts";
import type { Sandbox } from "../../src/sandbox/server.ts";

/** A place that messages go to, as the ledger names it: `platform/token`. */
export interface Place {
  readonly platform: "feishu" | "dingtalk" | "wecom";
  readonly token: string;
}

/** Makes the platforms fail at random, and knows whose answers it spoiled after the message was taken in. */
export class Mischief {
  readonly #sandbox: Sandbox;
  readonly #places: readonly Place[];
  readonly #random: () => number;
  /** Where each such fault was set, by its id. */
  readonly #spoiling = new Map<number, string>();

  constructor(sandbox: Sandbox, places: readonly Place[], random: () => number) {
    this.#sandbox = sandbox;
    this.#places = places;
    this.#random = random;
  }

  /** Sets a few faults, each for one request. */
  strike(): void {
    // A fault that no request met stays; new ones are not piled upon it.
    if (this.#sandbox.faults.list().length > 20) return;
    for (let count = 0; count < 4; count++) {
      const place = this.#oneOf(this.#places);
      const beforeAccepting = this.#random() < 0.6;
      const settings = { ...this.#oneOf(faults), ...place, beforeAccepting, times: 1 };
      const { id } = this.#sandbox.faults.add(settings);
      if (!beforeAccepting) this.#spoiling.set(id, `${place.platform}/${place.token}`);
    }
  }

  /**
   * Is the answer to the message that arrived just now going to be spoiled? A fault is used up by the request that it
   * strikes before the message is taken in, so a fault that was set here and is gone has struck this one.
   */
  hasStruck(place: string): boolean {
    const waiting = new Set(this.#sandbox.faults.list().map(({ id }) => id));
    for (const [id, where] of this.#spoiling) {
      if (where !== place || waiting.has(id)) continue;
      this.#spoiling.delete(id);
      return true;
    }
    return false;
  }

  /** Ends what is left. */
  end(): void {
    this.#sandbox.faults.clear();
    this.#spoiling.clear();
  }

  #oneOf<T>(choices: readonly T[]): T {
    const choice = choices[Math.floor(this.#random() * choices.length)];
    if (choice === undefined) throw new RangeError("nothing to choose from");
    return choice;
  }
}

const faults: readonly FaultSettings[] = [
  { mode: "drop" },
  { mode: "fail", status: 502 },
  { mode: "garbage" },
  // Longer than the hub waits, and shorter.
  { mode: "stall", delayMs: 5_000 },
  { mode: "stall", delayMs: 100 },
];

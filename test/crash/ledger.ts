import type { ReceivedMessage } from "../../src/sandbox/inbox.ts";

/** Why a message came to a place twice. */
export type Cause = "killed" | "fault" | "unexplained";

interface Repeat {
  readonly id: string;
  readonly place: string;
  readonly cause: Cause;
}

/**
 * A process needs this long at least before it can have sent anything; what arrives earlier was left in a socket by
 * the one before it. Milliseconds.
 */
const BIRTH_MS = 50;

/** What was sent, accepted and received, and when the hub was killed. Times are epoch milliseconds. */
export class Ledger {
  /** Ids of pushes that were sent, whatever became of them. */
  readonly sent = new Set<string>();
  /** Task ids by id, for pushes whose 200 was read. */
  readonly accepted = new Map<string, string>();
  /** Ids that a platform took at least once. */
  readonly delivered = new Set<string>();
  /** Messages without an id that was ever sent. */
  readonly strangers: string[] = [];
  /** Messages whose answers went wrong on purpose. */
  spoiled = 0;
  readonly #arrivals = new Map<string, { readonly at: number; readonly spoiled: boolean }[]>();
  /** When each process was started; the one before it was dead by then. */
  readonly #births: number[] = [];

  born(): void {
    this.#births.push(Date.now());
  }

  /** @param spoiled The message was taken in, but the hub will not be told so. */
  received({ platform, token, text }: Pick<ReceivedMessage, "platform" | "token" | "text">, spoiled: boolean): void {
    const id = /#(\w+)#/.exec(text)?.[1];
    if (id === undefined || !this.sent.has(id)) {
      this.strangers.push(text);
      return;
    }
    this.delivered.add(id);
    if (spoiled) this.spoiled++;
    const key = `${platform}/${token} ${id}`;
    const arrival = { at: Date.now(), spoiled };
    const arrivals = this.#arrivals.get(key);
    if (arrivals) arrivals.push(arrival);
    else this.#arrivals.set(key, [arrival]);
  }

  /** Did this place, `platform/token`, show this message? */
  has(place: string, id: string): boolean {
    return this.#arrivals.has(`${place} ${id}`);
  }

  /**
   * Every repeat with its cause. The message before it was spoiled, or was under way when the hub was killed: a lane
   * has one request under way, so a kill explains one repeat in each place.
   */
  repeats(): Repeat[] {
    const kills = new Set<string>();
    return [...this.#arrivals].flatMap(([key, arrivals]) => {
      const [place = "", id = ""] = key.split(" ");
      return arrivals.slice(1).map(({ at }, index): Repeat => {
        const { spoiled, at: before } = arrivals[index] ?? { spoiled: false, at };
        if (spoiled) return { id, place, cause: "fault" };
        const birth = this.#births.findIndex((time) => before < time + BIRTH_MS && at >= time);
        const kill = `${place} ${birth}`;
        if (birth <= 0 || kills.has(kill)) return { id, place, cause: "unexplained" };
        kills.add(kill);
        return { id, place, cause: "killed" };
      });
    });
  }
}

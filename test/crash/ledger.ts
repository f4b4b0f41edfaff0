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
  readonly #arrivals = new Map<string, number[]>();
  /** When each process was started; the one before it was dead by then. */
  readonly #births: number[] = [];

  born(): void {
    this.#births.push(Date.now());
  }

  received({ platform, token, text }: Pick<ReceivedMessage, "platform" | "token" | "text">): void {
    const id = /#(\w+)#/.exec(text)?.[1];
    if (id === undefined || !this.sent.has(id)) {
      this.strangers.push(text);
      return;
    }
    this.delivered.add(id);
    const key = `${platform}/${token} ${id}`;
    const times = this.#arrivals.get(key);
    if (times) times.push(Date.now());
    else this.#arrivals.set(key, [Date.now()]);
  }

  /** Did this place, `platform/token`, show this message? */
  has(place: string, id: string): boolean {
    return this.#arrivals.has(`${place} ${id}`);
  }

  /**
   * Every repeat with its cause. A lane has one request under way, so one kill explains one repeat in each place;
   * the rest must be answers that went wrong after the message was taken in, as often as that happened there.
   *
   * @param spoiled How many answers were spoiled on purpose, by place.
   */
  repeats(spoiled: ReadonlyMap<string, number>): Repeat[] {
    const kills = new Set<string>();
    const left = new Map(spoiled);
    const pairs = [...this.#arrivals].flatMap(([key, times]) => {
      const [place = "", id = ""] = key.split(" ");
      return times.slice(1).map((again, index) => ({ place, id, first: times[index] ?? again, again }));
    });
    return pairs.map(({ place, id, first, again }) => {
      const birth = this.#births.findIndex((time) => first < time + BIRTH_MS && again >= time);
      const death = `${place} ${birth}`;
      const answers = left.get(place) ?? 0;
      if (birth > 0 && !kills.has(death)) {
        kills.add(death);
        return { id, place, cause: "killed" };
      }
      if (answers > 0) {
        left.set(place, answers - 1);
        return { id, place, cause: "fault" };
      }
      return { id, place, cause: "unexplained" };
    });
  }
}

import { createHash } from "node:crypto";
import { next } from "../model/next.ts";
import { leavesOf, type Plan } from "../model/plan.ts";
import type { Account, Channel, Recipient } from "../model/recipient.ts";
import { planFor, type Route, type Strategy } from "../model/strategy.ts";
import type { Directory as DirectoryRows, StoredPlan } from "../store/store.ts";

/** A Plan as a push needs it: stored form, and what starts at once. */
export interface ReadyPlan extends StoredPlan {
  readonly strategy: Strategy | "platform";
  readonly start: readonly number[];
  /** The lanes those leaves wait in. */
  readonly lanes: readonly string[];
}

/** What is configured, ready for the hot path. Replaced as a whole when the configuration changes. */
export class Directory {
  readonly #recipients: ReadonlyMap<string, Recipient>;
  readonly #channels: ReadonlyMap<string, Channel>;
  readonly #accounts: ReadonlyMap<string, Account>;
  readonly #plans = new Map<string, ReadyPlan>();

  constructor(rows: DirectoryRows) {
    this.#recipients = new Map(rows.recipients.map((recipient) => [recipient.alias, recipient]));
    this.#channels = new Map(rows.channels.map((channel) => [channel.id, channel]));
    this.#accounts = new Map(rows.accounts.map((account) => [account.id, account]));
  }

  recipient(alias: string): Recipient | undefined {
    return this.#recipients.get(alias);
  }

  channel(id: string): Channel | undefined {
    return this.#channels.get(id);
  }

  account(id: string): Account | undefined {
    return this.#accounts.get(id);
  }

  /**
   * The Plan of a route for a Recipient; made once for each.
   *
   * @throws RangeError when a platform is named that the Recipient does not have.
   */
  plan(route: Route, recipient: Recipient): ReadyPlan {
    const name = "platform" in route ? `@${route.platform}` : route.strategy;
    const key = `${name}\n${recipient.alias}`;
    const made = this.#plans.get(key);
    if (made) return made;
    const plan = planFor(route, recipient);
    const { start } = next(plan, new Map());
    const leaves = leavesOf(plan);
    const ready: ReadyPlan = {
      id: planId(plan),
      plan,
      strategy: "platform" in route ? "platform" : route.strategy,
      start,
      lanes: start.flatMap((leaf) => leaves[leaf]?.channel ?? []),
    };
    this.#plans.set(key, ready);
    return ready;
  }
}

/** Equal Plans have equal ids. */
function planId(plan: Plan): string {
  return createHash("sha256").update(JSON.stringify(plan)).digest("base64url").slice(0, 22);
}

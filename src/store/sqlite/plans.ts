import type { DatabaseSync, StatementSync } from "node:sqlite";
import { leavesOf, type Plan, type Target } from "../../model/plan.ts";
import type { StoredPlan } from "../store.ts";
import type { Follower } from "./group-commit.ts";

export interface KnownPlan {
  readonly plan: Plan;
  readonly leaves: readonly Target[];
}

/** How many Plans are kept parsed; the oldest is forgotten first and read again when needed. */
const CACHED = 10_000;

/** Plans by id. They never change, so what was read once stays right. */
export class Plans implements Follower {
  readonly #insert: StatementSync;
  readonly #select: StatementSync;
  readonly #cache = new Map<string, KnownPlan>();

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare("INSERT INTO plans (id, plan) VALUES (?, ?) ON CONFLICT DO NOTHING");
    this.#select = db.prepare("SELECT plan FROM plans WHERE id = ?");
  }

  /**
   * Within a transaction: makes sure the Plan is stored. The look-up comes first because this runs for every
   * accept while a Plan is new once; the cache cannot answer it, for a transaction that is undone fills it too.
   */
  keep(stored: StoredPlan): KnownPlan {
    const known = this.get(stored.id);
    if (known) return known;
    this.#insert.run(stored.id, JSON.stringify(stored.plan));
    return { plan: stored.plan, leaves: leavesOf(stored.plan) };
  }

  /** Outside of writes, or after its row is known to be committed. */
  get(id: string): KnownPlan | undefined {
    const cached = this.#cache.get(id);
    if (cached) return cached;
    const row = this.#select.get(id);
    if (!row) return undefined;
    const plan = JSON.parse(String(row.plan)) as Plan;
    const known = { plan, leaves: leavesOf(plan) };
    if (this.#cache.size >= CACHED) this.#cache.delete(this.#cache.keys().next().value ?? "");
    this.#cache.set(id, known);
    return known;
  }

  committed(): void {}

  /** What the transaction had inserted may be in the cache. */
  undone(): void {
    this.#cache.clear();
  }
}

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Vault } from "../vault.ts";
import type { Follower } from "./group-commit.ts";

/** Characters of one row's bodies after which the next row begins: all of them are opened for the sake of one. */
const ROW_CHARACTERS = 65_536;

/** The first Event of an arrival, by its place, and the body that all of them came in. */
type Body = readonly [event: number, raw: string];

/**
 * The platforms' bodies as they came. Those of one transaction are sealed as one: alone, each takes as long to seal and
 * to insert as everything else about its Event.
 *
 * A row stands under its first Event. `add` and `deleteBefore` run inside the caller's transaction.
 */
export class EventBodies implements Follower {
  readonly #vault: Vault;
  readonly #insert: StatementSync;
  readonly #select: StatementSync;
  readonly #delete: StatementSync;
  #added: Body[] = [];
  #characters = 0;

  constructor(db: DatabaseSync, vault: Vault) {
    this.#vault = vault;
    this.#insert = db.prepare("INSERT INTO event_bodies (event, sealed) VALUES (?, ?)");
    this.#select = db.prepare("SELECT sealed FROM event_bodies WHERE event <= ? ORDER BY event DESC LIMIT 1");
    this.#delete = db.prepare(
      "DELETE FROM event_bodies WHERE event < coalesce((SELECT max(event) FROM event_bodies WHERE event <= ?), 0)",
    );
  }

  /** @param event The first of those that the body brought. The others follow it at once. */
  add(event: number, raw: string): void {
    this.#added.push([event, raw]);
    this.#characters += raw.length;
    if (this.#characters >= ROW_CHARACTERS) this.committing();
  }

  /** @param event Any of those that it brought. */
  get(event: number): string | undefined {
    const row = this.#select.get(event);
    if (!row) return undefined;
    const opened = this.#vault.open(row.sealed as Uint8Array) as string | readonly Body[];
    // Alone in its row, before bodies shared rows.
    if (typeof opened === "string") return opened;
    return opened.findLast(([first]) => first <= event)?.[1];
  }

  /** Those that no Event from this one on came in. */
  deleteBefore(event: number): void {
    this.#delete.run(event);
  }

  committing(): void {
    const first = this.#added[0];
    if (first) this.#insert.run(first[0], this.#vault.seal(this.#added));
    this.#forget();
  }

  committed(): void {}

  undone(): void {
    this.#forget();
  }

  #forget(): void {
    this.#added = [];
    this.#characters = 0;
  }
}

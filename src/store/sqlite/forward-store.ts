import type { ForwardLane } from "../../model/forward.ts";
import type { ForwardFilter, ForwardPage, ForwardStep, ForwardStore } from "../store.ts";
import type { Forwards } from "./forwards.ts";
import type { GroupCommit } from "./group-commit.ts";

/** How many are looked for in one transaction, so that a long stretch holds nobody up. */
const BATCH = 500;

/** Puts the rows behind the store's transactions and its errors. */
export class SqliteForwardStore implements ForwardStore {
  readonly #rows: Forwards;
  readonly #commit: GroupCommit;
  readonly #read: <T>(query: () => T) => Promise<T>;

  constructor(rows: Forwards, commit: GroupCommit, read: <T>(query: () => T) => Promise<T>) {
    this.#rows = rows;
    this.#commit = commit;
    this.#read = read;
  }

  lanes(tenant: string) {
    return this.#read(() => this.#rows.lanes(tenant));
  }

  next(tenant: string, lane: ForwardLane) {
    return this.#read(() => this.#rows.next(tenant, lane));
  }

  record(step: ForwardStep) {
    return this.#commit.run(() => this.#rows.record(step));
  }

  release(tenant: string, relay: string, receiver: string, at: number) {
    return this.#commit.run(() => this.#rows.release(tenant, relay, receiver, at));
  }

  page(tenant: string, filter: ForwardFilter, page: ForwardPage) {
    return this.#read(() => this.#rows.page(tenant, filter, page));
  }

  get(tenant: string, relay: string, id: string) {
    return this.#read(() => this.#rows.get(tenant, relay, id));
  }

  replay(tenant: string, relay: string, id: string, at: number) {
    return this.#commit.run(() => this.#rows.replay(tenant, relay, id, at));
  }

  async replaySpan(tenant: string, filter: ForwardFilter, at: number) {
    let replayed = 0;
    for (let after: number | undefined = 0; after !== undefined; ) {
      const from: number = after;
      const some = await this.#commit.run(() => this.#rows.replaySome(tenant, filter, from, BATCH, at));
      replayed += some.replayed;
      after = some.last;
    }
    return replayed;
  }

  skip(tenant: string, relay: string, id: string, at: number) {
    return this.#commit.run(() => this.#rows.skip(tenant, relay, id, at));
  }

  counts(tenant: string) {
    return this.#read(() => this.#rows.counts(tenant));
  }
}

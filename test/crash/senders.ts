import { ask } from "../ask.ts";
import { until } from "../until.ts";
import type { Ledger } from "./ledger.ts";

export interface SendersOptions {
  readonly ledger: Ledger;
  /** Each push goes to one of these in turn. */
  readonly routes: readonly Readonly<Record<string, string>>[];
  /** Where the hub listens; waits while it is down. */
  readonly url: () => Promise<string>;
  /** Pushes that may be on their way at once, so that a slow machine drains in the end. */
  readonly ahead: number;
}

/**
 * Clients that push as fast as they are answered. Half of them send an idempotency key and repeat a push until they
 * read its 200; the others send once and never learn what became of it.
 */
export class Senders {
  readonly #options: SendersOptions;
  readonly #running: Promise<void>[];
  #next = 1;
  #stopping = false;

  constructor(options: SendersOptions, count: number) {
    this.#options = options;
    this.#running = Array.from({ length: count }, (_, index) => this.#send(index % 2 === 0));
  }

  /** Resolves when the last push has been answered. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#running);
  }

  async #send(persistent: boolean): Promise<void> {
    const { ledger, routes, ahead } = this.#options;
    while (!this.#stopping) {
      const isFarAhead = () => ledger.accepted.size - ledger.delivered.size > ahead;
      await until(() => this.#stopping || !isFarAhead(), { what: "the hub catching up", deadlineMs: 60_000 });
      const number = this.#next++;
      const id = `n${number}`;
      const json = {
        ...routes[number % routes.length],
        type: "info",
        style: "text",
        content: { title: "负载", msg: `#${id}#` },
      };
      ledger.sent.add(id);
      const headers: Record<string, string> = persistent ? { "idempotency-key": id } : {};
      while (!(await this.#push(id, json, headers)) && persistent);
    }
  }

  /** False when the connection broke before the whole answer was read. */
  async #push(id: string, json: unknown, headers: Record<string, string>): Promise<boolean> {
    const url = await this.#options.url();
    try {
      const { status, body, text } = await ask<{ task_id: string }>(url, "POST", "/api/v1/push", { json, headers });
      if (status !== 200) throw new RangeError(`a push was answered with ${status}: ${text}`);
      this.#options.ledger.accepted.set(id, body.data.task_id);
      return true;
    } catch (error) {
      if (error instanceof RangeError) throw error;
      return false;
    }
  }
}

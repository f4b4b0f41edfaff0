import { onTestFinished } from "vitest";
import type { Event } from "../../src/model/event.ts";
import { until } from "../until.ts";

/** One server-sent event. */
export interface Told {
  readonly id: string;
  readonly event: string;
  readonly data: Event;
}

export interface StreamOptions {
  /** Filters, without the question mark. */
  readonly query?: string;
  readonly lastEventId?: string;
}

/** A client of the events' stream, as browsers are one. Closed when the test ends. */
export class EventStream {
  readonly #told: Told[] = [];
  /** Resolves when the hub has ended it. */
  readonly ended: Promise<void>;

  /** Resolves once the hub listens on its behalf. @throws Error when it is refused. */
  static async open(url: string, { query = "", lastEventId }: StreamOptions = {}): Promise<EventStream> {
    const leaving = new AbortController();
    onTestFinished(() => leaving.abort());
    const headers = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
    const response = await fetch(`${url}/api/v1/events/stream?${query}`, { headers, signal: leaving.signal });
    const type = response.headers.get("content-type");
    if (response.status !== 200 || !type?.startsWith("text/event-stream") || !response.body) {
      throw new Error(`the stream was answered with ${response.status} ${type}`);
    }
    return new EventStream(response.body);
  }

  constructor(body: ReadableStream<Uint8Array>) {
    this.ended = this.#read(body);
  }

  /** Everything told so far, once it is at least this much; never more than that without an error. */
  async told(count: number): Promise<readonly Told[]> {
    await until(() => this.#told.length >= count, { what: `${count} events in the stream` });
    if (this.#told.length > count) throw new Error(`${this.#told.length} events came, not ${count}`);
    return this.#told;
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    let rest = "";
    const decoder = new TextDecoder();
    try {
      for await (const chunk of body) {
        const blocks = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
        rest = blocks.pop() ?? "";
        this.#told.push(...blocks.filter((block) => !block.startsWith(":")).map(toldIn));
      }
    } catch {
      // The hub was killed, or the test is over.
    }
  }
}

function toldIn(block: string): Told {
  const fields = new Map(
    block.split("\n").map((line) => {
      const colon = line.indexOf(": ");
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
  const data: unknown = JSON.parse(fields.get("data") ?? "");
  return { id: fields.get("id") ?? "", event: fields.get("event") ?? "", data: data as Event };
}

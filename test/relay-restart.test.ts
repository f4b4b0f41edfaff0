import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { InnerProcess } from "./relay/inner-process.ts";
import { RelayProcess } from "./relay/relay-process.ts";
import { until } from "./until.ts";

const whileDown = [502, 503, 504];

interface Sent {
  readonly id: string;
  readonly status: number;
  /** Answered in full, with what the inner server says to this one. */
  readonly isTrue: boolean;
}

/** Clients that each send one request after the other, all with names of their own. */
class Load {
  readonly sent: Sent[] = [];
  readonly #running: Promise<void>[];
  #number = 0;
  #stopping = false;

  constructor(url: string, clients: number) {
    this.#running = Array.from({ length: clients }, () => this.#client(url));
  }

  /** What was sent from now on and answered, once it is so many. */
  async next(count: number): Promise<Sent[]> {
    const from = this.#number;
    const answered = () => this.sent.filter(({ id }) => Number(id.slice(1)) > from);
    return until(() => (answered().length >= count ? answered() : undefined), { what: `${count} answers` });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#running);
  }

  async #client(url: string): Promise<void> {
    while (!this.#stopping) {
      const id = `n${++this.#number}`;
      const response = await fetch(url, { method: "POST", body: id });
      const isTrue = (await response.text()) === `took ${id}`;
      this.sent.push({ id, status: response.status, isTrue });
      // Refusals come fast; whoever watches wants a turn as well.
      await turn();
    }
  }
}

describe("an inner server that is killed and started again under load", () => {
  it("is missed only while it is down, and gets each request at most once", { timeout: 60_000 }, async () => {
    const lives: InnerProcess[] = [await InnerProcess.start()];
    onTestFinished(async () => void (await Promise.all(lives.map((life) => life.kill()))));
    const port = lives[0]?.port ?? 0;
    const relay = await RelayProcess.start({ target: `http://127.0.0.1:${port}` });
    onTestFinished(() => relay[Symbol.asyncDispose]());
    const load = new Load(`${relay.url}/wework-callback/hook`, 8);
    onTestFinished(() => load.stop());

    for (let round = 0; round < 3; round++) {
      const up = await load.next(100);
      expect(up.filter(({ status, isTrue }) => status !== 200 || !isTrue)).toEqual([]);

      await lives.at(-1)?.kill();
      const down = await load.next(50);
      expect(down.filter(({ status }) => !whileDown.includes(status))).toEqual([]);

      lives.push(await InnerProcess.start(port));
    }
    const back = await load.next(100);
    expect(back.filter(({ status, isTrue }) => status !== 200 || !isTrue)).toEqual([]);
    await load.stop();

    expect(load.sent.filter(({ status }) => ![200, ...whileDown].includes(status))).toEqual([]);
    await Promise.all(lives.map((life) => life.kill()));
    const saw = lives.flatMap((life) => life.saw);
    expect(saw.filter((id, index) => saw.indexOf(id) !== index)).toEqual([]);
    const answered = load.sent.filter(({ status }) => status === 200).map(({ id }) => id);
    expect(answered.filter((id) => !saw.includes(id))).toEqual([]);
    expect(answered.length).toBeGreaterThan(400);
  });
});

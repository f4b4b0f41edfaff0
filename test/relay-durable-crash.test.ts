import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { banner, Hub, type World, world } from "./hub.ts";
import { allAccounts } from "./receiving/accounts.ts";
import { eventsOf } from "./receiving/receiving-world.ts";
import { allDelivered, callerAt, durable, forwardsOf } from "./relay/durable-world.ts";
import { type Entry, JournalProcess } from "./relay/journal-process.ts";
import { until } from "./until.ts";
import { Yizhan } from "./yizhan.ts";

const people = ["zhao", "qian", "sun", "li", "zhou", "wu"];

describe("a system that is killed and started again while the platform calls", { timeout: 180_000 }, () => {
  it("gets every callback, each under one id, and those of a chat in their order", async () => {
    const inner = new JournalProcess();
    await inner.start();
    const { start } = await durableWorld(inner);
    const hub = await start();
    const senders = people.map((person) => new Sender(() => Promise.resolve(hub), person));
    for (let kills = 0; kills < 3; kills++) {
      const arrived = inner.entries().length;
      await until(() => inner.entries().length > arrived + 20, { what: "callbacks arriving", deadlineMs: 30_000 });
      await inner.kill();
      const answered = countOf(senders);
      // The platform does not notice: it is answered while nobody is there.
      await until(() => countOf(senders) > answered + 60, { what: "callbacks being answered", deadlineMs: 30_000 });
      await inner.start();
    }
    await Promise.all(senders.map((sender) => sender.stop()));
    await allDelivered(hub);
    expectInOrder(inner.entries(), senders);
    expect(senders.flatMap(({ failures }) => failures)).toEqual([]);
  });
});

describe("a hub that is killed while the platform calls", { timeout: 180_000 }, () => {
  it("has lost nothing that it answered, and delivers it in order, under one id each", async () => {
    const inner = new JournalProcess();
    await inner.start();
    const phoenix = new Phoenix(await durableWorld(inner));
    const senders = people.map((person) => new Sender(() => phoenix.hub(), person));
    for (let kills = 0; kills < 6; kills++) {
      const [answered, arrived] = [countOf(senders), inner.entries().length];
      const isBusy = () => countOf(senders) > answered + 20 && inner.entries().length > arrived + 10;
      await until(isBusy, { what: "callbacks arriving", deadlineMs: 30_000 });
      await phoenix.dieAndRise();
    }
    await Promise.all(senders.map((sender) => sender.stop()));
    const hub = await phoenix.hub();
    await allDelivered(hub);
    expectInOrder(inner.entries(), senders);
    const told = senders.reduce((sum, { sent }) => sum + sent, 0);
    expect(await eventsOf(hub)).toHaveLength(told);
    const forwards = await forwardsOf(hub);
    expect([forwards.length, new Set(forwards.map(({ state }) => state))]).toEqual([told, new Set(["done"])]);
  });
});

/** Plain calls: what was said can be read in what arrived. */
function durableWorld(inner: JournalProcess): Promise<World> {
  const receivers = [{ name: "inner", targets: [`http://127.0.0.1:${inner.port}`] }];
  return world({ accounts: allAccounts, relays: durable("plain", receivers) });
}

function countOf(senders: readonly Sender[]): number {
  return senders.reduce((sum, { sent }) => sum + sent, 0);
}

/** What arrived of each person is 1, 2, 3 … up to the last that was answered; only the newest may come again. */
function expectInOrder(entries: readonly Entry[], senders: readonly Sender[]): void {
  const ids = new Map<string, string>();
  const last = new Map(people.map((person) => [person, 0]));
  const wrong: string[] = [];
  for (const { id, body } of entries) {
    const person = /<FromUserName><!\[CDATA\[(.*?)\]\]>/.exec(body)?.[1] ?? "";
    const nth = Number(/<Content><!\[CDATA\[(\d+)\]\]>/.exec(body)?.[1]);
    const before = last.get(person) ?? 0;
    const what = `${person} ${nth}`;
    if (nth === before ? ids.get(what) !== id : nth !== before + 1) wrong.push(`${what} (${id}) after ${before}`);
    ids.set(what, id);
    last.set(person, nth);
  }
  expect(wrong).toEqual([]);
  expect(Object.fromEntries(last)).toEqual(Object.fromEntries(senders.map(({ person, sent }) => [person, sent])));
  expect(new Set(ids.values()).size, "one id each").toBe(ids.size);
}

/** Says 1, 2, 3 …, each again until it is answered. */
class Sender {
  readonly person: string;
  /** Those that were answered. */
  sent = 0;
  /** What the platform could not use. */
  readonly failures: string[] = [];
  readonly #hub: () => Promise<Hub>;
  readonly #running: Promise<void>;
  #stopping = false;

  constructor(hub: () => Promise<Hub>, person: string) {
    this.#hub = hub;
    this.person = person;
    this.#running = this.#run();
  }

  /** Ends with what is being said. */
  stop(): Promise<void> {
    this.#stopping = true;
    return this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      const text = String(this.sent + 1);
      const happened = callerAt(await this.#hub(), "plain").happened({ event: "message", person: this.person, text });
      while (!(await this.#isTaken(happened))) await nextTurn();
      this.sent++;
    }
  }

  async #isTaken(happened: ReturnType<ReturnType<typeof callerAt>["happened"]>): Promise<boolean> {
    const { url } = await this.#hub();
    const request = happened.request();
    const { pathname, search } = new URL(request.url);
    try {
      const { verdict, status, body } = await happened.send({ ...request, url: url + pathname + search });
      if (verdict === "accepted") return true;
      this.failures.push(`${status} ${body}`);
    } catch {
      // No answer: it was killed.
    }
    return false;
  }
}

/** A hub that is killed and started again on the same folder. */
class Phoenix {
  readonly #world: World;
  #process: Yizhan;
  #listening: Promise<Hub>;

  constructor(hubs: World) {
    this.#world = hubs;
    [this.#process, this.#listening] = this.#rise();
  }

  hub(): Promise<Hub> {
    return this.#listening;
  }

  async dieAndRise(): Promise<void> {
    const dying = this.#process.kill();
    const risen = Promise.withResolvers<Hub>();
    this.#listening = risen.promise;
    await dying;
    const [next, listening] = this.#rise();
    this.#process = next;
    listening.then(risen.resolve, risen.reject);
    await listening;
  }

  #rise(): [Yizhan, Promise<Hub>] {
    const process = new Yizhan(["serve"], { cwd: this.#world.folder });
    onTestFinished(() => process[Symbol.asyncDispose]());
    return [process, process.printed(banner).then(([, url = ""]) => new Hub(process, url))];
  }
}

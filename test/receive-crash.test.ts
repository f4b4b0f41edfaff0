import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Event } from "../src/model/event.ts";
import { randomFrom } from "./crash/random.ts";
import { banner, Hub, type World, world } from "./hub.ts";
import { type AccountKey, allAccounts } from "./receiving/accounts.ts";
import type { Happened } from "./receiving/platform-caller.ts";
import { callerOf, eventsOf } from "./receiving/receiving-world.ts";
import { Yizhan } from "./yizhan.ts";

const kills = Number(process.env.YIZHAN_RECEIVE_KILLS ?? 30);
const seed = Number(process.env.YIZHAN_CRASH_SEED ?? Date.now() % 1_000_000);

/** Those that tell of messages, each under an id of the platform's. */
const tellers = ["app", "robot", "official", "feishu", "lark", "dingtalk"] as const satisfies readonly AccountKey[];

describe(`a hub that is killed ${kills} times while platforms call (seed ${seed})`, () => {
  it("has stored each happening once, and lost none that was acknowledged", { timeout: 600_000 }, async () => {
    const random = randomFrom(seed);
    const hubs = await world({ accounts: allAccounts });
    const phoenix = new Phoenix(hubs);
    const platforms = tellers.flatMap((name) => [new Teller(phoenix, name), new Teller(phoenix, name)]);
    for (let count = 0; count < kills; count++) {
      await phoenix.hub();
      await pause(random() * 200);
      await phoenix.dieAndRise();
    }
    const hub = await phoenix.hub();
    await Promise.all(platforms.map((platform) => platform.stop()));

    const stored = (await eventsOf(hub)).map(idOf);
    const counts = Map.groupBy(stored, (id) => id);
    const begun = new Set(platforms.flatMap(({ begun: ids }) => [...ids]));
    const acknowledged = platforms.flatMap(({ acknowledged: ids }) => [...ids]);
    const repeated = platforms.reduce((sum, { repeats }) => sum + repeats, 0);
    const inDoubt = platforms.reduce((sum, platform) => sum + platform.inDoubt, 0);
    process.stdout.write(
      `${kills} kills, ${begun.size} happenings, ${acknowledged.length} acknowledged, ${repeated} told again, ${inDoubt} of them stored already\n`,
    );
    expect(acknowledged.length, "acknowledged under load").toBeGreaterThan(kills * 5);
    expect(repeated, "told again, as the hub did not answer").toBeGreaterThan(kills / 2);
    expect(inDoubt, "killed between commit and answer").toBeGreaterThan(0);
    expect(
      acknowledged.filter((id) => !counts.has(id)),
      "acknowledged and lost",
    ).toEqual([]);
    expect(
      [...counts].filter(([, all]) => all.length > 1).map(([id]) => id),
      "stored twice",
    ).toEqual([]);
    expect(
      [...counts.keys()].filter((id) => !begun.has(id)),
      "that nobody told of",
    ).toEqual([]);
  });
});

/** A platform that tells of one message after the other, and of each again until it is acknowledged. */
class Teller {
  readonly begun = new Set<string>();
  readonly acknowledged = new Set<string>();
  repeats = 0;
  /** Repeats of what was stored, but not answered. */
  inDoubt = 0;
  readonly #phoenix: Phoenix;
  readonly #name: AccountKey;
  readonly #running: Promise<void>;
  #stopping = false;

  constructor(phoenix: Phoenix, name: AccountKey) {
    this.#phoenix = phoenix;
    this.#name = name;
    this.#running = this.#run();
    this.#running.catch(() => {});
  }

  /** Ends with the message that is being told. */
  stop(): Promise<void> {
    this.#stopping = true;
    return this.#running;
  }

  async #run(): Promise<void> {
    for (let nth = 0; !this.#stopping; nth++) {
      const hub = await this.#phoenix.hub();
      const happened = callerOf(hub, this.#name).happened({ event: "message", person: "zhangsan", text: `${nth}` });
      const id = `${this.#name} ${happened.messageId}`;
      this.begun.add(id);
      while (!(await this.#isTaken(happened))) {
        this.repeats++;
        if (await this.#isStored(happened)) this.inDoubt++;
      }
      this.acknowledged.add(id);
    }
  }

  /** Unknown, and so false, when the hub is killed meanwhile. */
  async #isStored({ messageId }: Happened): Promise<boolean> {
    const hub = await this.#phoenix.hub();
    const newest = await hub.ask("GET", `/api/v1/events?limit=20&account=${this.#name}`).catch(() => undefined);
    return newest?.text.includes(messageId) ?? false;
  }

  async #isTaken(happened: Happened): Promise<boolean> {
    const { url } = await this.#phoenix.hub();
    const request = happened.request();
    const { pathname, search } = new URL(request.url);
    try {
      const { status, verdict, body } = await happened.send({ ...request, url: url + pathname + search });
      if (verdict !== "accepted") throw new Refused(`${this.#name} was answered with ${status}: ${body}`);
      return true;
    } catch (error) {
      // No answer: it was killed. A refusal is none of that.
      if (error instanceof Refused) throw error;
      return false;
    }
  }
}

class Refused extends Error {}

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

function idOf({ account, data }: Event): string {
  return `${account} ${"messageId" in data ? data.messageId : ""}`;
}

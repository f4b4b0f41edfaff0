import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Strategy } from "../model/strategy.ts";
import { StoreError } from "../store/errors.ts";
import type { Recorded } from "../store/store.ts";
import { deliverWorld, no, slowDown, taken } from "../testing/deliver-world.ts";
import { aRecipient } from "../testing/samples.ts";

describe("a process that dies", () => {
  const recipients = [aRecipient({ alpha: ["a1", "a2"], beta: ["b1", "b2"] }, ["bell"])];
  const strategy = fc.constantFrom<Strategy>("all", "failover", "webhook_failover", "mixed");
  // What the platform of a Channel says to a text; a text that it slows down is taken when it comes again.
  const answers = fc.dictionary(
    fc.tuple(fc.constantFrom("a1", "a2", "b1", "b2"), fc.constantFrom("1", "2", "3")).map((pair) => pair.join(" ")),
    fc.constantFrom<"refuse" | "slow down">("refuse", "slow down"),
  );
  const plot = fc.record({
    pushes: fc.array(fc.record({ strategy, body: fc.constantFrom("1", "1|2|3") }), { minLength: 1, maxLength: 4 }),
    answers,
  });
  type Plot = typeof plot extends fc.Arbitrary<infer P> ? P : never;
  /** At which record, counted over all lives, and whether that was still written. */
  type Death = { readonly atRecord: number; readonly written: boolean };

  /** Plays a plot with these deaths; what came of it. */
  const play = async ({ pushes, answers }: Plot, deaths: readonly Death[] = []) => {
    const world = await deliverWorld({ recipients });
    for (const channel of ["a1", "a2", "b1", "b2"]) {
      world.script(channel, ({ text, key }) => {
        const said = answers[`${channel} ${text}`];
        if (said === "refuse") return no;
        const again = world.sent.filter((one) => one.key === key).length > 1;
        return said === "slow down" && !again ? slowDown(2_000) : taken;
      });
    }
    const numbers = new Map<Recorded, number>();
    let died = 0;
    let dead = false;
    world.onRecord((recorded, before) => {
      if (before) numbers.set(recorded, numbers.size + 1);
      const number = numbers.get(recorded);
      if (deaths.some(({ atRecord, written }) => atRecord === number && written !== before)) {
        if (!dead) died++;
        world.die();
        dead = true;
      }
    });
    const ids: string[] = [];
    for (const { strategy, body } of pushes) {
      const outcome = await world.push(body, { strategy });
      if (outcome.outcome === "accepted") ids.push(outcome.task.id);
    }
    for (let lives = 0; lives <= deaths.length; lives++) {
      await world.clock.advance(60_000);
      if (!dead) break;
      dead = false;
      await world.restart();
    }
    await world.clock.advance(600_000);
    const tasks = await Promise.all(ids.map((id) => world.task(id)));
    return { world, tasks, ids, died };
  };

  it("is continued by the next one to the same end, and repeats no more than what it had not recorded", async () => {
    await fc.assert(
      fc.asyncProperty(
        plot,
        fc.array(fc.record({ atRecord: fc.integer({ min: 1, max: 25 }), written: fc.boolean() }), { maxLength: 3 }),
        async (story, deaths) => {
          const calm = await play(story);
          const stormy = await play(story, deaths);
          expect(stormy.tasks.map(({ status }) => status)).toEqual(calm.tasks.map(({ status }) => status));
          expect(stormy.tasks.map(({ results }) => results?.map(outcomeOf))).toEqual(
            calm.tasks.map(({ results }) => results?.map(outcomeOf)),
          );
          const [before, after] = [keysOf(calm), keysOf(stormy)];
          expect(new Set(after)).toEqual(new Set(before));
          // Up to one request a lane was under way at each death.
          expect(after.length - before.length).toBeLessThanOrEqual(stormy.died * 5);
          expect(stormy.world.life().backlog.waiting).toBe(0);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("keeps each lane's order", async () => {
    const pushes = Array.from({ length: 4 }, () => ({ strategy: "all", body: "1|2|3" }) as const);
    for (let atRecord = 1; atRecord <= 20; atRecord++) {
      for (const written of [true, false]) {
        const { world, ids, died } = await play({ pushes, answers: {} }, [{ atRecord, written }]);
        expect(died).toBe(1);
        const seen = world.sent.filter(({ channel }) => channel === "a1").map(({ key }) => key);
        const firsts = seen.filter((key, index) => seen.indexOf(key) === index);
        expect(firsts).toEqual(ids.flatMap((id) => [0, 1, 2].map((part) => `${id}-0-${part}`)));
        expect(seen.length - firsts.length).toBeLessThanOrEqual(1);
      }
    }
  });

  const outcomeOf = (result: string) => result.split(" ").slice(0, 2).join(" ");

  /** Every request without the part that differs from run to run: which push, which leaf, which part. */
  const keysOf = ({ world, ids }: Awaited<ReturnType<typeof play>>) =>
    world.sent.map(({ key }) => {
      const push = ids.findIndex((id) => key.startsWith(id));
      return `${push}${key.slice(ids[push]?.length)}`;
    });
});

describe("a store that is full when a receipt is to be written", () => {
  it("is asked until it takes it, and the Message is not sent again meanwhile", async () => {
    const world = await deliverWorld();
    let refusals = 5;
    world.onRecord((_, before) => {
      if (before && refusals-- > 0) throw new StoreError("STORE_FULL", "the disk is full");
    });
    const outcome = await world.push("m");
    await world.push("behind");
    await world.clock.advance(4_900);
    expect(world.lines()).toEqual(["a1 m"]);
    await world.clock.advance(200);
    expect(world.timeline()).toEqual(["a1 m @0", "a1 behind @5"]);
    expect(world.errors).toEqual(["a receipt could not be stored; trying until it can: the disk is full"]);
    expect(outcome.outcome === "accepted" && (await world.task(outcome.task.id)).status).toBe("completed");
  });
});

describe("a hub that stops", () => {
  it("finishes what is under way, starts nothing more, and leaves the rest stored", async () => {
    const world = await deliverWorld();
    world.script("a1", world.takes(1_000));
    // Together, so that all three are in the lane's turn that the stop interrupts.
    await Promise.all(["1", "2", "3"].map((body) => world.push(body)));
    await world.clock.advance(500);
    const { deliverer, queue, store } = world.life();
    deliverer.stop();
    let stopped = false;
    const stopping = queue.stop().then(() => {
      stopped = true;
    });
    await world.clock.settle();
    expect(stopped).toBe(false);
    await world.clock.advance(10_000);
    await stopping;
    expect(world.lines()).toEqual(["a1 1"]);
    expect((await store.pending("a1", 9)).map(({ message }) => message.body)).toEqual(["2", "3"]);
    await world.restart();
    await world.clock.advance(10_000);
    expect(world.lines()).toEqual(["a1 1", "a1 2", "a1 3"]);
  });
});

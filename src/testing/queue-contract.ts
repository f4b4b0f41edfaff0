import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Clock } from "../queue/clock.ts";
import type { Drain, Queue } from "../queue/queue.ts";
import { testClock } from "./clock.ts";

/** What a queue is made of; a lane's group is what stands before its colon. */
export interface QueueSetup {
  readonly drain: Drain;
  readonly clock: Clock;
  readonly concurrency: number;
  readonly groupOf: (lane: string) => string;
  readonly groupConcurrency: number;
  readonly onError: (lane: string, error: unknown) => void;
  readonly retryMs: number;
}

/** What every Queue promises; each implementation runs it. */
export function queueContract(name: string, make: (setup: QueueSetup) => Queue): void {
  const setup = (drain: Drain = async () => undefined, said: Partial<QueueSetup> = {}) => {
    const clock = testClock(0);
    const runs: string[] = [];
    const errors: unknown[] = [];
    const running = new Set<string>();
    let most = 0;
    const queue = make({
      clock,
      concurrency: 100,
      groupConcurrency: 100,
      groupOf: (lane) => lane.split(":")[0] ?? "",
      retryMs: 1_000,
      onError: (lane, error) => errors.push([lane, error]),
      ...said,
      drain: async (lane) => {
        runs.push(`${lane}@${clock.now()}`);
        if (running.has(lane)) errors.push(new Error(`${lane} runs twice at once`));
        running.add(lane);
        most = Math.max(most, running.size);
        try {
          return await drain(lane);
        } finally {
          running.delete(lane);
        }
      },
    });
    onTestFinished(() => queue.stop());
    return { queue, clock, runs, errors, mostAtOnce: () => most };
  };

  describe(name, () => {
    describe("a lane that was woken", () => {
      it("runs when it is due, and not before", async () => {
        const { queue, clock, runs } = setup();
        queue.start();
        queue.wake("a", 100);
        await clock.advanceTo(99);
        expect(runs).toEqual([]);
        await clock.advanceTo(500);
        expect(runs).toEqual(["a@100"]);
      });

      it("runs at once when it is due already", async () => {
        const { queue, clock, runs } = setup();
        await clock.advanceTo(50);
        queue.start();
        queue.wake("a", 10);
        await clock.settle();
        expect(runs).toEqual(["a@50"]);
      });

      it("before the start waits for the start", async () => {
        const { queue, clock, runs } = setup();
        queue.wake("a", 0);
        queue.wake("b", 20);
        await clock.advanceTo(10);
        expect(runs).toEqual([]);
        queue.start();
        await clock.advanceTo(30);
        expect(runs).toEqual(["a@10", "b@20"]);
      });

      it("twice, runs once, at the earlier time", async () => {
        const { queue, clock, runs } = setup();
        queue.start();
        queue.wake("a", 100);
        queue.wake("a", 40);
        queue.wake("a", 70);
        await clock.advanceTo(500);
        expect(runs).toEqual(["a@40"]);
      });

      it("for two times runs at the first alone, and answers for the second itself", async () => {
        const { queue, clock, runs, errors } = setup(async () => {
          const now = clock.now();
          if (now === 10) await new Promise<void>((resolve) => clock.at(25, resolve));
          return now === 10 ? 500 : undefined;
        });
        queue.start();
        queue.wake("a", 40);
        queue.wake("a", 20);
        queue.wake("a", 10);
        await clock.advanceTo(1_000);
        expect(runs).toEqual(["a@10", "a@500"]);
        expect(errors).toEqual([]);
      });

      it("for a time far away is not forgotten meanwhile", async () => {
        const { queue, clock, runs } = setup();
        const inAYear = 365 * 24 * 3_600_000;
        queue.start();
        queue.wake("a", inAYear);
        for (let i = 0; i < 20; i++) queue.wake(`other ${i}`, i);
        await clock.advanceTo(inAYear);
        expect(runs.at(-1)).toBe(`a@${inAYear}`);
      });
    });

    describe("a drain", () => {
      it("is run again at the time it answers", async () => {
        const answers = [30, 80, undefined];
        const { queue, clock, runs } = setup(async () => answers.shift());
        queue.start();
        queue.wake("a", 0);
        await clock.advanceTo(500);
        expect(runs).toEqual(["a@0", "a@30", "a@80"]);
      });

      it("is run earlier than it answered when the lane is woken for earlier", async () => {
        const answers = [300, undefined];
        const { queue, clock, runs } = setup(async () => answers.shift());
        queue.start();
        queue.wake("a", 0);
        await clock.advanceTo(10);
        queue.wake("a", 50);
        await clock.advanceTo(500);
        expect(runs).toEqual(["a@0", "a@50"]);
      });

      it("is run again when its lane was woken while it ran, though it says that nothing waits", async () => {
        const gate = aGate();
        const { queue, clock, runs } = setup(() => gate.pass());
        queue.start();
        queue.wake("a", 0);
        await clock.advanceTo(10);
        queue.wake("a", 10);
        gate.open();
        await clock.advanceTo(20);
        expect(runs).toEqual(["a@0", "a@10"]);
      });

      it("that wakes its own lane is run again", async () => {
        let left = 3;
        const { queue, clock, runs } = setup(async (lane) => {
          if (--left > 0) queue.wake(lane, 5 * left);
          return undefined;
        });
        queue.start();
        queue.wake("a", 0);
        await clock.advanceTo(100);
        expect(runs).toEqual(["a@0", "a@10", "a@10"]);
      });

      it("that throws is told of, and run again after a while", async () => {
        let failures = 2;
        const { queue, clock, runs, errors } = setup(async () => {
          if (failures-- > 0) throw new Error("no");
          return undefined;
        });
        queue.start();
        queue.wake("a", 0);
        await clock.advanceTo(10_000);
        expect(runs).toEqual(["a@0", "a@1000", "a@2000"]);
        expect(errors).toEqual([
          ["a", new Error("no")],
          ["a", new Error("no")],
        ]);
      });

      it("that throws does not hold up other lanes", async () => {
        const { queue, clock, runs } = setup(async (lane) => {
          if (lane === "bad") throw new Error("no");
          return undefined;
        });
        queue.start();
        queue.wake("bad", 0);
        queue.wake("good", 0);
        await clock.advanceTo(500);
        expect(runs).toEqual(["bad@0", "good@0"]);
      });
    });

    it("never forgets work, does none early, and runs no lane twice at once, whatever happens", async () => {
      const item = fc.record({
        lane: fc.constantFrom("x:1", "x:2", "y:1"),
        toldAt: fc.nat({ max: 60 }),
        notBefore: fc.nat({ max: 90 }),
      });
      const run = fc.record({ takes: fc.nat({ max: 15 }), throws: fc.nat({ max: 4 }).map((n) => n === 0) });
      await fc.assert(
        fc.asyncProperty(fc.array(item, { maxLength: 12 }), fc.array(run, { minLength: 5 }), async (items, runs) => {
          let turn = 0;
          const waiting: typeof items = [];
          const { queue, clock, errors } = setup(
            async (lane) => {
              // Like a real one, it looks once at the start and answers by what it saw.
              const seen = waiting.filter((one) => one.lane === lane);
              const { takes, throws } = runs[turn++ % runs.length] ?? { takes: 0, throws: false };
              if (takes > 0) await new Promise<void>((resolve) => clock.at(clock.now() + takes, resolve));
              if (throws && turn < 40) throw new Error("no");
              const now = clock.now();
              for (const one of seen.filter(({ notBefore }) => notBefore <= now))
                waiting.splice(waiting.indexOf(one), 1);
              const left = seen.filter(({ notBefore }) => notBefore > now).map(({ notBefore }) => notBefore);
              return left.length > 0 ? Math.min(...left) : undefined;
            },
            { concurrency: 3, groupConcurrency: 2, retryMs: 3 },
          );
          queue.start();
          for (const one of items) {
            clock.at(one.toldAt, () => {
              waiting.push(one);
              queue.wake(one.lane, one.notBefore);
            });
          }
          await clock.advanceTo(2_000);
          expect(waiting).toEqual([]);
          expect(errors.filter((error) => error instanceof Error)).toEqual([]);
          await queue.stop();
        }),
        { numRuns: 60 },
      );
    });

    describe("lanes that are due together", () => {
      it("run side by side, as many as there are places", async () => {
        const gate = aGate();
        const { queue, clock, runs, mostAtOnce } = setup(() => gate.pass(), { concurrency: 3 });
        queue.start();
        for (const lane of ["a", "b", "c", "d", "e"]) queue.wake(lane, 0);
        await clock.settle();
        expect(runs).toHaveLength(3);
        gate.open();
        await clock.settle();
        expect(runs).toHaveLength(5);
        expect(mostAtOnce()).toBe(3);
      });

      it("of one group take no more than the group's places, and leave the rest to other groups", async () => {
        const gate = aGate();
        const { queue, clock, runs } = setup(() => gate.pass(), { concurrency: 10, groupConcurrency: 2 });
        queue.start();
        for (const lane of ["x:1", "x:2", "x:3", "y:1"]) queue.wake(lane, 0);
        await clock.settle();
        expect(runs).toEqual(["x:1@0", "x:2@0", "y:1@0"]);
        gate.open();
        await clock.settle();
        expect(runs).toHaveLength(4);
      });

      it("of several groups take turns", async () => {
        const { queue, clock, runs } = setup(undefined, { concurrency: 1 });
        for (let i = 0; i < 4; i++) queue.wake(`x:${i}`, 0);
        for (let i = 0; i < 2; i++) queue.wake(`y:${i}`, 0);
        queue.start();
        await clock.settle();
        expect(runs.map((run) => run[0]).join("")).toBe("xyxyxx");
      });

      it("of one group run in the order in which they fell due", async () => {
        const { queue, clock, runs } = setup(undefined, { concurrency: 1 });
        for (const [lane, dueAt] of [
          ["late", 30],
          ["early", 10],
          ["middle", 20],
        ] as const)
          queue.wake(`x:${lane}`, dueAt);
        await clock.advanceTo(100);
        queue.start();
        await clock.settle();
        expect(runs).toEqual(["x:early@100", "x:middle@100", "x:late@100"]);
      });
    });

    it("a lane that always has more to do lets the others of its group have their turns", async () => {
      let left = 50;
      const { queue, clock, runs } = setup(
        async (lane) => (lane === "x:busy" && left-- > 0 ? clock.now() : undefined),
        { concurrency: 1 },
      );
      queue.start();
      queue.wake("x:busy", 0);
      for (const lane of ["x:1", "x:2", "x:3"]) queue.wake(lane, 0);
      await clock.settle();
      expect(runs.slice(0, 5).map((run) => run.split("@")[0])).toEqual(["x:busy", "x:1", "x:2", "x:3", "x:busy"]);
    });

    it("a lane that does not come back holds up nobody else", async () => {
      const gate = aGate();
      const { queue, clock, runs } = setup(async (lane) => (lane === "x:stuck" ? gate.pass() : undefined));
      queue.start();
      queue.wake("x:stuck", 0);
      for (let i = 0; i < 5; i++) queue.wake(`x:${i}`, i * 10);
      await clock.advanceTo(100);
      expect(runs).toHaveLength(6);
      gate.open();
    });

    describe("stopping", () => {
      it("waits for the lanes that run, and starts no more", async () => {
        const gate = aGate();
        const { queue, clock, runs } = setup(() => gate.pass(), { concurrency: 1 });
        queue.start();
        queue.wake("a", 0);
        queue.wake("b", 0);
        queue.wake("c", 50);
        await clock.settle();
        let stopped = false;
        const stopping = queue.stop().then(() => {
          stopped = true;
        });
        await clock.advanceTo(100);
        expect(stopped).toBe(false);
        gate.open();
        await stopping;
        await clock.advanceTo(200);
        queue.wake("d", 0);
        await clock.settle();
        expect(runs).toEqual(["a@0"]);
      });

      it("may be asked for twice, and before the start", async () => {
        const { queue } = setup();
        await queue.stop();
        queue.start();
        await Promise.all([queue.stop(), queue.stop()]);
        await queue.stop();
      });

      it("leaves no timer behind", async () => {
        const { queue, clock } = setup();
        queue.start();
        queue.wake("a", 1_000);
        expect(clock.nextAt).toBe(1_000);
        await queue.stop();
        expect(clock.nextAt).toBeUndefined();
      });

      it("is not for ever: what was woken meanwhile runs after the next start", async () => {
        const { queue, clock, runs } = setup();
        queue.start();
        await queue.stop();
        queue.wake("a", 0);
        queue.wake("b", 20);
        queue.start();
        await clock.advanceTo(50);
        expect(runs).toEqual(["a@0", "b@20"]);
      });
    });

    it("a hundred thousand lanes all run, each once, within the places there are", async () => {
      const lanes = 100_000;
      const { queue, clock, runs, mostAtOnce } = setup(undefined, { concurrency: 64, groupConcurrency: 16 });
      queue.start();
      for (let i = 0; i < lanes; i++) queue.wake(`g${i % 10}:${i}`, (i * 7919) % 10);
      await clock.advanceTo(10);
      expect(new Set(runs.map((run) => run.split("@")[0])).size).toBe(lanes);
      expect(runs).toHaveLength(lanes);
      expect(mostAtOnce()).toBeLessThanOrEqual(64);
    });
  });
}

/** Holds whoever passes until it is opened; then lets everybody through. */
function aGate() {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, pass: () => opened.then(() => undefined) };
}

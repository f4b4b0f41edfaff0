import { describe, expect, expectTypeOf, it } from "vitest";
import type { Event } from "../model/event.ts";
import type { Membership } from "../model/event-data.ts";
import { type HandlerPolicy, Handlers } from "./handlers.ts";
import { type DispatchWorld, dispatchWorld } from "./world-for-tests.ts";

const policy: Partial<HandlerPolicy> = { timeoutMs: 5_000, attempts: 4, initialDelayMs: 1_000, maxDelayMs: 2_000 };

/** Handlers over the world's store, as one run of the program has them. `work` drains what was woken. */
async function program(world: DispatchWorld, register: (handlers: Handlers) => void, said = policy) {
  const due = new Map<string, number>();
  const wake = (lane: string, dueAt: number) => void due.set(lane, Math.min(due.get(lane) ?? dueAt, dueAt));
  const errors: unknown[] = [];
  const onError = (_what: string, error: unknown) => void errors.push(error);
  const handlers = new Handlers({
    tenant: "default",
    store: world.store,
    clock: world.clock,
    wake,
    onError,
    policy: said,
  });
  register(handlers);
  await handlers.start();
  const work = async (forMs = 0) => {
    const end = world.clock.now() + forMs;
    for (;;) {
      const [next] = [...due].filter(([, at]) => at <= end).sort((a, b) => a[1] - b[1]);
      if (!next) return;
      due.delete(next[0]);
      if (next[1] > world.clock.now()) await world.clock.advanceTo(next[1]);
      const again = await handlers.drain(next[0]);
      if (again !== undefined) wake(next[0], again);
    }
  };
  const hear = async (ids: readonly string[]) => {
    const found = await Promise.all(ids.map((id) => world.store.event("default", id)));
    handlers.heard(found.filter((each) => each !== undefined));
  };
  return { handlers, errors, work, hear };
}

describe("a handler", () => {
  it("is given Events of its type, with the type's own data", async () => {
    const world = await dispatchWorld();
    const seen: string[] = [];
    const { hear } = await program(world, (handlers) => {
      handlers.on("yizhan.message.status", (event) => {
        expectTypeOf(event).toEqualTypeOf<Event<"yizhan.message.status">>();
        seen.push(event.data.messageId);
      });
      handlers.on("*", (event) => {
        if (event.type === "yizhan.member.left") expectTypeOf(event.data).toEqualTypeOf<Membership>();
        seen.push(event.type);
      });
    });
    const data = { messageId: "m1", state: "read" };
    await hear(await world.happen({ type: "yizhan.message.status", data }, { type: "yizhan.app.menu" }));
    await world.clock.settle();
    expect(seen.sort()).toEqual(["m1", "yizhan.app.menu", "yizhan.message.status"]);
  });

  it.each([
    [
      "a type that does not exist",
      (handlers: Handlers) => handlers.on("yizhan.nothing" as never, () => {}),
      /no event type/,
    ],
    ["a name that is taken", (handlers: Handlers) => handlers.on("*", () => {}, { name: "one" }), /registered already/],
    ["a name that is none", (handlers: Handlers) => handlers.on("*", () => {}, { name: "a b" }), /expected 1 to 64/],
  ])("with %s is refused", async (_what, register, words) => {
    const world = await dispatchWorld();
    const { handlers } = await program(world, (all) => void all.on("*", () => {}, { name: "one" }));
    expect(() => register(handlers)).toThrow(words);
  });
});

describe("a handler with a name", () => {
  it("gets every Event once, in order, from its first registration on, also those it was not running for", async () => {
    const world = await dispatchWorld();
    await world.happen({});
    const seen: string[] = [];
    const register = (handlers: Handlers) => void handlers.on("*", ({ id }) => seen.push(id), { name: "all" });
    const first = await program(world, register);
    const [one] = await world.happen({});
    await first.work();
    const meanwhile = await world.happen(...Array.from({ length: 120 }, () => ({})));
    await world.reopen();
    const second = await program(world, register);
    await second.work();
    expect(seen).toEqual([one, ...meanwhile]);
    const third = await program(world, register);
    await third.work();
    expect(seen).toHaveLength(121);
  });

  it("that throws is called again later, with a longer pause each time, and nothing passes it", async () => {
    const world = await dispatchWorld();
    const calls: [string, number, number][] = [];
    const { work, handlers } = await program(world, (all) => {
      all.on(
        "*",
        ({ id }, { attempt }) => {
          calls.push([id, attempt, world.clock.now()]);
          if (attempt < 4 && id === one) throw new Error("the CRM does not answer");
        },
        { name: "crm" },
      );
    });
    const start = world.clock.now();
    const [one = "", two = ""] = await world.happen({}, {});
    await work(10_000);
    expect(calls).toEqual([
      [one, 1, start],
      [one, 2, start + 1_000],
      [one, 3, start + 3_000],
      [one, 4, start + 5_000],
      [two, 1, start + 5_000],
    ]);
    expect(await handlers.reports()).toMatchObject([
      { name: "crm", calls: 5, failures: 3, skipped: 0, behind: 0, lastError: { message: "the CRM does not answer" } },
    ]);
  });

  it("that fails too often goes on without that Event, which is counted and logged", async () => {
    const world = await dispatchWorld();
    const seen: string[] = [];
    const { work, errors, handlers } = await program(world, (all) => {
      all.on(
        "*",
        ({ id }) => {
          if (id === poison) throw new Error("no");
          seen.push(id);
        },
        { name: "all" },
      );
    });
    const [poison, good] = await world.happen({}, {});
    await work(60_000);
    expect(seen).toEqual([good]);
    expect(errors).toEqual([new Error("no")]);
    expect(await handlers.reports()).toMatchObject([{ failures: 4, skipped: 1 }]);
  });

  it("that was failing when the program died is called again for the same Event", async () => {
    const world = await dispatchWorld();
    const [before] = await Promise.all([
      program(world, (all) => {
        all.on("*", () => Promise.reject(new Error("no")), { name: "all" });
      }),
    ]);
    const [id] = await world.happen({});
    await before.work();
    await world.reopen();
    const seen: string[] = [];
    const after = await program(world, (all) => void all.on("*", (event) => seen.push(event.id), { name: "all" }));
    await after.work();
    expect(seen).toEqual([id]);
  });

  it("is behind by what it has not had", async () => {
    const world = await dispatchWorld();
    const { handlers, work } = await program(world, (all) => void all.on("*", () => {}, { name: "all" }));
    await work();
    await world.happen({}, {}, {});
    expect(await handlers.reports()).toMatchObject([{ behind: 3 }]);
    await work();
  });

  it("is called no more once it is taken off", async () => {
    const world = await dispatchWorld();
    const seen: string[] = [];
    let off = () => {};
    const { hear, work } = await program(world, (all) => {
      off = all.on("*", ({ id }) => seen.push(id), { name: "all" });
    });
    off();
    await hear(await world.happen({}));
    await work();
    expect(seen).toEqual([]);
  });
});

describe("a handler without a name", () => {
  it("gets what arrives while it runs, once, though it throws, one at a time", async () => {
    const world = await dispatchWorld();
    await world.happen({});
    const seen: string[] = [];
    let running = 0;
    const { hear, errors } = await program(world, (all) => {
      all.on("*", async ({ id }) => {
        expect(++running).toBe(1);
        await Promise.resolve();
        running--;
        seen.push(id);
        if (seen.length === 1) throw new Error("no");
      });
    });
    const ids = await world.happen({}, {}, {});
    await hear(ids);
    await world.clock.settle();
    expect(seen).toEqual(ids);
    expect(errors).toEqual([new Error("no")]);
  });

  it("that does not end in time is told so, and the next Event comes", async () => {
    const world = await dispatchWorld();
    const seen: string[] = [];
    let aborted = false;
    const { hear, handlers } = await program(world, (all) => {
      all.on("*", ({ id }, { signal }) => {
        seen.push(id);
        signal.addEventListener("abort", () => {
          aborted = true;
        });
        return seen.length === 1 ? new Promise(() => {}) : undefined;
      });
    });
    const ids = await world.happen({}, {});
    await hear(ids);
    await world.clock.settle();
    expect(seen).toEqual(ids.slice(0, 1));
    await world.clock.advance(5_000);
    expect(aborted).toBe(true);
    expect(seen).toEqual(ids);
    const [report] = await handlers.reports();
    expect(report).toMatchObject({ failures: 1, p99Ms: 5_000 });
  });

  it("that falls behind too far skips what comes then, and says how many", async () => {
    const world = await dispatchWorld();
    const { hear, handlers } = await program(world, (all) => void all.on("*", () => new Promise(() => {})), {
      maxWaiting: 2,
    });
    await hear(await world.happen({}));
    await hear(await world.happen({}, {}, {}, {}));
    expect(await handlers.reports()).toMatchObject([{ skipped: 2, behind: 2 }]);
  });
});

import { describe, expect, it } from "vitest";
import type { ForwardSealing } from "./forward-sealing.ts";
import { forwardWorld, headerOf } from "./forward-world-for-tests.ts";

const minute = 60_000;

describe("a callback that was taken in", () => {
  it("goes to every receiver once, and is done", async () => {
    const world = await forwardWorld([
      { name: "crm", say: () => 200 },
      { name: "oa", say: () => 204 },
    ]);
    expect(await world.call("c", 1)).toBe("usual");
    await world.clock.settle();
    expect(world.sent.toSorted()).toEqual(["crm c/1 #1", "oa c/1 #1"]);
    expect(await world.state("c", 1, "crm")).toBe("done");
    expect(await world.state("c", 1, "oa")).toBe("done");
  });

  it("goes only to who wants one of its Events", async () => {
    const world = await forwardWorld([
      { name: "crm", types: ["yizhan.app.menu"], say: () => 200 },
      { name: "oa", types: ["yizhan.message.received", "yizhan.app.menu"], say: () => 200 },
    ]);
    await world.call("c", 1);
    await world.clock.settle();
    expect(world.sent).toEqual(["oa c/1 #1"]);
  });

  it("is stored and sent once however often the platform repeats it", async () => {
    const world = await forwardWorld([{ name: "crm", say: () => 200 }]);
    await Promise.all([world.call("c", 1), world.call("c", 1)]);
    await world.call("c", 1);
    await world.clock.settle();
    expect(world.sent).toEqual(["crm c/1 #1"]);
  });

  it("says which it is and which attempt, and keeps its headers but what others wrote under our names", async () => {
    const answers = [500, 200];
    const world = await forwardWorld([{ name: "crm", path: "/hook", say: () => answers.shift() ?? 200 }]);
    await world.call("c", 1);
    await world.clock.advance(minute);
    const [first, second] = world.requests;
    if (!first || !second) throw new Error("it was not sent twice");
    expect(headerOf(first, "x-yizhan-forward-id")).toBe(headerOf(second, "x-yizhan-forward-id"));
    expect([first, second].map((one) => headerOf(one, "x-yizhan-attempt"))).toEqual(["1", "2"]);
    expect(first).toMatchObject({ method: "POST", path: expect.stringMatching(/^\/hook\?\{"chat":"c"/) });
    expect(first.headers.slice(0, 4)).toEqual(["Content-Type", "text/plain", "Content-Length", "3"]);
  });
});

describe("a receiver that is down", () => {
  it("gets everything in order per chat once it is back, however long that takes", async () => {
    let isUp = false;
    const world = await forwardWorld([{ name: "crm", say: () => (isUp ? 200 : "target-refused") }]);
    for (let n = 1; n <= 3; n++) for (const chat of ["a", "b", "c", "d"]) await world.call(chat, n);
    await world.clock.advance(6 * 60 * minute);
    isUp = true;
    world.clear();
    await world.clock.advance(minute);
    const taken = (chat: string) => world.sent.filter((line) => line.startsWith(`crm ${chat}/`));
    for (const chat of ["a", "b", "c", "d"]) {
      expect(taken(chat).map((line) => line.split(" ")[1])).toEqual([1, 2, 3].map((n) => `${chat}/${n}`));
    }
    expect(world.told).toEqual(["crm down: target-refused", "crm up: it takes callbacks again"]);
  });

  it("is asked by one callback at a time, at most once a minute in the end, not by every chat", async () => {
    const world = await forwardWorld([{ name: "crm", say: () => 503 }]);
    for (let chat = 0; chat < 100; chat++) await world.call(`chat ${chat}`, 1);
    await world.clock.advance(60 * minute);
    const before = world.sent.length;
    expect(before).toBeLessThan(16 + 5 + 70);
    await world.clock.advance(60 * minute);
    expect(world.sent.length - before).toBeGreaterThan(50);
    expect(world.sent.length - before).toBeLessThan(70);
  });

  it("does not hold up another", async () => {
    const world = await forwardWorld([
      { name: "crm", say: () => "target-answer-timeout" },
      { name: "oa", say: () => 200 },
    ]);
    for (let n = 1; n <= 20; n++) await world.call("c", n);
    await world.clock.settle();
    expect(world.sent.filter((line) => line.startsWith("oa"))).toHaveLength(20);
  });

  it("is asked at once when somebody says that it is back", async () => {
    let isUp = false;
    const world = await forwardWorld([{ name: "crm", say: () => (isUp ? 200 : "target-refused") }]);
    for (const chat of ["a", "b", "c", "d", "e", "f"]) await world.call(chat, 1);
    await world.clock.advance(60 * minute);
    expect(world.forwarder.trouble("wework", "crm")).toMatchObject({ error: "target-refused" });
    isUp = true;
    world.clear();
    await world.store.forwards.release("default", "wework", "crm", world.clock.now());
    world.forwarder.retry("wework", "crm");
    await world.clock.settle();
    expect(world.sent).toHaveLength(6);
    expect(world.forwarder.trouble("wework", "crm")).toBeUndefined();
  });

  it("is not sent a callback twice at once when somebody has it asked during a probe", async () => {
    const held = Promise.withResolvers<number>();
    let isHeld = false;
    const world = await forwardWorld([{ name: "crm", say: () => (isHeld ? held.promise : "target-refused") }]);
    for (const chat of ["a", "b", "c", "d", "e"]) await world.call(chat, 1);
    await world.clock.settle();
    world.clear();
    isHeld = true;
    await world.clock.advance(minute);
    expect(world.sent).toHaveLength(1);
    world.forwarder.retry("wework", "crm");
    for (const chat of ["a", "b", "c", "d", "e"]) await world.call(chat, 2);
    await world.clock.settle();
    held.resolve(200);
    await world.clock.advance(minute);
    const firsts = world.sent.filter((line) => line.includes("/1 "));
    expect(firsts).toHaveLength(5);
    expect(new Set(firsts).size).toBe(5);
  });

  it("that asks for a pause gets it", async () => {
    const answers = [{ status: 429, headers: ["Retry-After", "300"] }, 200];
    const world = await forwardWorld([{ name: "crm", say: () => answers.shift() ?? 200 }]);
    await world.call("c", 1);
    await world.clock.advance(299_000);
    expect(world.sent).toHaveLength(1);
    await world.clock.advance(1_000);
    expect(world.sent).toHaveLength(2);
  });
});

describe("a callback that its receiver refuses", () => {
  it("is set aside after so many refusals, so that those behind it pass, and is told of", async () => {
    const world = await forwardWorld([{ name: "crm", say: ({ body }) => (String(body) === "c/1" ? 400 : 200) }], 3);
    await world.call("c", 1);
    await world.call("c", 2);
    await world.clock.advance(minute);
    expect(world.sent).toEqual(["crm c/1 #1", "crm c/1 #2", "crm c/1 #3", "crm c/2 #1"]);
    expect(await world.state("c", 1)).toBe("dead");
    expect(world.told).toEqual([expect.stringMatching(/^crm dead: f\d+: HTTP 400, 3 times$/)]);
  });

  it("is not set aside for failures that say nothing about it", async () => {
    const answers = [400, 500, 503, 408, 425, 429, "target-closed", 400, 500] as const;
    let at = 0;
    const world = await forwardWorld([{ name: "crm", say: () => answers[at++] ?? 200 }], 3);
    await world.call("c", 1);
    await world.clock.advance(30 * minute);
    expect(world.sent).toHaveLength(answers.length + 1);
    expect(await world.state("c", 1)).toBe("done");
  });

  it("does not stop other chats, however often it is refused", async () => {
    const world = await forwardWorld(
      [{ name: "crm", say: ({ body }) => (/^bad/.test(String(body)) ? 422 : 200) }],
      100,
    );
    await world.call("bad", 1);
    await world.clock.advance(5 * minute);
    await world.call("good", 1);
    await world.clock.settle();
    expect(await world.state("good", 1)).toBe("done");
    expect(world.told).toEqual([]);
  });

  it("is a sign of trouble where every callback is refused: then few are set aside", async () => {
    const world = await forwardWorld([{ name: "crm", say: () => 404 }], 10);
    for (let chat = 0; chat < 50; chat++) await world.call(`${chat}`, 1);
    await world.clock.advance(10 * minute);
    expect(world.told[0]).toBe("crm down: HTTP 404");
    const counts = await world.store.forwards.counts("default");
    expect(counts).toEqual([expect.objectContaining({ waiting: 50, dead: 0 })]);
  });
});

describe("a crash", () => {
  it("between the answer and its recording repeats that attempt, under the same id", async () => {
    const never = new Promise<number>(() => {});
    const world = await forwardWorld([{ name: "crm", say: () => (world.sent.length === 1 ? never : 200) }]);
    await world.call("c", 1);
    await world.call("c", 2);
    await world.clock.settle();
    await world.restart();
    await world.clock.settle();
    expect(world.sent).toEqual(["crm c/1 #1", "crm c/1 #1", "crm c/2 #1"]);
    const [first, again] = world.requests.map((one) => headerOf(one, "x-yizhan-forward-id"));
    expect(first).toBe(again);
  });
});

describe("a store that cannot record what became of an attempt", () => {
  it("does not make it go out again: it is recorded once there is room", async () => {
    const world = await forwardWorld([{ name: "crm", say: () => 200 }]);
    world.isFull = true;
    await world.call("c", 1);
    await world.call("c", 2);
    await world.clock.advance(minute);
    expect(world.sent).toEqual(["crm c/1 #1"]);
    world.isFull = false;
    await world.clock.advance(minute);
    expect(world.sent).toEqual(["crm c/1 #1", "crm c/2 #1"]);
    expect(await world.state("c", 1)).toBe("done");
  });

  it("does not make a receiver that was down forgotten", async () => {
    let isUp = false;
    const world = await forwardWorld([{ name: "crm", say: () => (isUp ? 200 : "target-refused") }]);
    for (const chat of ["a", "b", "c", "d", "e", "f"]) await world.call(chat, 1);
    await world.clock.advance(minute);
    isUp = true;
    world.isFull = true;
    await world.clock.advance(5 * minute);
    world.isFull = false;
    await world.clock.advance(5 * minute);
    for (const chat of ["a", "b", "c", "d", "e", "f"]) expect(await world.state(chat, 1)).toBe("done");
  });
});

describe("a receiver that is not configured any more", () => {
  it("keeps what waits for it until it is configured again", async () => {
    const world = await forwardWorld([{ name: "crm", say: () => 200 }]);
    world.configured = false;
    await world.call("c", 1);
    await world.clock.advance(minute);
    expect(world.sent).toEqual([]);
    world.configured = true;
    await world.wakeAll();
    await world.clock.settle();
    expect(await world.state("c", 1)).toBe("done");
  });
});

describe("the receiver that answers", () => {
  const answering = { name: "crm", answers: true } as const;

  it("has its answer given to the platform", async () => {
    const world = await forwardWorld([
      { ...answering, say: () => ({ status: 200, body: "hello" }) },
      { name: "oa", say: () => ({ status: 200, body: "not me" }) },
    ]);
    expect(await world.call("c", 1)).toBe("hello");
  });

  it("that is late, down or refuses leaves the platform its usual answer, and gets the callback again", async () => {
    const held = Promise.withResolvers<number>();
    const world = await forwardWorld([{ ...answering, say: (_, attempt) => (attempt === 1 ? held.promise : 200) }]);
    const late = world.call("c", 1);
    await world.clock.advance(4_000);
    expect(await late).toBe("usual");
    held.resolve(500);
    await world.clock.advance(minute);
    expect(await world.state("c", 1)).toBe("done");
    for (const said of ["target-refused", 500, 404] as const) {
      const other = await forwardWorld([{ ...answering, say: (_, attempt) => (attempt === 1 ? said : 200) }]);
      expect(await other.call("c", 1)).toBe("usual");
      await other.clock.advance(minute);
      expect(await other.state("c", 1)).toBe("done");
    }
  });

  it("answers a repeat of the callback alike, and is not asked again", async () => {
    const world = await forwardWorld([{ ...answering, say: () => ({ status: 200, body: "hello" }) }]);
    expect(await Promise.all([world.call("c", 1), world.call("c", 1)])).toEqual(["hello", "hello"]);
    expect(await world.call("c", 1)).toBe("hello");
    expect(world.sent).toHaveLength(1);
  });

  it("makes nobody wait while it is known to be down", async () => {
    const world = await forwardWorld([{ ...answering, say: () => "target-refused" }]);
    for (let chat = 0; chat < 8; chat++) expect(await world.call(`${chat}`, 1)).toBe("usual");
    // Time stood still: nobody waited for the limit.
    expect(world.forwarder.trouble("wework", "crm")).toBeDefined();
  });

  it("is not asked out of turn: what waits before it in its chat goes first", async () => {
    let isUp = false;
    const world = await forwardWorld([
      { ...answering, say: ({ body }) => (isUp ? { status: 200, body: `re ${body}` } : 503) },
    ]);
    expect(await world.call("c", 1)).toBe("usual");
    isUp = true;
    const second = world.call("c", 2);
    await world.clock.advance(4_000);
    expect(await second).toBe("re c/2");
    expect(world.sent).toEqual(["crm c/1 #1", "crm c/1 #2", "crm c/2 #1"]);
  });

  it("has an answer that cannot be passed on replaced by the usual one", async () => {
    for (const said of [
      { status: 200, headers: ["Content-Encoding", "gzip"], body: "x" },
      { status: 200, body: "x".repeat(256 * 1024 + 1) },
    ]) {
      const world = await forwardWorld([{ ...answering, say: () => said }]);
      expect(await world.call("c", 1)).toBe("usual");
      await world.clock.settle();
      expect(world.told[0]).toMatch(/^crm unsealed: its answer to f\d+ is none/);
      expect(await world.state("c", 1)).toBe("done");
    }
  });
});

describe("a receiver with keys of its own", () => {
  const sealing: ForwardSealing = {
    seal: ({ raw, request }) => ({ ...request, body: Buffer.from(`sealed ${raw}`) }),
    reopen: (answer) => ({ ...answer, body: Buffer.from("reopened") }),
  };

  it("gets callbacks sealed with them, and its answer is sealed with the account's", async () => {
    const world = await forwardWorld([
      { name: "crm", answers: true, sealing, say: () => ({ status: 200, body: "x" }) },
    ]);
    expect(await world.call("c", 1)).toBe("reopened");
    expect(world.sent).toEqual(["crm sealed c/1 #1"]);
  });

  it("gets none that cannot be sealed: it is set aside as what is refused", async () => {
    const broken = {
      ...sealing,
      seal(): never {
        throw new Error("no such key");
      },
    };
    const world = await forwardWorld([{ name: "crm", sealing: broken, say: () => 200 }], 2);
    await world.call("c", 1);
    await world.clock.advance(minute);
    expect(world.sent).toEqual([]);
    expect(await world.state("c", 1)).toBe("dead");
  });
});

import { describe, expect, it } from "vitest";
import { deliverWorld, down, no, slowDown } from "../testing/deliver-world.ts";
import { aRecipient } from "../testing/samples.ts";

const failover = { strategy: "failover" } as const;
const everywhere = { strategy: "all" } as const;
const onlyAlpha = { platform: "alpha" } as const;

/** Recipients of one Channel each, and nothing that rings. */
const alone = [aRecipient({ alpha: ["a1"] })];

async function accepted(pushed: ReturnType<Awaited<ReturnType<typeof deliverWorld>>["push"]>): Promise<string> {
  const outcome = await pushed;
  if (outcome.outcome !== "accepted") throw new Error(outcome.outcome);
  return outcome.task.id;
}

describe("a Message that is taken", () => {
  it("is sent once, and its Task is completed", async () => {
    const world = await deliverWorld();
    const id = await accepted(world.push("hello"));
    await world.clock.settle();
    expect(world.lines()).toEqual(["a1 hello"]);
    expect(await world.task(id)).toMatchObject({ status: "completed", results: ["a1 success 1"] });
    expect(world.observed).toEqual(["accepted failover 1", "attempted alpha true", "delivered alpha 0"]);
    expect(world.life().backlog.waiting).toBe(0);
  });

  it("has a key of its own for each Channel and part", async () => {
    const world = await deliverWorld();
    const id = await accepted(world.push("one|two", everywhere));
    await world.clock.settle();
    expect(world.sent.map(({ key }) => key).toSorted()).toEqual(
      ["0-0", "0-1", "1-0", "1-1", "2-0", "2-1"].map((end) => `${id}-${end}`),
    );
  });
});

describe("a lane", () => {
  it("sends in the order of accepts, one after another, however long each takes", async () => {
    const world = await deliverWorld({ recipients: alone, batchSize: 3 });
    world.script("a1", world.takes(100));
    for (let i = 0; i < 10; i++) await world.push(`${i}`);
    await world.clock.advance(2_000);
    expect(world.timeline()).toEqual(Array.from({ length: 10 }, (_, i) => `a1 ${i} @${i / 10}`));
  });

  it("is not delayed by a platform that never answers", async () => {
    const world = await deliverWorld();
    world.script("a1", () => new Promise(() => {}));
    await world.push("stuck", onlyAlpha);
    for (let i = 0; i < 5; i++) await world.push(`${i}`, { platform: "beta" });
    await world.clock.settle();
    expect(world.timeline()).toEqual(["a1 stuck @0", ...Array.from({ length: 5 }, (_, i) => `b1 ${i} @0`)]);
  });
});

describe("a Channel that fails", () => {
  it("hands over to the next one at once while there is one", async () => {
    const world = await deliverWorld();
    world.script("a1", down);
    world.script("a2", no);
    const id = await accepted(world.push("m"));
    await world.clock.settle();
    expect(world.timeline()).toEqual(["a1 m @0", "a2 m @0", "b1 m @0"]);
    expect(await world.task(id)).toMatchObject({
      status: "completed",
      results: ["a1 failed 1", "a2 failed 1", "b1 success 1"],
    });
  });

  it("is tried six times with growing patience when it is the last, before the last resort rings", async () => {
    const world = await deliverWorld({ breaker: { failures: 100 } });
    world.script("a1", no);
    world.script("a2", down);
    const id = await accepted(world.push("m", onlyAlpha));
    await world.clock.advance(3_600_000);
    const tries = [0, 5, 15, 35, 75, 155].map((at) => `a2 m @${at}`);
    expect(world.timeline()).toEqual(["a1 m @0", ...tries, "bell m @155"]);
    expect(await world.task(id)).toMatchObject({
      status: "completed",
      results: ["a1 failed 1", "a2 failed 6", "bell success 1"],
    });
  });

  it("is not tried again when it refused", async () => {
    const world = await deliverWorld({ recipients: alone });
    world.script("a1", no);
    const id = await accepted(world.push("m"));
    await world.clock.advance(3_600_000);
    expect(world.lines()).toEqual(["a1 m"]);
    expect(await world.task(id)).toMatchObject({ status: "failed", results: ["a1 failed 1"] });
  });

  it("recovers in the middle of its attempts, and what waited behind it follows in order", async () => {
    const world = await deliverWorld({ recipients: alone });
    world.script("a1", ({ nth }) => (nth < 2 ? down : { ok: true }));
    for (const body of ["1", "2", "3"]) await world.push(body);
    await world.clock.advance(60_000);
    expect(world.timeline()).toEqual(["a1 1 @0", "a1 1 @5", "a1 1 @15", "a1 2 @15", "a1 3 @15"]);
  });

  it("that says when to come back is asked then", async () => {
    const world = await deliverWorld({ recipients: alone });
    const error = { kind: "unavailable", code: "http-503", message: "", advice: "", retryAfterMs: 33_000 } as const;
    world.script("a1", ({ nth }) => (nth === 0 ? { ok: false, error } : { ok: true }));
    await world.push("m");
    await world.clock.advance(60_000);
    expect(world.timeline()).toEqual(["a1 m @0", "a1 m @33"]);
  });

  it("by throwing is seen as unavailable, and told of", async () => {
    const world = await deliverWorld({ recipients: alone });
    world.script("a1", ({ nth }) => {
      if (nth === 0) throw new Error("a bug");
      return { ok: true };
    });
    const id = await accepted(world.push("m"));
    await world.clock.advance(60_000);
    expect(world.timeline()).toEqual(["a1 m @0", "a1 m @5"]);
    expect(world.errors).toEqual(["platform alpha failed to send: a bug"]);
    expect((await world.task(id)).status).toBe("completed");
  });
});

describe("a platform that asks to wait", () => {
  it("is obeyed exactly, and it never counts as an attempt", async () => {
    const world = await deliverWorld({ recipients: alone });
    world.script("a1", ({ nth }) => (nth < 10 ? slowDown(7_300) : { ok: true }));
    const id = await accepted(world.push("m"));
    await world.push("behind");
    await world.clock.advance(600_000);
    expect(world.timeline()).toEqual([
      ...Array.from({ length: 11 }, (_, i) => `a1 m @${(i * 73) / 10}`),
      "a1 behind @73",
    ]);
    expect(await world.task(id)).toMatchObject({ results: ["a1 success 1"] });
  });

  it("is waited for even when there is an alternative: it will take the Message", async () => {
    const world = await deliverWorld();
    world.script("a1", ({ nth }) => (nth === 0 ? slowDown(1_000) : { ok: true }));
    await world.push("m", failover);
    await world.clock.advance(10_000);
    expect(world.timeline()).toEqual(["a1 m @0", "a1 m @1"]);
  });

  it("is obeyed by the next process too", async () => {
    const world = await deliverWorld({ recipients: alone });
    world.script("a1", ({ nth }) => (nth === 0 ? slowDown(60_000) : { ok: true }));
    await world.push("m");
    await world.clock.advance(10_000);
    await world.restart();
    await world.push("another");
    await world.clock.advance(100_000);
    expect(world.timeline()).toEqual(["a1 m @0", "a1 m @60", "a1 another @60"]);
  });

  it("for no time at all is not asked again and again in the same instant", async () => {
    const world = await deliverWorld({ recipients: alone });
    world.script("a1", ({ nth }) => (nth < 3 ? slowDown(0) : { ok: true }));
    await world.push("m");
    await world.clock.settle();
    expect(world.lines()).toEqual(["a1 m"]);
    await world.clock.advance(60_000);
    expect(world.lines()).toHaveLength(4);
  });
});

describe("a burst of 100 to a Channel that takes 20 a minute", () => {
  const rate = [{ messages: 20, perMs: 60_000 }];
  const whole = Array.from({ length: 100 }, (_, i) => `a1 ${i} @${Math.floor(i / 20) * 60}`);

  it("arrives whole and in order, as fast as the limit allows", async () => {
    const world = await deliverWorld({ recipients: alone, rate });
    for (let i = 0; i < 100; i++) await world.push(`${i}`);
    await world.clock.advance(600_000);
    expect(world.timeline()).toEqual(whole);
    expect(world.observed.filter((line) => line.startsWith("failed"))).toEqual([]);
  });

  it("keeps the limit over restarts", async () => {
    const world = await deliverWorld({ recipients: alone, rate });
    for (let i = 0; i < 100; i++) await world.push(`${i}`);
    for (let i = 0; i < 9; i++) {
      await world.clock.advance(31_000);
      await world.restart();
    }
    await world.clock.advance(600_000);
    expect(world.timeline()).toEqual(whole);
  });

  it("counts from the answers, not from the requests", async () => {
    const world = await deliverWorld({ recipients: alone, rate: [{ messages: 1, perMs: 1_000 }] });
    world.script("a1", world.takes(400));
    for (const body of ["1", "2", "3"]) await world.push(body);
    await world.clock.advance(60_000);
    expect(world.timeline()).toEqual(["a1 1 @0", "a1 2 @1.4", "a1 3 @2.8"]);
  });

  it("counts the parts of a split Message", async () => {
    const world = await deliverWorld({ recipients: alone, rate: [{ messages: 2, perMs: 60_000 }] });
    await world.push("1|2|3");
    await world.push("4");
    await world.clock.advance(600_000);
    expect(world.timeline()).toEqual(["a1 1 @0", "a1 2 @0", "a1 3 @60", "a1 4 @60"]);
  });
});

describe("a Channel that keeps failing", () => {
  it("opens its breaker after five failures, and what skipped it goes elsewhere without asking it", async () => {
    const world = await deliverWorld();
    world.script("a1", down);
    for (let i = 0; i < 8; i++) await world.push(`${i}`);
    await world.clock.settle();
    expect(world.lines().filter((line) => line.startsWith("a1"))).toEqual(["a1 0", "a1 1", "a1 2", "a1 3", "a1 4"]);
    expect(world.lines().filter((line) => line.startsWith("a2"))).toEqual(
      Array.from({ length: 8 }, (_, i) => `a2 ${i}`),
    );
    const late = await accepted(world.push("late"));
    await world.clock.settle();
    expect(world.lines().at(-1)).toBe("a2 late");
    expect((await world.task(late)).errors?.[0]).toMatchObject({ code: "circuit-open" });
  });

  it("is probed by one Message after the cooldown, and taken back when it answers", async () => {
    const world = await deliverWorld();
    world.script("a1", ({ at }) => (at < 100_000 ? down : { ok: true }));
    for (let i = 0; i < 5; i++) await world.push(`${i}`);
    await world.clock.advance(61_000);
    for (const body of ["probe", "behind"]) await world.push(body);
    await world.clock.settle();
    expect(world.lines().slice(-3)).toEqual(["a1 probe", "a2 probe", "a2 behind"]);
    await world.clock.advance(60_000);
    for (const body of ["again", "and again"]) await world.push(body);
    await world.clock.settle();
    expect(world.lines().slice(-2)).toEqual(["a1 again", "a1 and again"]);
  });

  it("keeps what has no alternative, and sends it in order once the probe succeeds", async () => {
    const world = await deliverWorld({ recipients: alone, retry: { attempts: 20 } });
    world.script("a1", ({ at }) => (at < 100_000 ? down : { ok: true }));
    for (let i = 0; i < 30; i++) await world.push(`${i}`);
    await world.clock.advance(99_000);
    expect(new Set(world.lines())).toEqual(new Set(["a1 0"]));
    await world.clock.advance(600_000);
    const arrived = world.sent.filter(({ at }) => at >= 100_000);
    expect(arrived.map(({ text }) => text)).toEqual(Array.from({ length: 30 }, (_, i) => `${i}`));
    expect(new Set(arrived.map(({ at }) => at)).size).toBe(1);
  });

  it("lets those with an alternative pass by those without one", async () => {
    const recipients = [aRecipient({ alpha: ["a1", "a2"] }), { ...aRecipient({ alpha: ["a1"] }), alias: "only" }];
    const world = await deliverWorld({ recipients, batchSize: 2 });
    world.script("a1", ({ at }) => (at < 30_000 ? down : { ok: true }));
    for (let i = 0; i < 5; i++) {
      await world.push(`stays ${i}`, failover, "only");
      await world.push(`passes ${i}`);
    }
    await world.clock.advance(1_000);
    expect(world.lines().filter((line) => line.startsWith("a2"))).toHaveLength(5);
    await world.clock.advance(600_000);
    const stayed = world.sent.filter(({ at, channel }) => at > 30_000 && channel === "a1").map(({ text }) => text);
    expect(stayed).toEqual(Array.from({ length: 5 }, (_, i) => `stays ${i}`));
  });

  it("is passed by also by an older Task that comes to it late", async () => {
    const recipients = [
      aRecipient({ alpha: ["a1"], beta: ["b1", "b2"] }),
      { ...aRecipient({ beta: ["b1", "b2"] }), alias: "beta first" },
    ];
    const world = await deliverWorld({ recipients });
    world.script("b1", down);
    // The older Task is with a1 for two seconds before it comes to b1.
    world.script("a1", () => new Promise((resolve) => world.clock.at(world.clock.now() + 2_000, () => resolve(no))));
    await world.push("older");
    await world.clock.settle();
    for (let i = 0; i < 7; i++) await world.push(`${i}`, failover, "beta first");
    await world.clock.advance(2_500);
    expect(world.timeline().at(-1)).toBe("b2 older @2");
  });

  it("stays closed to the next process too", async () => {
    const world = await deliverWorld();
    world.script("a1", down);
    for (let i = 0; i < 5; i++) await world.push(`${i}`);
    await world.clock.settle();
    await world.restart();
    await world.push("m");
    await world.clock.settle();
    expect(world.lines().at(-1)).toBe("a2 m");
    expect(world.lines().filter((line) => line.startsWith("a1"))).toHaveLength(5);
  });

  it("is not one that refuses: it is there", async () => {
    const world = await deliverWorld({ recipients: alone });
    world.script("a1", ({ nth }) => (nth % 2 === 0 ? no : { ok: true }));
    for (let i = 0; i < 20; i++) await world.push(`${i}`);
    await world.clock.settle();
    expect(world.sent).toHaveLength(20);
  });
});

describe("a split Message", () => {
  it("goes on after the part that was taken when the next one failed", async () => {
    const world = await deliverWorld({ recipients: alone });
    world.script("a1", ({ nth }) => (nth === 1 ? down : { ok: true }));
    const id = await accepted(world.push("1|2|3"));
    await world.clock.advance(60_000);
    expect(world.timeline()).toEqual(["a1 1 @0", "a1 2 @0", "a1 2 @5", "a1 3 @5"]);
    expect(await world.task(id)).toMatchObject({ results: ["a1 success 2"] });
  });

  it("goes on after the part that was recorded when the process ended in between", async () => {
    const world = await deliverWorld({ recipients: alone });
    let records = 0;
    world.onRecord((_, before) => {
      if (!before && ++records === 2) world.die();
    });
    await world.push("1|2|3|4");
    await world.clock.settle();
    expect(world.lines()).toEqual(["a1 1", "a1 2"]);
    world.onRecord(() => {});
    await world.restart();
    await world.clock.settle();
    expect(world.lines()).toEqual(["a1 1", "a1 2", "a1 3", "a1 4"]);
  });
});

describe("the last resort", () => {
  it("rings once everything has failed, and says why", async () => {
    const world = await deliverWorld();
    for (const channel of ["a1", "a2", "b1"]) world.script(channel, no);
    const id = await accepted(world.push("m", everywhere));
    await world.clock.settle();
    expect(world.lines().toSorted()).toEqual(["a1 m", "a2 m", "b1 m", "bell m"]);
    expect(world.lines().at(-1)).toBe("bell m");
    const reason = world.sent.at(-1)?.reason;
    for (const name of ["a1", "a2", "b1"]) expect(reason).toContain(`${name}（`);
    expect(reason).toContain("[19021] sign match fail；检查密钥");
    expect((await world.task(id)).status).toBe("completed");
  });

  it("does not ring while somebody took the Message", async () => {
    const world = await deliverWorld();
    for (const channel of ["a1", "a2"]) world.script(channel, no);
    await world.push("m", everywhere);
    await world.clock.advance(3_600_000);
    expect(world.lines()).not.toContain("bell m");
  });

  it("that fails too leaves the Task failed", async () => {
    const world = await deliverWorld();
    for (const channel of ["a1", "a2", "b1", "bell"]) world.script(channel, no);
    const id = await accepted(world.push("m"));
    await world.clock.settle();
    expect(await world.task(id)).toMatchObject({ status: "failed" });
    expect(world.life().backlog.waiting).toBe(0);
  });

  it("rings at once for a Recipient without Channels, and says so", async () => {
    const world = await deliverWorld({ recipients: [aRecipient({}, ["bell"])] });
    await world.push("m");
    await world.clock.settle();
    expect(world.sent).toMatchObject([{ channel: "bell", reason: "接收者没有启用任何推送渠道" }]);
  });

  it("has no reason to give when it is what was asked for", async () => {
    const world = await deliverWorld();
    const id = await accepted(world.push("m", { platform: "system" }));
    await world.clock.settle();
    expect(world.sent).toMatchObject([{ channel: "bell", text: "m", reason: undefined }]);
    expect((await world.task(id)).status).toBe("completed");
  });
});

describe("a Channel that is gone", () => {
  it("fails what waits for it, and the next one takes it", async () => {
    const world = await deliverWorld();
    world.script("a1", slowDown(1_000));
    const id = await accepted(world.push("m"));
    await world.clock.settle();
    world.removeChannel("a1");
    await world.restart();
    await world.clock.advance(5_000);
    expect(world.lines()).toEqual(["a1 m", "a2 m"]);
    expect((await world.task(id)).errors?.[0]).toMatchObject({ kind: "rejected", code: "channel-gone" });
  });
});

describe("a Message that cannot be rendered", () => {
  it("fails, is told of, and does not block its lane", async () => {
    const world = await deliverWorld({ recipients: alone });
    const id = await accepted(world.push("unrenderable"));
    await world.push("next");
    await world.clock.settle();
    expect(world.lines()).toEqual(["a1 next"]);
    expect(world.errors).toEqual([expect.stringContaining("cannot render this")]);
    expect(await world.task(id)).toMatchObject({ status: "failed", errors: [{ code: "render" }] });
  });
});

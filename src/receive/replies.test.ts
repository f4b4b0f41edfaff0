import { describe, expect, it } from "vitest";
import { type Reply, ReplyRefused } from "../model/reply.ts";
import { account, arrive, later, parsed, patient, settledNow, setup, wayOf } from "./replies-for-tests.ts";

describe("a replier that answers in time", () => {
  it("has its reply in the answer to the callback, and is given the Event", async () => {
    const { callback, asked, counted } = await setup({ reply: async () => ({ text: "hello" }) });
    expect(await callback("m1")).toEqual({ text: "hello" });
    expect(asked.map(({ id }) => id)).toEqual(["event m1"]);
    expect(counted).toEqual(["replied"]);
  });

  it("may have nothing to say: the platform gets its usual answer at once", async () => {
    const { callback, counted } = await setup({ reply: async () => undefined });
    expect(await callback("m1")).toBeUndefined();
    expect(counted).toEqual(["none"]);
  });
});

describe("a repeat of the callback", () => {
  it("is answered alike, without asking again", async () => {
    let times = 0;
    const { callback, repeat, asked, counted } = await setup({ reply: async () => ({ text: `${++times}` }) });
    expect(await callback("m1")).toEqual({ text: "1" });
    expect(await repeat("m1")).toEqual({ text: "1" });
    expect(asked).toHaveLength(1);
    expect(counted).toEqual(["replied"]);
  });

  it("joins the replier while it is still thinking", async () => {
    const thinking = Promise.withResolvers<Reply>();
    const { callback, repeat, asked } = await setup({ reply: () => thinking.promise });
    const answers = [callback("m1"), repeat("m1"), repeat("m1")];
    thinking.resolve({ text: "at last" });
    expect(await Promise.all(answers)).toEqual([{ text: "at last" }, { text: "at last" }, { text: "at last" }]);
    expect(asked).toHaveLength(1);
  });

  it("of another account asks anew: keys are unique within one", async () => {
    const { callback, replies, told, asked } = await setup({ reply: async () => ({ text: "hello" }) });
    await callback("m1");
    const other = { ...account, name: "other" };
    const wanted = replies.find(other, [parsed("m1")]);
    if (!wanted) throw new Error("nobody replies");
    await replies.answer(other, told("m1"), wanted, wayOf(patient));
    expect(asked).toHaveLength(2);
  });

  it("after a restart asks the replier again, with the Event as it was stored", async () => {
    const { store, repeat, asked, clock } = await setup({ reply: async () => ({ text: "again" }) });
    await arrive(store, "stored", "m1", clock);
    expect(await repeat("m1")).toEqual({ text: "again" });
    expect(asked.map(({ id }) => id)).toEqual(["stored"]);
  });

  it("two at once after a restart ask once", async () => {
    const { store, repeat, asked, clock } = await setup({ reply: async () => ({ text: "again" }) });
    await arrive(store, "stored", "m1", clock);
    expect(await Promise.all([repeat("m1"), repeat("m1")])).toEqual([{ text: "again" }, { text: "again" }]);
    expect(asked).toHaveLength(1);
  });

  it("that comes when no platform tries any more asks nobody: it may be recorded and played again", async () => {
    const { store, repeat, asked, clock, callback } = await setup({ reply: async () => ({ text: "hello" }) });
    await arrive(store, "stored", "m1", clock);
    await callback("m2");
    await clock.advance(60_001);
    expect([await repeat("m1"), await repeat("m2")]).toEqual([undefined, undefined]);
    expect(asked).toHaveLength(1);
  });
});

describe("a replier that is late", () => {
  it("leaves the usual answer to go in time, and is told that its time is up", async () => {
    const { callback, clock, signals, counted } = await setup({ reply: () => new Promise(() => {}) });
    const answer = callback("m1");
    await clock.advance(3_999);
    expect(await settledNow(answer)).toBe(false);
    await clock.advance(1);
    expect(await answer).toBeUndefined();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(counted).toEqual(["late: nothing came within 4000 ms"]);
  });

  it("is counted once, also when it throws because of the signal, and when the platform comes again", async () => {
    const { callback, repeat, clock, counted } = await setup({
      reply: (_event, signal) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted")))),
    });
    const answer = callback("m1");
    await clock.advance(4_000);
    expect(await answer).toBeUndefined();
    expect(await repeat("m1")).toBeUndefined();
    expect(counted.filter((line) => line.startsWith("late"))).toHaveLength(1);
    expect(counted).toHaveLength(1);
  });

  it("answers the second of the platform's tries where it may have them: the first is left to run out", async () => {
    const { callback, repeat, clock, counted } = await setup({
      tries: 2,
      reply: (_event, _signal, clock) => later(clock, 8_000, { text: "after 8 s" }),
    });
    const first = callback("m1");
    await clock.advance(5_000);
    // Here the platform hangs up, and comes again at once.
    expect(await settledNow(first)).toBe(false);
    const second = repeat("m1");
    await clock.advance(3_000);
    expect(await second).toEqual({ text: "after 8 s" });
    // Nobody reads this one any more.
    expect(await first).toBeUndefined();
    expect(counted).toEqual(["replied"]);
  });

  it("leaves the last of its tries to be answered as usual, in time", async () => {
    const { callback, repeat, clock, counted, signals } = await setup({ tries: 2, reply: () => new Promise(() => {}) });
    const first = callback("m1");
    await clock.advance(5_000);
    const second = repeat("m1");
    await clock.advance(4_000);
    expect(await second).toBeUndefined();
    expect(await first).toBeUndefined();
    expect(signals[0]?.aborted).toBe(true);
    expect(counted).toEqual(["late: nothing came within 4000 ms"]);
  });

  it("gets no more tries than the platform makes", async () => {
    const { callback, clock } = await setup({
      tries: 3,
      rules: { ...patient, tries: 1 },
      reply: () => new Promise(() => {}),
    });
    const only = callback("m1");
    await clock.advance(4_000);
    expect(await only).toBeUndefined();
  });
});

describe("a reply that cannot be", () => {
  it.each<[string, () => Promise<Reply>, string]>([
    ["the replier throws", () => Promise.reject(new Error("no model")), "failed: no model"],
    ["it is none", () => Promise.reject(new ReplyRefused("a reply is text")), "refused: a reply is text"],
    [
      "the platform has no such part",
      async () => ({ image: "m1" }),
      "refused: the reply has image, expected text, or card",
    ],
    ["the platform would not show it", async () => ({ text: "too long" }), "refused: too long"],
  ])("leaves the usual answer, for a repeat too, and is counted in words: %s", async (_why, reply, says) => {
    const { callback, repeat, counted, asked } = await setup({ reply });
    expect([await callback("m1"), await repeat("m1")]).toEqual([undefined, undefined]);
    expect(counted).toEqual([expect.stringContaining(says)]);
    expect(asked).toHaveLength(1);
  });
});

describe("more replies than there is room for", () => {
  it("have the oldest that is over forgotten", async () => {
    const { callback, counted } = await setup({ most: 2, reply: async () => ({ text: "hello" }) });
    for (const key of ["m1", "m2", "m3"]) expect(await callback(key)).toEqual({ text: "hello" });
    expect(counted).toEqual(["replied", "replied", "replied"]);
  });

  it("are not asked for while all are under way: the platform gets its usual answer", async () => {
    const thinking = Promise.withResolvers<Reply>();
    const { callback, counted } = await setup({ most: 1, reply: () => thinking.promise });
    const first = callback("m1");
    expect(await callback("m2")).toBeUndefined();
    expect(counted).toEqual(["busy: 1 replies are under way already, and no more are asked for"]);
    thinking.resolve({ text: "hello" });
    expect(await first).toEqual({ text: "hello" });
    expect(await callback("m3")).toEqual({ text: "hello" });
  });
});

describe("the hub stopping", () => {
  it("ends repliers, and lets callbacks under way be answered as usual", async () => {
    const { callback, replies, signals, clock } = await setup({ reply: () => new Promise(() => {}) });
    const answer = callback("m1");
    await clock.settle();
    replies.stop();
    expect(await answer).toBeUndefined();
    expect(signals[0]?.aborted).toBe(true);
    expect(clock.nextAt).toBeUndefined();
    expect(await callback("m2")).toBeUndefined();
  });
});

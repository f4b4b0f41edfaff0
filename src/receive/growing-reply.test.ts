import { describe, expect, it } from "vitest";
import { account, arrive, later, robot, setup, source, state, wayOf } from "./replies-for-tests.ts";

describe("a text that grows", () => {
  it("is answered at once with what there is, and each poll with all of it so far", async () => {
    const words = source();
    const { callback, poll, counted } = await setup({ rules: robot, reply: async () => ({ stream: words.stream }) });
    expect(await callback("m1")).toEqual(state("", false));
    await words.say("hello");
    expect(await poll()).toEqual(state("hello", false));
    await words.say(" world");
    expect(await poll()).toEqual(state("hello world", false));
    await words.end();
    expect([await poll(), await poll()]).toEqual([state("hello world", true), state("hello world", true)]);
    expect(counted).toEqual(["replied"]);
  });

  it("is cut where the platform shows no more, between characters, and its source is told to end", async () => {
    const words = source();
    const { callback, poll, counted, signals } = await setup({
      rules: robot,
      reply: async () => ({ stream: words.stream }),
    });
    await callback("m1");
    await words.say("驿站驿站驿站");
    await words.say("驿站");
    expect(await poll()).toEqual(state("驿站驿站驿站", true));
    expect(words.returned()).toBe(true);
    expect(signals[0]?.aborted).toBe(true);
    expect(counted.at(-1)).toBe("cut: a text that grows is cut at 20 bytes");
  });

  it("never shows half of a character that came in two parts", async () => {
    const words = source();
    const { callback, poll } = await setup({ rules: robot, reply: async () => ({ stream: words.stream }) });
    await callback("m1");
    await words.say("a\ud83d");
    expect(await poll()).toEqual(state("a", false));
    await words.say("\ude00");
    expect(await poll()).toEqual(state("a😀", false));
  });

  it("ends with what came when its source fails or yields what is no text", async () => {
    const words = source();
    const { callback, poll, counted } = await setup({ rules: robot, reply: async () => ({ stream: words.stream }) });
    await callback("m1");
    await words.say("hello");
    await words.say(7 as unknown as string);
    expect(await poll()).toEqual(state("hello", true));
    expect(counted.at(-1)).toBe("refused: a stream yields text, found number");
  });

  it("ends when the platform asks no more, and is then forgotten", async () => {
    const words = source();
    const { callback, poll, clock, signals } = await setup({
      rules: robot,
      reply: async () => ({ stream: words.stream }),
    });
    await callback("m1");
    await words.say("hello");
    await clock.advance(359_999);
    expect(await poll()).toEqual(state("hello", false));
    await clock.advance(1);
    expect(signals[0]?.aborted).toBe(true);
    expect(await poll()).toBeUndefined();
  });

  it("is what a late reply becomes: nothing is lost that comes within those minutes", async () => {
    const { callback, poll, clock, counted } = await setup({
      rules: robot,
      reply: (_event, _signal, clock) => later(clock, 30_000, { text: "thought over" }),
    });
    const first = callback("m1");
    await clock.advance(4_000);
    expect(await first).toEqual(state("", false));
    await clock.advance(25_999);
    expect(await poll()).toEqual(state("", false));
    await clock.advance(1);
    expect(await poll()).toEqual(state("thought over", true));
    expect(counted).toEqual(["replied"]);
  });

  it("ends empty when whoever was late has nothing to say, or throws", async () => {
    for (const reply of [undefined, new Error("no model")]) {
      const { callback, poll, clock } = await setup({
        rules: robot,
        reply: async (_event, _signal, clock) => {
          await later(clock, 10_000, undefined);
          if (reply) throw reply;
          return undefined;
        },
      });
      const first = callback("m1");
      await clock.advance(10_000);
      expect([await first, await poll()]).toEqual([state("", false), state("", true)]);
    }
  });

  it("brings its card once, and with every repeat of the callback", async () => {
    const words = source();
    const card = { card_type: "text_notice" };
    const { callback, poll, repeat } = await setup({
      rules: robot,
      reply: async () => ({ stream: words.stream, card }),
    });
    expect(await callback("m1")).toEqual({ ...state("", false), card });
    expect(await poll()).toEqual(state("", false));
    expect(await repeat("m1")).toEqual({ ...state("", false), card });
  });

  it("is finished at once where there are words only", async () => {
    const { callback } = await setup({ rules: robot, reply: async () => ({ text: "hello" }) });
    expect(await callback("m1")).toEqual(state("hello", true));
  });

  it("is refused where words are longer than the platform shows", async () => {
    const { callback, counted } = await setup({ rules: robot, reply: async () => ({ text: "a".repeat(21) }) });
    expect(await callback("m1")).toBeUndefined();
    expect(counted).toEqual(["refused: the text has 21 bytes, and at most 20 are shown"]);
  });

  it("is taken up again after a restart by asking the replier again", async () => {
    const { store, replies, asked, clock } = await setup({ rules: robot, reply: async () => ({ text: "hello" }) });
    await arrive(store, "event m1", "m1", clock);
    expect(await replies.poll(account, "event m1", wayOf(robot))).toEqual(state("", false));
    await clock.settle();
    expect(await replies.poll(account, "event m1", wayOf(robot))).toEqual(state("hello", true));
    expect(asked).toHaveLength(1);
  });

  it("is told to nobody but the account it is for", async () => {
    const { store, replies, callback, clock } = await setup({ rules: robot, reply: async () => ({ text: "hello" }) });
    await callback("m1");
    await arrive(store, "event m2", "m2", clock);
    const other = { ...account, name: "other" };
    expect(await replies.poll(other, "event m1", wayOf(robot))).toBeUndefined();
    expect(await replies.poll(other, "event m2", wayOf(robot))).toBeUndefined();
    expect(await replies.poll(account, "event m3", wayOf(robot))).toBeUndefined();
  });

  it("is not forgotten for others before its end was shown", async () => {
    const words = source();
    const { callback, poll, counted } = await setup({
      rules: robot,
      most: 1,
      reply: async () => ({ stream: words.stream }),
    });
    await callback("m1");
    await words.end();
    expect(await callback("m2")).toBeUndefined();
    expect(counted.at(-1)).toContain("busy");
    expect(await poll()).toEqual(state("", true));
    expect(await callback("m2")).toBeDefined();
  });
});

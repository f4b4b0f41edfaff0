import { onTestFinished } from "vitest";
import type { Event } from "../model/event.ts";
import type { Reply } from "../model/reply.ts";
import type { ReplyContent, ReplyRules, ReplyWay } from "../platforms/replying.ts";
import { type TestClock, testClock } from "../testing/clock.ts";
import { sqliteWorld } from "../testing/sqlite-world.ts";
import { Replies, type Told } from "./replies.ts";

export const account = { tenant: "default", platform: "chatter", name: "main" };
export const patient: ReplyRules = { takes: [["text"], ["card"]], withinMs: 4_000, tries: 3, tryMs: 5_000 };
export const robot: ReplyRules = {
  ...patient,
  takes: [["text"], ["card"], ["stream"], ["stream", "card"]],
  stream: { bytes: 20, forMs: 360_000 },
};

interface Setup {
  readonly reply: (event: Event, signal: AbortSignal, clock: TestClock) => Promise<Reply | undefined>;
  readonly rules?: ReplyRules;
  readonly tries?: number;
  readonly most?: number;
}

export async function setup({ reply, rules = patient, tries = 1, most = 100 }: Setup) {
  const disk = await sqliteWorld();
  onTestFinished(() => disk.remove());
  const clock = testClock();
  const asked: Event[] = [];
  const signals: AbortSignal[] = [];
  const counted: string[] = [];
  const ask = (event: Event, signal: AbortSignal) => {
    asked.push(event);
    signals.push(signal);
    return reply(event, signal, clock);
  };
  const replies = new Replies({
    replier: { find: () => ({ tries, ask }) },
    store: disk.store,
    clock,
    observer: {
      replied: (_account, outcome, detail) =>
        void counted.push(detail === undefined ? outcome : `${outcome}: ${detail}`),
    },
    most,
  });
  onTestFinished(() => replies.stop());
  const told = (key: string, isFresh = true): Told => ({
    fresh: () => (isFresh ? eventOf(`event ${key}`) : undefined),
  });
  const call = async (key: string, isFresh: boolean) => {
    const wanted = replies.find(account, [parsed(key)]);
    return wanted && replies.answer(account, told(key, isFresh), wanted, wayOf(rules));
  };
  return {
    replies,
    store: disk.store,
    clock,
    asked,
    signals,
    counted,
    told,
    callback: (key: string) => call(key, true),
    repeat: (key: string) => call(key, false),
    poll: () => replies.poll(account, "event m1", wayOf(rules)),
  };
}

/** Answers with the content itself; refuses one that says so. */
export function wayOf(rules: ReplyRules): ReplyWay<ReplyContent> {
  return {
    rules,
    answer(content) {
      if (content.text === "too long") throw new RangeError("too long");
      return content;
    },
  };
}

export function state(content: string, finish: boolean): ReplyContent {
  return { stream: { id: "event m1", finish, content } };
}

/** Words that a test says one after another. */
export function source() {
  const said: PromiseWithResolvers<string | undefined>[] = [Promise.withResolvers()];
  let returned = false;
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  async function* stream() {
    try {
      for (let nth = 0; ; nth++) {
        const words = await said[nth]?.promise;
        if (words === undefined) return;
        yield words;
      }
    } finally {
      returned = true;
    }
  }
  return {
    stream: stream(),
    returned: () => returned,
    async say(words: string) {
      const next = said.at(-1);
      said.push(Promise.withResolvers());
      next?.resolve(words);
      await turn();
    },
    async end() {
      said.at(-1)?.resolve(undefined);
      await turn();
    },
  };
}

export function later<T>(clock: TestClock, ms: number, value: T): Promise<T> {
  return new Promise((resolve) => clock.at(clock.now() + ms, () => resolve(value)));
}

export async function settledNow(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol("open");
  return (await Promise.race([promise, Promise.resolve(open)])) !== open;
}

export function parsed(key: string) {
  return { type: "yizhan.app.other", at: 0, key, data: { event: "e", details: {} } } as const;
}

function eventOf(id: string): Event {
  return {
    specversion: "1.0",
    id,
    source: "/tenants/default/accounts/chatter/main",
    type: "yizhan.app.other",
    time: "2026-01-01T00:00:00.000Z",
    datacontenttype: "application/json",
    data: { event: "e", details: {} },
    tenant: "default",
    platform: "chatter",
    account: "main",
  };
}

export async function arrive(
  store: Awaited<ReturnType<typeof sqliteWorld>>["store"],
  id: string,
  key: string,
  clock: TestClock,
): Promise<void> {
  const event = { id, type: "yizhan.app.other", key, at: 1, data: { event: "e", details: {} } } as const;
  const place = { tenant: "default", platform: "chatter", account: "main" };
  await store.arrive({ ...place, receivedAt: clock.now(), events: [event], raw: "" });
}

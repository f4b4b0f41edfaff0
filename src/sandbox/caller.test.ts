import { describe, expect, it, onTestFinished } from "vitest";
import { testClock } from "../testing/clock.ts";
import { deadOrigin, type ScriptedAnswer, scriptedServer } from "../testing/scripted-server.ts";
import { type CallReport, createCaller, type Sending, type SendOptions } from "./caller.ts";
import type { CallingPlatform } from "./callers/calling-sides.ts";
import { openFrame, sealFrame, sha1OfSorted } from "./callers/frame.ts";
import type { HappeningInput } from "./callers/happening.ts";
import { accounts, callOf } from "./callers/moment-for-tests.ts";
import { postCallback } from "./post-callback.ts";

const start = Date.UTC(2026, 0, 1);
const hello = { event: "message", person: "zhangsan", text: "你好" } as const;
const refused = { status: 500, body: "" };
const fine = { status: 200, body: "" };

/** A hub that gives these answers in turn, the last one for ever. */
async function setup(...answers: [ScriptedAnswer, ...ScriptedAnswer[]]) {
  const clock = testClock(start);
  const hub = await scriptedServer(() => (answers.length > 1 ? answers.shift() : undefined) ?? answers[0]);
  onTestFinished(() => hub[Symbol.asyncDispose]());
  const caller = createCaller({ timer: clock, post: postCallback });
  onTestFinished(() => caller.close());
  const send = (platform: CallingPlatform, happened: HappeningInput, options?: SendOptions, changes: object = {}) =>
    caller.send(callOf(platform, happened, { url: `${hub.origin}/callback`, ...changes }), options);
  return { clock, hub, caller, send };
}

/** Until this many attempts have ended and the next one waits for its time. */
async function attempted(sending: Sending, count: number): Promise<CallReport> {
  await expect.poll(() => sending.report().attempts.length, { interval: 2 }).toBe(count);
  return sending.report();
}

describe("a call that the hub takes", () => {
  it("is sent once, and reported with its answer", async () => {
    const { hub, send } = await setup({ status: 200, body: "success" });
    const report = await send("wecom", hello).done;
    expect(report).toEqual({
      name: "text",
      content: expect.objectContaining({ Content: "你好" }),
      messageId: "36311929895191428",
      outcome: "accepted",
      attempts: [{ at: start, tookMs: 0, status: 200, body: "success", verdict: "accepted" }],
    });
    expect(hub.requests).toMatchObject([{ method: "POST", url: expect.stringMatching(/^\/callback\?msg_signature=/) }]);
  });

  it("but answers with nonsense is not tried again", async () => {
    const { hub, send } = await setup({ status: 200, body: "<html>" });
    expect(await send("wechat-official", hello).done).toMatchObject({
      outcome: "faulty",
      attempts: [{ verdict: "faulty", body: "<html>", problem: expect.stringContaining("neither empty") }],
    });
    expect(hub.requests).toHaveLength(1);
  });

  it("is not followed to another place", async () => {
    const { hub, send } = await setup({ status: 302, headers: { location: "/elsewhere" }, body: "" }, fine);
    const report = await send("feishu", hello, { attempts: 1 }).done;
    expect(report).toMatchObject({ outcome: "given-up", attempts: [{ status: 302, verdict: "refused" }] });
    expect(hub.requests).toHaveLength(1);
  });
});

describe("a call that the hub refuses", () => {
  const join = { event: "join", people: ["a"], chat: "c" } as const;

  it.each([
    ["feishu", hello, [15_000, 300_000, 3_600_000, 21_600_000]],
    ["dingtalk", join, [10_000, 30_000]],
  ] as const)("comes again on the schedule of %s, and then no more", async (platform, happened, delays) => {
    const { clock, hub, send } = await setup(refused);
    const sending = send(platform, happened);
    let due = start;
    for (const [index, delayMs] of delays.entries()) {
      const { attempts, outcome } = await attempted(sending, index + 1);
      due += delayMs;
      expect(outcome).toBe("waiting");
      expect(attempts[index]?.nextAt).toBe(due);
      await clock.advanceTo(due - 1);
      expect(hub.requests).toHaveLength(index + 1);
      await clock.advanceTo(due);
    }
    const report = await sending.done;
    expect(report.outcome).toBe("given-up");
    expect(report.attempts).toHaveLength(delays.length + 1);
    expect(report.attempts.at(-1)).not.toHaveProperty("nextAt");
    expect(clock.nextAt).toBeUndefined();
  });

  it("by WeCom comes three times, at once", async () => {
    const { clock, hub, send } = await setup(refused);
    const sending = send("wecom", hello);
    while (sending.report().outcome === "waiting") await clock.advance(0);
    expect(await sending.done).toMatchObject({ outcome: "given-up" });
    expect(hub.requests).toHaveLength(3);
  });

  it("is over as soon as it is taken", async () => {
    const { clock, hub, send } = await setup(refused, fine);
    const sending = send("feishu", hello);
    expect(await sending.first).toMatchObject({ verdict: "refused", nextAt: start + 15_000 });
    await clock.advance(15_000);
    expect((await sending.done).attempts.map(({ verdict }) => verdict)).toEqual(["refused", "accepted"]);
    expect(hub.requests).toHaveLength(2);
  });

  it("can be tried less often than the platform would", async () => {
    const { hub, send } = await setup(refused);
    expect(await send("feishu", hello, { attempts: 1 }).done).toMatchObject({ outcome: "given-up" });
    expect(hub.requests).toHaveLength(1);
  });

  it.each([
    ["renewed", 2],
    ["verbatim", 1],
  ] as const)("is repeated %s", async (repeats, kinds) => {
    const { clock, hub, send } = await setup(refused, fine);
    const sending = send("wecom", hello, { repeats });
    await sending.first;
    await clock.advance(0);
    await sending.done;
    expect(hub.requests).toHaveLength(2);
    expect(new Set(hub.requests.map(({ url, body }) => url + body)).size).toBe(kinds);
  });
});

describe("a call that gets no answer", () => {
  it.each([
    ["wecom", hello, 5_000],
    ["wecom", { event: "verify" }, 1_000],
    ["feishu", hello, 3_000],
    ["feishu", { event: "verify" }, 1_000],
    ["dingtalk", { event: "click", person: "a", message: "m", key: "k" }, 2_000],
    ["dingtalk", { event: "verify" }, 1_500],
  ] as const)("is late for %s with %j after %i ms", async (platform, happened, deadlineMs) => {
    const { clock, hub, send } = await setup("stall");
    const sending = send(platform, happened, { attempts: 1 });
    await expect.poll(() => hub.requests.length, { interval: 2 }).toBe(1);
    await clock.advance(deadlineMs - 1);
    expect(sending.report().attempts).toEqual([]);
    await clock.advance(1);
    const problem = `no answer within ${deadlineMs} ms`;
    expect(await sending.first).toEqual({ at: start, tookMs: deadlineMs, verdict: "late", problem });
    expect(clock.nextAt).toBeUndefined();
  });

  it("because the connection ends is unreachable, and comes again", async () => {
    const { clock, send } = await setup("hang-up", fine);
    const sending = send("feishu", hello);
    expect(await sending.first).toMatchObject({
      verdict: "unreachable",
      problem: expect.stringContaining("no answer"),
    });
    await clock.advance(15_000);
    expect(await sending.done).toMatchObject({ outcome: "accepted" });
  });

  it("because nobody listens says so, without the signed URL", async () => {
    const { send } = await setup(fine);
    const url = await deadOrigin();
    const { problem } = await send("wecom", hello, { attempts: 1 }, { url }).first;
    expect(problem).toBe("no answer came: ECONNREFUSED");
  });
});

describe("a caller that is closed", () => {
  it("breaks off what waits for an answer and what waits for its time", async () => {
    const { caller, hub, send } = await setup("stall", refused);
    const stalled = send("feishu", hello);
    await expect.poll(() => hub.requests.length, { interval: 2 }).toBe(1);
    const waiting = send("feishu", hello);
    await waiting.first;
    expect(caller.underWay).toBe(2);
    caller.close();
    caller.close();
    expect(await stalled.done).toMatchObject({ outcome: "cancelled", attempts: [{ problem: "broken off" }] });
    expect(await waiting.done).toMatchObject({ outcome: "cancelled", attempts: [{ verdict: "refused" }] });
    await expect.poll(() => caller.underWay, { interval: 2 }).toBe(0);
  });
});

describe("a robot's text that is not finished", () => {
  it("is asked for again and again, under its id and signed anew, until it is", async () => {
    const states = ["", "hello", "hello world"].map((content, nth) => ({ id: "s1", finish: nth === 2, content }));
    const { send, nextPoll, asked } = await robot((nth) => states[nth] ?? {});
    const sending = send();
    await nextPoll();
    await nextPoll();
    const { attempts, followed, outcome } = await sending.done;
    expect(attempts.map(({ reply }) => reply)).toEqual([{ msgtype: "stream", stream: states[0] }]);
    expect(followed?.map(({ verdict, reply }) => [verdict, reply])).toEqual(
      states.slice(1).map((stream) => ["accepted", { msgtype: "stream", stream }]),
    );
    expect(outcome).toBe("accepted");
    expect(asked.slice(1)).toMatchObject([
      { msgtype: "stream", stream: { id: "s1" }, from: { userid: "zhangsan" }, chattype: "single" },
      { msgtype: "stream", stream: { id: "s1" } },
    ]);
    expect(new Set(asked.map(({ msgid }) => msgid)).size).toBe(3);
  });

  it("is asked for no longer than six minutes", async () => {
    const { send, nextPoll } = await robot(() => ({ id: "s1", finish: false, content: "" }));
    const sending = send();
    for (let nth = 1; nth <= 720; nth++) await nextPoll();
    expect((await sending.done).followed).toHaveLength(720);
  });

  /** A hub that answers with these states of a text. */
  async function robot(state: (nth: number) => object) {
    const clock = testClock(start);
    const { token, encoding_aes_key: encodingAesKey } = accounts["wecom-bot"];
    const seal = { encodingAesKey, receiveId: "" };
    const asked: Record<string, unknown>[] = [];
    const hub = await scriptedServer(({ url, body }) => {
      const nth = asked.push(JSON.parse(openFrame(JSON.parse(body).encrypt, seal))) - 1;
      const nonce = new URL(url, "http://hub").searchParams.get("nonce") ?? "";
      const reply = JSON.stringify({ msgtype: "stream", stream: state(nth) });
      const encrypt = sealFrame(reply, seal, Buffer.alloc(16));
      const msgsignature = sha1OfSorted(token, "1", nonce, encrypt);
      return { status: 200, body: JSON.stringify({ encrypt, msgsignature, timestamp: 1, nonce }) };
    });
    onTestFinished(() => hub[Symbol.asyncDispose]());
    const caller = createCaller({ timer: clock, post: postCallback });
    onTestFinished(() => caller.close());
    /** Moves on to the next question, once the answer before it has been read. */
    const nextPoll = async () => {
      await expect.poll(() => (clock.nextAt ?? Number.POSITIVE_INFINITY) - clock.now(), { interval: 1 }).toBe(500);
      await clock.advance(500);
    };
    const send = () => caller.send(callOf("wecom-bot", hello, { url: `${hub.origin}/callback` }));
    return { asked, nextPoll, send };
  }
});

it("has settings for every platform", () => {
  for (const platform of Object.keys(accounts) as CallingPlatform[]) {
    expect(callOf(platform, { event: "verify" }).name).not.toBe("");
  }
});

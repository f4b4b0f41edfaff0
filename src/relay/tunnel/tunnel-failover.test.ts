import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { testClock } from "../../testing/clock.ts";
import { ScriptedTarget } from "../scripted-target-for-tests.ts";
import { frameType } from "./frames.ts";
import { ask, RawAgent, tunnelWorld, until } from "./tunnel-world-for-tests.ts";

describe("several agents of one tunnel", () => {
  it("get requests in turn, and the least busy one first", async () => {
    const { authority, target: tunnel } = await tunnelWorld();
    const agents = [await RawAgent.connect(authority), await RawAgent.connect(authority)] as const;
    for (let index = 0; index < 10; index++) ask(tunnel);
    await until(() => agents[0].opened.length + agents[1].opened.length === 10, "ten requests");
    expect(agents.map(({ opened }) => opened.length)).toEqual([5, 5]);
    for (const stream of agents[0].opened) agents[0].answer(stream);
    await until(() => tunnel.pending === 5, "five answers");
    for (let index = 0; index < 5; index++) ask(tunnel);
    await until(() => agents[0].opened.length === 10, "the requests at whoever has nothing to do");
  });
});

describe("an agent that is gone", () => {
  /** Two agents, and requests at the first of them. */
  async function atTheFirst(requests: readonly Parameters<typeof ask>[1][], isIdempotent = false) {
    const { authority, target: tunnel, agents } = await tunnelWorld({ isIdempotent });
    const first = await RawAgent.connect(authority);
    const sent = requests.map((request) => ask(tunnel, request));
    await until(() => first.opened.length === requests.length, "the requests");
    const second = await RawAgent.connect(authority);
    await until(() => agents().length === 2, "the second agent");
    return { first, second, sinks: sent.map(({ sink }) => sink), tunnel };
  }

  it("leaves what is safe to repeat to another, and what is not fails", async () => {
    const methods = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "POST", "PATCH"];
    const { first, second, sinks } = await atTheFirst(methods.map((method) => ({ method, body: Buffer.from("x") })));
    first.socket.terminate();
    await until(() => second.opened.length === 5, "the repeats");
    for (const stream of second.opened) second.answer(stream);
    const outcomes = await Promise.allSettled(sinks.map(({ answer }) => answer));
    expect(outcomes.map(({ status }) => status)).toEqual([...Array(5).fill("fulfilled"), "rejected", "rejected"]);
    await expect(sinks[5]?.answer).rejects.toMatchObject({ failure: "target-closed", sent: true });
  });

  it("leaves everything to another where the servers recognise repeats", async () => {
    const { first, second, sinks } = await atTheFirst([{ method: "POST" }], true);
    first.socket.terminate();
    await until(() => second.opened.length === 1, "the repeat");
    second.answer(second.opened[0] ?? 0, 201);
    expect((await sinks[0]?.answer)?.status).toBe(201);
  });

  it("is not repeated a second time, once it may have been done twice", async () => {
    const { first, second, sinks, tunnel } = await atTheFirst([{ method: "PUT" }]);
    first.socket.terminate();
    await until(() => second.opened.length === 1, "the repeat");
    second.socket.terminate();
    await expect(sinks[0]?.answer).rejects.toMatchObject({ failure: "target-closed" });
    expect(tunnel.pending).toBe(0);
  });

  it("breaks off the answers that it had begun", async () => {
    const { first, second, sinks } = await atTheFirst([{ method: "GET" }]);
    first.write((writer) => {
      writer.head(first.opened[0] ?? 0, { status: 200, statusText: "", headers: [] }, { isLast: false });
    });
    await until(() => sinks[0]?.hasHead, "the head");
    first.socket.terminate();
    await expect(sinks[0]?.answer).rejects.toMatchObject({ failure: "target-closed" });
    expect(second.opened).toEqual([]);
  });

  it("has what was not written yet sent by another, whatever the method", async () => {
    const keys = ["key-of-the-first-one", "key-of-the-second-one"] as const;
    const { authority, target: tunnel, agents, gate } = await tunnelWorld({ tunnels: [{ name: "office", keys }] });
    const [first, second] = [await RawAgent.connect(authority, keys[0]), await RawAgent.connect(authority, keys[1])];
    await until(() => agents().length === 2, "the agents");
    // Asked and disconnected in one turn of the event loop: nothing can have left.
    const sent = [Buffer.from("bytes"), Readable.from(["a stream"])].map((body) =>
      ask(tunnel, { method: "POST", body }),
    );
    expect(agents().map(({ pending }) => pending)).toEqual([1, 1]);
    gate.configure([{ name: "office", keys: [keys[1]] }]);
    second.answerAll();
    for (const { sink } of sent) expect((await sink.answer).status).toBe(200);
    expect(first.opened).toEqual([]);
  });
});

describe("an agent's target that could not be reached", () => {
  it("has another agent asked, whatever the method, as long as there are some", async () => {
    const targets = [new ScriptedTarget("a"), new ScriptedTarget("b"), new ScriptedTarget("c")];
    const { agent, target: tunnel } = await tunnelWorld();
    for (const target of targets) await agent({ target });
    const { sink } = ask(tunnel, { method: "POST", body: Buffer.from("x") });
    const asked = () => targets.filter(({ requests }) => requests.length > 0);
    for (let count = 1; count <= 3; count++) {
      await until(() => asked().length === count, `agent ${count} of 3`);
      const under = targets.find(({ pending }) => pending > 0);
      under?.last.fail("target-refused", { sent: false });
    }
    await expect(sink.answer).rejects.toMatchObject({ failure: "target-refused", sent: false });
    expect(targets.map(({ requests }) => requests.length)).toEqual([1, 1, 1]);
  });
});

describe("an agent that wants to leave", () => {
  it("gets nothing new, finishes what it has, and is told that nothing more comes", async () => {
    const { authority, target: tunnel, agents } = await tunnelWorld();
    const [leaving, staying] = [await RawAgent.connect(authority), await RawAgent.connect(authority)];
    await until(() => agents().length === 2, "the agents");
    const before = [ask(tunnel), ask(tunnel)];
    await until(() => leaving.opened.length + staying.opened.length === 2, "two requests");
    leaving.write((writer) => writer.goaway("the agent stops"));
    await until(() => leaving.frames.at(-1)?.type === frameType.goaway, "the hub's own");
    const after = [ask(tunnel), ask(tunnel), ask(tunnel)];
    await until(() => staying.opened.length === 4, "the rest at the other");
    expect(agents()).toMatchObject([
      { isDraining: true, pending: 1 },
      { isDraining: false, pending: 4 },
    ]);
    leaving.answer(leaving.opened[0] ?? 0, 201);
    for (const stream of staying.opened) staying.answer(stream);
    const answers = await Promise.all([...before, ...after].map(({ sink }) => sink.answer));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 201]);
  });

  it("serves what was on its way to it, and is gone when that is answered", async () => {
    const target = new ScriptedTarget("inner");
    const { agent, target: tunnel, agents } = await tunnelWorld();
    const running = await agent({ target });
    const first = ask(tunnel, { method: "POST" });
    await until(() => target.requests.length === 1, "the first request");
    const stopped = running.agent.stop();
    // The hub has not heard of it yet.
    const second = ask(tunnel, { method: "POST" });
    await until(() => target.requests.length === 2, "the second request");
    const third = ask(tunnel, { method: "POST" });
    for (const request of target.requests) request.answer(200);
    expect((await first.sink.answer).status).toBe(200);
    expect((await second.sink.answer).status).toBe(200);
    await expect(third.sink.answer).rejects.toMatchObject({ failure: "no-target", sent: false });
    await stopped;
    await running.ended;
    expect(agents()).toEqual([]);
  });

  it("waits ten seconds for what does not end", async () => {
    const clock = testClock();
    const target = new ScriptedTarget("inner");
    const { agent, target: tunnel, agents } = await tunnelWorld({ clock });
    const running = await agent({ target });
    const { sink } = ask(tunnel, { method: "POST" });
    await until(() => target.requests.length === 1, "the request");
    const stopped = running.agent.stop();
    await until(() => agents()[0]?.isDraining, "the hub's knowledge of it");
    await clock.advance(10_000);
    await stopped;
    await expect(sink.answer).rejects.toMatchObject({ failure: "target-closed", sent: true });
    expect(target.last.abortReason).toMatchObject({ failure: "caller-gone" });
  });
});

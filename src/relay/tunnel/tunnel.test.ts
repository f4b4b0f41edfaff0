import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { testClock } from "../../testing/clock.ts";
import { RelayFailure } from "../failure.ts";
import { ScriptedTarget } from "../scripted-target-for-tests.ts";
import type { AnswerSink, OutgoingRequest, Sending, Target } from "../target.ts";
import { ask, RawAgent, tunnelWorld, until } from "./tunnel-world-for-tests.ts";

/** What answers behind an agent, written as a function. */
function answering(answer: (request: OutgoingRequest, sink: AnswerSink) => Partial<Sending> | undefined): Target {
  return {
    name: "inner",
    pending: 0,
    send: (request, sink) => ({ resume() {}, abort: (reason) => sink.onFailure(reason), ...answer(request, sink) }),
    close: async () => {},
  };
}

const sha = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("a request through a tunnel", () => {
  it("reaches the agent's target as it was sent, and its answer comes back as it was given", async () => {
    const seen: OutgoingRequest[] = [];
    const answerHeaders = [
      "Set-Cookie",
      "a=1",
      "set-cookie",
      "b=2",
      "X-Bytes",
      "caf\u00e9",
      "Empty",
      "",
      "Content-Length",
      "5",
    ];
    const target = answering((request, sink) => {
      seen.push(request);
      setImmediate(() => {
        sink.onInterim(103, ["Link", "</a>"]);
        sink.onHead(299, "Quite Fine", answerHeaders);
        sink.onData(Buffer.from("hello"));
        sink.onEnd();
      });
      return undefined;
    });
    const { agent, target: tunnel } = await tunnelWorld();
    await agent({ target });
    const headers = ["Accept", "*/*", "X-A", "1", "x-a", "2", "X-Bytes", "\u00ff\u0080".replace("\u0080", "\u00a0")];
    const path = "/a%2Fb/%E4%B8%AD?msg_signature=a%2Bb&echostr=%2F%3D";
    const { sink } = ask(tunnel, { method: "POST", path, headers, body: Buffer.from([0, 1, 255]) });
    const answer = await sink.answer;
    expect(seen).toEqual([{ method: "POST", path, headers, body: Buffer.from([0, 1, 255]) }]);
    expect(answer).toEqual({
      status: 299,
      statusText: "Quite Fine",
      headers: answerHeaders,
      interims: [103],
      body: Buffer.from("hello"),
    });
    expect(tunnel.pending).toBe(0);
  });

  it.each([
    ["nothing", undefined],
    ["no bytes", Buffer.alloc(0)],
    ["what one frame holds", randomBytes(16 * 1024)],
    ["more than one frame holds", randomBytes(16 * 1024 + 1)],
    ["more than a window", randomBytes(300_000)],
  ])("carries %s as its body, as bytes and as a stream", async (_what, body) => {
    const bodies: Promise<Buffer>[] = [];
    const target = answering(({ body: came }, sink) => {
      const whole = came instanceof Readable ? buffer(came) : Promise.resolve(Buffer.from(came ?? []));
      bodies.push(whole);
      void whole.then((bytes) => {
        sink.onHead(200, "OK", []);
        sink.onData(Buffer.from(sha(bytes)));
        sink.onEnd();
      });
      return undefined;
    });
    const { agent, target: tunnel } = await tunnelWorld();
    await agent({ target });
    const pieces = body && Readable.from(body.length > 3 ? [body.subarray(0, 3), body.subarray(3)] : [body]);
    for (const given of [body, pieces]) {
      const { sink } = ask(tunnel, { method: "PUT", ...(given && { body: given }) });
      expect((await sink.answer).body.toString()).toBe(sha(body ?? Buffer.alloc(0)));
    }
    expect((await Promise.all(bodies)).map(({ length }) => length)).toEqual([body?.length ?? 0, body?.length ?? 0]);
  });

  it("gets a large answer whole, from a target that waits when it is told to", async () => {
    const bytes = randomBytes(3_000_000);
    let pauses = 0;
    const target = answering((_request, sink) => {
      let at = 0;
      const send = () => {
        while (at < bytes.length) {
          const piece = bytes.subarray(at, at + 50_000);
          at += piece.length;
          if (!sink.onData(piece)) {
            pauses++;
            return;
          }
        }
        sink.onEnd();
      };
      setImmediate(() => {
        sink.onHead(200, "OK", ["Content-Length", String(bytes.length)]);
        send();
      });
      return { resume: send };
    });
    const { agent, target: tunnel } = await tunnelWorld();
    await agent({ target });
    const { sink } = ask(tunnel);
    expect(sha((await sink.answer).body)).toBe(sha(bytes));
    expect(pauses).toBeGreaterThan(10);
  });

  it("whose caller does not read holds up the target, and no other request", async () => {
    let given = 0;
    const target = answering(({ path }, sink) => {
      const send = () => {
        // Without an end: it gives as much as is taken.
        do given += 10_000;
        while (sink.onData(Buffer.alloc(10_000)));
      };
      setImmediate(() => {
        sink.onHead(200, "OK", []);
        if (path === "/endless") send();
        else sink.onEnd();
      });
      return { resume: send };
    });
    const { agent, target: tunnel } = await tunnelWorld();
    await agent({ target });
    const { sink, sending } = ask(tunnel, { path: "/endless" });
    sink.wantsMore = false;
    await until(() => sink.bytes > 0, "the first bytes");
    for (let index = 0; index < 50; index++) expect((await ask(tunnel).sink.answer).status).toBe(200);
    const stalledAt = given;
    expect(stalledAt).toBeLessThan(600_000);
    for (let index = 0; index < 50; index++) await ask(tunnel).sink.answer;
    expect(given).toBe(stalledAt);
    expect(sink.bytes).toBeLessThanOrEqual(65_536);
    sink.wantsMore = true;
    sending.resume();
    await until(() => sink.bytes > 2_000_000, "the rest");
    sending.abort(new RelayFailure("caller-gone", "left", { sent: true }));
  });

  it("whose target does not read holds up its caller, and no other request", async () => {
    const unread: Readable[] = [];
    const target = answering(({ body }, sink) => {
      if (body instanceof Readable) unread.push(body);
      else
        setImmediate(() => {
          sink.onHead(204, "No Content", []);
          sink.onEnd();
        });
      return undefined;
    });
    const { agent, target: tunnel } = await tunnelWorld();
    await agent({ target });
    let given = 0;
    const endless = new Readable({
      read() {
        given += 10_000;
        this.push(Buffer.alloc(10_000));
      },
    });
    const { sink, sending } = ask(tunnel, { method: "POST", body: endless });
    await until(() => unread.length > 0, "the request at the target");
    for (let index = 0; index < 100; index++) await ask(tunnel).sink.answer;
    const stalledAt = given;
    for (let index = 0; index < 100; index++) await ask(tunnel).sink.answer;
    expect(given).toBe(stalledAt);
    expect(given).toBeLessThan(600_000);
    sending.abort(new RelayFailure("caller-gone", "left", { sent: true }));
    await expect(sink.answer).rejects.toMatchObject({ failure: "caller-gone" });
    await until(() => unread[0]?.destroyed, "the request's end at the target");
    endless.destroy();
  });

  it("is sent although others have long bodies on a connection that takes nothing at the moment", async () => {
    const { authority, target: tunnel } = await tunnelWorld();
    const agent = await RawAgent.connect(authority);
    const long = Array.from({ length: 20 }, () => ask(tunnel, { method: "POST", body: Buffer.alloc(8_000_000) }));
    await until(() => agent.opened.length === 20, "the long requests");
    agent.socket.pause();
    agent.write((writer) => {
      for (const stream of agent.opened) writer.window(stream, 8_000_000);
    });
    const gone = () => process.memoryUsage().arrayBuffers;
    const before = gone();
    for (let turns = 0; turns < 200; turns++) await nextTurn();
    // Nothing is copied out of the bodies for a connection that does not take it.
    expect(gone() - before).toBeLessThan(30_000_000);
    const short = ask(tunnel);
    agent.socket.resume();
    await until(() => agent.opened.length === 21, "the short request");
    agent.answer(agent.opened[20] ?? 0);
    expect((await short.sink.answer).status).toBe(200);
    for (const { sending } of long) sending.abort(new RelayFailure("caller-gone", "left", { sent: true }));
  });

  it("that is aborted is aborted at the target", async () => {
    const target = new ScriptedTarget("inner");
    const { agent, target: tunnel } = await tunnelWorld();
    await agent({ target });
    const { sink, sending } = ask(tunnel);
    await until(() => target.requests.length === 1, "the request");
    sending.abort(new RelayFailure("caller-gone", "the caller left", { sent: true }));
    await expect(sink.answer).rejects.toMatchObject({ failure: "caller-gone", message: "the caller left" });
    await until(() => target.last.abortReason, "its end");
    expect(target.last.abortReason).toMatchObject({ failure: "caller-gone" });
    expect(tunnel.pending).toBe(0);
  });

  it("fails as it failed at the target, before and inside an answer", async () => {
    const target = new ScriptedTarget("inner");
    const { agent, target: tunnel, log } = await tunnelWorld();
    await agent({ target });
    const early = ask(tunnel, { method: "POST", path: "/a?secret=1" });
    await until(() => target.requests.length === 1, "the request");
    target.last.fail("target-answer-invalid", { sent: true });
    const failure = await early.sink.answer.catch((error: unknown) => error);
    expect(failure).toMatchObject({ failure: "target-answer-invalid", sent: true });
    expect(String(failure)).toContain("agent a: scripted");
    expect(log).toContainEqual(expect.stringMatching(/^POST \/a was not answered: scripted/));
    const late = ask(tunnel);
    await until(() => target.requests.length === 2, "the request");
    target.last.head(200);
    target.last.data("some");
    await until(() => late.sink.bytes === 4, "the beginning");
    target.last.fail("target-idle-timeout", { sent: true });
    await expect(late.sink.answer).rejects.toMatchObject({ failure: "target-idle-timeout" });
  });

  it("is told of addresses at the target by a name that the hub knows, and of all others as they are", async () => {
    const locations = [
      "http://inner.example:9000/base/login?a",
      "http://inner.example:9000/baseless",
      "/base/x",
      "http://a",
    ];
    const headers = locations.flatMap((location) => ["LOCATION", location]);
    const target = answering((_request, sink) => {
      setImmediate(() => {
        sink.onHead(302, "Found", ["X-Location", locations[0] ?? "", ...headers]);
        sink.onEnd();
      });
      return undefined;
    });
    const { agent, target: tunnel } = await tunnelWorld();
    await agent({ target });
    const answer = await ask(tunnel).sink.answer;
    const values = answer.headers.filter((_text, index) => index % 2 === 1);
    expect(values).toEqual([locations[0], "http://tunnel.invalid/login?a", ...locations.slice(1)]);
  });

  it("fails with no-target while nobody is connected", async () => {
    const { target } = await tunnelWorld();
    const { sink } = ask(target);
    await expect(sink.answer).rejects.toMatchObject({ failure: "no-target", sent: false, retryAfterMs: 5_000 });
  });

  it("whose answer was complete early ends, whatever is left of its body", async () => {
    const target = new ScriptedTarget("inner");
    const { agent, target: tunnel } = await tunnelWorld();
    await agent({ target });
    const body = new Readable({ read() {} });
    body.push("the beginning");
    const { sink } = ask(tunnel, { method: "POST", body });
    await until(() => target.requests.length === 1, "the request");
    const came = target.last.request.body as Readable;
    target.last.answer(413);
    expect((await sink.answer).status).toBe(413);
    await until(() => came.destroyed, "the body's end");
    expect(body.destroyed).toBe(false);
  });

  it("whose body breaks off is aborted", async () => {
    const target = new ScriptedTarget("inner");
    const { agent, target: tunnel } = await tunnelWorld();
    await agent({ target });
    const body = new Readable({ read() {} });
    const { sink } = ask(tunnel, { method: "POST", body });
    await until(() => target.requests.length === 1, "the request");
    body.destroy(new Error("the caller's connection broke"));
    await expect(sink.answer).rejects.toMatchObject({ failure: "caller-gone" });
    await until(() => target.last.abortReason, "its end at the target");
  });

  it("with fields longer than a frame fails by itself, either way", async () => {
    const long = ["X-Long", "y".repeat(140_000)];
    const target = answering(({ path }, sink) => {
      setImmediate(() => {
        sink.onHead(200, "OK", path === "/long" ? long : []);
        sink.onEnd();
      });
      return undefined;
    });
    const { agent, target: tunnel } = await tunnelWorld();
    await agent({ target });
    const [asked, answered, other] = [ask(tunnel, { headers: long }), ask(tunnel, { path: "/long" }), ask(tunnel)];
    await expect(asked.sink.answer).rejects.toMatchObject({ failure: "unexpected", sent: false });
    await expect(answered.sink.answer).rejects.toMatchObject({ failure: "target-answer-invalid" });
    expect((await other.sink.answer).status).toBe(200);
  });
});

describe("time limits of a request through a tunnel", () => {
  const limits = { answerMs: 4_500, idleMs: 2_000 };

  it("are the target's own as well", async () => {
    const target = new ScriptedTarget("inner");
    const { agent, target: tunnel } = await tunnelWorld({ clock: testClock() });
    await agent({ target });
    ask(tunnel, { limits });
    await until(() => target.requests.length === 1, "the request");
    expect(target.last.limits).toEqual(limits);
    target.last.answer(200);
  });

  it("end one that is not answered, and tell the target", async () => {
    const clock = testClock();
    const target = new ScriptedTarget("inner");
    const { agent, target: tunnel } = await tunnelWorld({ clock });
    await agent({ target });
    const { sink } = ask(tunnel, { limits });
    await until(() => target.requests.length === 1, "the request");
    await clock.advance(4_499);
    expect(tunnel.pending).toBe(1);
    await clock.advance(1);
    await expect(sink.answer).rejects.toMatchObject({ failure: "target-answer-timeout", sent: true });
    await until(() => target.last.abortReason, "its end at the target");
  });

  it("begin again with each piece of a request, and wait for a caller that is slow", async () => {
    const clock = testClock();
    const target = new ScriptedTarget("inner");
    const { agent, target: tunnel } = await tunnelWorld({ clock });
    await agent({ target });
    const body = new Readable({ read() {} });
    const { sink } = ask(tunnel, { method: "POST", body, limits });
    await until(() => target.requests.length === 1, "the request");
    await clock.advance(10_000);
    body.push("the last of it");
    body.push(null);
    expect(await buffer(target.last.request.body as Readable)).toEqual(Buffer.from("the last of it"));
    await clock.advance(4_499);
    expect(tunnel.pending).toBe(1);
    await clock.advance(1);
    await expect(sink.answer).rejects.toMatchObject({ failure: "target-answer-timeout" });
  });

  it("end an answer that stops coming, and not one that its caller does not read", async () => {
    const clock = testClock();
    const target = new ScriptedTarget("inner");
    const { agent, target: tunnel } = await tunnelWorld({ clock });
    await agent({ target });
    const [silent, unread] = [ask(tunnel, { limits }), ask(tunnel, { limits })];
    unread.sink.wantsMore = false;
    await until(() => target.requests.length === 2, "the requests");
    for (const request of target.requests) {
      request.head(200);
      request.data("some");
    }
    await until(() => silent.sink.bytes > 0 && unread.sink.bytes > 0, "the beginnings");
    await clock.advance(2_000);
    await expect(silent.sink.answer).rejects.toMatchObject({ failure: "target-idle-timeout" });
    await clock.advance(10_000);
    expect(tunnel.pending).toBe(1);
    unread.sink.wantsMore = true;
    unread.sending.resume();
    target.requests[1]?.end();
    expect((await unread.sink.answer).body.toString()).toBe("some");
  });
});

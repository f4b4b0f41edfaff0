import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { testClock } from "../testing/clock.ts";
import { CallbackPassOn } from "./callback-pass-on.ts";
import type { CallbackCall, CallbackOutcome } from "./durable-relay.ts";
import { Relay } from "./relay.ts";
import type { FinishedRequest } from "./relay-observer.ts";
import { RequestIds } from "./request-ids.ts";
import { trustAnybody } from "./trust.ts";

const taken: CallbackOutcome = { kind: "answer", answer: { status: 200, contentType: "text/xml", body: "<xml/>" } };

/** A relay over a real socket whose callbacks are taken as a test says. */
async function setup(take: (call: CallbackCall) => Promise<CallbackOutcome> = async () => taken) {
  const calls: CallbackCall[] = [];
  const over = Promise.withResolvers<FinishedRequest>();
  const limits = { connectMs: 1, answerMs: 1, idleMs: 10_000, headerLines: 100, bodyBytes: 20 };
  const passOn = new CallbackPassOn({
    relay: {
      take(call) {
        calls.push(call);
        return take(call);
      },
    },
    limits,
    clock: testClock(),
  });
  const relay = new Relay({
    settings: {
      name: "wework",
      prefix: "/hook",
      methods: ["GET", "POST"],
      allowedPaths: [],
      delivery: { mode: "durable", account: { platform: "p", name: "a" }, receivers: [], refusals: 1 },
      keepHost: false,
      limits,
    },
    trust: trustAnybody,
    ids: new RequestIds(),
    observer: { finished: over.resolve },
    passOn,
  });
  const server = createServer((request, response) => relay.handle(request, response, false));
  server.on("checkContinue", (request, response) => relay.handle(request, response, true));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const call = (path: string, body: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number; headers: object; body: string }>((resolve, reject) => {
      const sent = httpRequest({ port, path, method: "POST", headers, host: "127.0.0.1" }, async (response) => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: await text(response) });
      });
      sent.on("error", reject);
      sent.on("continue", () => sent.end(body));
      if (headers.expect === undefined) sent.end(body);
      else sent.flushHeaders();
    });
  return { call, calls, finished: over.promise };
}

describe("a callback at a relay's door", () => {
  it("is answered with what the platform wants, once it was taken in as it came", async () => {
    const { call, calls, finished } = await setup();
    const headers = { "x-forwarded-for": "203.0.113.9", "x-sign": "s", te: "trailers" };
    expect(await call("/hook/a%2Fb?x=%2B", "abc", headers)).toMatchObject({
      status: 200,
      body: "<xml/>",
      headers: { "content-type": "text/xml", "content-length": "6" },
    });
    const [got] = calls;
    expect(got).toMatchObject({
      request: { method: "POST", path: "/a%2Fb", query: "x=%2B", body: Buffer.from("abc") },
      headers: { "x-sign": "s" },
      remote: "203.0.113.9",
    });
    expect(got?.request.headers).toContain("x-sign");
    expect(got?.request.headers).not.toContain("te");
    expect(await finished).toMatchObject({ relay: "wework", status: 200, path: "/hook/a%2Fb", cause: undefined });
  });

  it("whose caller waits for 100 is told to go on", async () => {
    const { call } = await setup();
    expect(await call("/hook", "abc", { expect: "100-continue" })).toMatchObject({ status: 200 });
  });

  it("that is none of the account's is told the reason, and no more", async () => {
    const { call } = await setup(async () => ({ kind: "refused", status: 401, reason: "signature" }));
    const { status, body } = await call("/hook", "abc");
    expect([status, JSON.parse(body)]).toEqual([
      401,
      { code: 401, message: "回调被拒绝", data: { reason: "signature", request_id: expect.any(String) } },
    ]);
  });

  it("that cannot be stored makes the platform come again", async () => {
    const { call, finished } = await setup(() => Promise.reject(new Error("the disk is full")));
    expect(await call("/hook", "abc")).toMatchObject({
      status: 503,
      headers: { "retry-after": "1" },
      body: expect.stringContaining('"not-stored"'),
    });
    expect(await finished).toMatchObject({ cause: "not-stored", detail: "Error: the disk is full" });
  });

  it("over the limit is refused, whether or not it says how long it is", async () => {
    const { call, calls } = await setup();
    expect(await call("/hook", "x".repeat(21))).toMatchObject({ status: 413 });
    expect(await call("/hook", "x".repeat(21), { "transfer-encoding": "chunked" })).toMatchObject({ status: 413 });
    expect(calls).toEqual([]);
  });
});

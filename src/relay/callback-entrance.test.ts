import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { testClock } from "../testing/clock.ts";
import { type EntranceOutcome, takeCallback } from "./callback-entrance.ts";
import type { CallbackCall } from "./durable-relay.ts";

const answer = { status: 200, contentType: "text/plain", body: "ok" };
const head = { rest: "/in%2F?a=%2B", headers: ["X-One", "1"], remote: "192.0.2.1" };

/** A real server whose requests are taken in; the client writes what it likes. */
async function setup(take: (call: CallbackCall) => Promise<unknown> = async () => ({ kind: "answer", answer })) {
  const clock = testClock();
  const calls: CallbackCall[] = [];
  const relay = {
    async take(call: CallbackCall) {
      calls.push(call);
      return (await take(call)) as { kind: "answer"; answer: typeof answer };
    },
  };
  const outcome = Promise.withResolvers<EntranceOutcome>();
  const begun = Promise.withResolvers<IncomingMessage>();
  const server = createServer((request, response) => {
    const taken = takeCallback(relay, request, head, { bytes: 10, idleMs: 1_000 }, clock);
    begun.resolve(request);
    void taken.then((one) => {
      outcome.resolve(one);
      response.end("bye");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const client: Socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  client.on("error", () => {});
  onTestFinished(() => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  });
  const post = (headers: string, body: string) =>
    client.write(`POST /x HTTP/1.1\r\nHost: a\r\n${headers}\r\n\r\n${body}`);
  return { clock, calls, client, post, outcome: outcome.promise, begun: begun.promise };
}

describe("a callback's body", () => {
  it("is taken whole, with path and query as they came and the headers that are passed on", async () => {
    const { calls, post, outcome } = await setup();
    post("Transfer-Encoding: chunked", "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n");
    expect(await outcome).toEqual({ kind: "answer", answer });
    expect(calls).toMatchObject([
      {
        request: {
          method: "POST",
          path: "/in%2F",
          query: "a=%2B",
          headers: ["X-One", "1"],
          body: Buffer.from("abcdefg"),
        },
        headers: { host: "a" },
        remote: "192.0.2.1",
      },
    ]);
  });

  it("over the limit goes no further, also when it did not say so", async () => {
    const { calls, post, outcome } = await setup();
    post("Transfer-Encoding: chunked", "6\r\nabcdef\r\n6\r\nabcdef\r\n0\r\n\r\n");
    expect(await outcome).toEqual({ kind: "body-too-large" });
    expect(calls).toEqual([]);
  });

  it("that stops coming is given up", async () => {
    const { clock, calls, post, outcome, begun } = await setup();
    post("Content-Length: 10", "abc");
    await begun;
    await clock.advance(2_000);
    expect(await outcome).toEqual({ kind: "body-too-slow" });
    expect(calls).toEqual([]);
  });

  it("whose caller leaves is nobody's callback", async () => {
    const { calls, client, post, outcome, begun } = await setup();
    post("Content-Length: 10", "abc");
    await begun;
    client.destroy();
    expect(await outcome).toEqual({ kind: "caller-gone" });
    expect(calls).toEqual([]);
  });
});

describe("a store that cannot take a callback", () => {
  it("is told of as such: the platform has to come again", async () => {
    const error = new Error("the disk is full");
    const { post, outcome } = await setup(() => Promise.reject(error));
    post("Content-Length: 3", "abc");
    expect(await outcome).toEqual({ kind: "unavailable", error });
  });
});

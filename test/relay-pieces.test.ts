import { setImmediate as turn } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RawClient } from "./relay/raw-client.ts";
import { RawTarget, type TargetConnection } from "./relay/raw-target.ts";
import { RelayProcess } from "./relay/relay-process.ts";
import { chunked, get, message, ok, post } from "./relay/row.ts";

let target: RawTarget;
let relay: RelayProcess;

beforeAll(async () => {
  target = await RawTarget.listen();
  relay = await RelayProcess.start({ target: target.url });
});

afterAll(async () => {
  await relay?.[Symbol.asyncDispose]();
  await target?.[Symbol.asyncDispose]();
});

/** Pieces go onto the wire one by one: the socket does not wait for more, and each gets a turn of its own. */
async function writePieces(to: Pick<TargetConnection, "write">, pieces: Iterable<string>): Promise<void> {
  for (const piece of pieces) {
    to.write(piece);
    await turn();
  }
}

/** What the client gets when the target's answer comes in these pieces. */
async function answered(pieces: Iterable<string>) {
  target.expect([{ at: "end", act: (connection) => void writePieces(connection, pieces) }]);
  using client = await RawClient.connect(relay.url);
  client.write(get("/wework-callback/a"));
  for (;;) {
    const { line, body } = await client.answer();
    if (!line.startsWith("HTTP/1.1 1")) return [line, body];
  }
}

const answers: readonly (readonly [string, string, string])[] = [
  ["with its length", ok("the body", "X-A: 1"), "the body"],
  ["without a body", ok(""), ""],
  [
    "in chunks",
    message(["HTTP/1.1 200 OK", "Transfer-Encoding: chunked"], chunked("one,", "two,", "x".repeat(20))),
    `one,two,${"x".repeat(20)}`,
  ],
  [
    "in chunks with extensions and trailers",
    message(
      ["HTTP/1.1 200 OK", "Transfer-Encoding: chunked"],
      "3;a=b\r\nabc\r\n1;c\r\nd\r\n0;e\r\nX-A: 1\r\nX-B: 2\r\n\r\n",
    ),
    "abcd",
  ],
  ["behind an interim one", message(["HTTP/1.1 103 Early Hints", "Link: </a>"]) + ok("later"), "later"],
];

describe("an answer", () => {
  it.each(answers)("%s is the same byte by byte", async (_how, bytes, body) => {
    expect(await answered(bytes)).toEqual(["HTTP/1.1 200 OK", body]);
  });

  it.each(answers)("%s is the same in two pieces, wherever it is cut", async (_how, bytes, body) => {
    for (let at = 1; at < bytes.length; at++) {
      expect(await answered([bytes.slice(0, at), bytes.slice(at)])).toEqual(["HTTP/1.1 200 OK", body]);
    }
  });
});

describe("an answer whose head comes by itself", () => {
  it("has the same bytes in its fields", async () => {
    const head = message(["HTTP/1.1 200 \xe9\xa9\xbf", "X-Name: \xe9\xa9\xbf", "Content-Length: 2"]);
    target.expect([{ at: "end", act: (connection) => connection.write(head) }]);
    using client = await RawClient.connect(relay.url);
    client.write(get("/wework-callback/a"));
    await client.received("\r\n\r\n");
    for (const connection of target.connections) if (!connection.hasEnded) connection.write("ok");
    const { line, fields, body } = await client.answer();
    expect([line, fields[0], body]).toEqual(["HTTP/1.1 200 \xe9\xa9\xbf", "X-Name: \xe9\xa9\xbf", "ok"]);
  });
});

const requests: readonly (readonly [string, string, string])[] = [
  ["with its length", post("/wework-callback/a", "the body"), "the body"],
  [
    "in chunks",
    message(["POST /wework-callback/a HTTP/1.1", "Host: a", "Transfer-Encoding: chunked"], chunked("one,", "two")),
    "one,two",
  ],
];

describe("a request", () => {
  it.each(requests)("%s is the same in two pieces, wherever it is cut", async (_how, bytes, body) => {
    target.expect([]);
    for (let at = 1; at < bytes.length; at++) {
      using client = await RawClient.connect(relay.url);
      await writePieces(client, [bytes.slice(0, at), bytes.slice(at)]);
      expect((await client.answer()).body).toBe("ok");
    }
    const seen = await target.has(bytes.length - 1);
    expect(new Set(seen.map((request) => request.body))).toEqual(new Set([body]));
  });
});

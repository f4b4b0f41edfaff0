import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { RelayProcess } from "./relay/relay-process.ts";
import { until } from "./until.ts";

const MB = 1024 * 1024;
const SIZE = 100 * MB;
const EXTRA_MEMORY = 64 * MB;

const block = randomBytes(MB);

/** A hundred different megabytes, and their hash. */
function bigBody() {
  const hash = createHash("sha256");
  function* blocks() {
    for (let number = 0; number < SIZE / MB; number++) {
      const bytes = Buffer.from(block);
      bytes.writeUInt32BE(number);
      hash.update(bytes);
      yield bytes;
    }
  }
  return { body: Readable.from(blocks()), hash: () => hash.digest("hex") };
}

async function hashOf(body: Readable): Promise<{ hash: string; bytes: number }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of body) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { hash: hash.digest("hex"), bytes };
}

/** A relay in front of a target in this process, warm, and how much memory it has taken since. */
async function world(handle: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>) {
  let isWarm = false;
  const server = createServer((incoming, response) => {
    if (isWarm) void handle(incoming, response);
    else incoming.resume().once("end", () => response.end(block));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const relay = await RelayProcess.start({ target: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  onTestFinished(() => relay[Symbol.asyncDispose]());
  const url = `${relay.url}/wework-callback/big`;
  for (let count = 0; count < 20; count++) await (await fetch(url, { method: "POST", body: block })).bytes();
  isWarm = true;
  const before = relay.memory().now;
  return { url, extraMemory: () => relay.memory().peak - before };
}

/** Sends a body, with its length or in chunks, and resolves with the head of the answer. */
function send(url: string, body: Readable, headers: Record<string, string | number>) {
  const outgoing = request(url, { method: "POST", headers, agent: false });
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once("response", resolve).once("error", reject);
  });
  return { outgoing, answer, sent: pipeline(body, outgoing) };
}

/** Resolves with how many bytes have left, once no more do: looked at until thirty looks in a row are alike. */
async function stalled(socket: () => Socket | null | undefined): Promise<number> {
  let last = -1;
  let alike = 0;
  await until(
    () => {
      const { bytesWritten = 0, writableLength = 0 } = socket() ?? {};
      const left = bytesWritten - writableLength;
      alike = left === last && left > 0 ? alike + 1 : 0;
      last = left;
      return alike >= 30;
    },
    { what: "the sender having to wait" },
  );
  return last;
}

describe("a request's body of 100 MB", { timeout: 60_000 }, () => {
  it.each([
    ["with its length", { "content-length": SIZE }],
    ["in chunks", { "transfer-encoding": "chunked" }],
  ])("%s arrives as it is, and is never held whole", async (_how, headers) => {
    const { url, extraMemory } = await world(async (incoming, response) => {
      response.end(JSON.stringify(await hashOf(incoming)));
    });
    const { body, hash } = bigBody();
    const { answer, sent } = send(url, body, headers);
    await sent;
    const [text] = await (await answer).setEncoding("utf8").toArray();
    expect(JSON.parse(text)).toEqual({ hash: hash(), bytes: SIZE });
    expect(extraMemory()).toBeLessThan(EXTRA_MEMORY);
  });

  it("waits at the client's while the target does not read", async () => {
    const reading = Promise.withResolvers<void>();
    const { url, extraMemory } = await world(async (incoming, response) => {
      await reading.promise;
      response.end(JSON.stringify(await hashOf(incoming)));
    });
    const { body, hash } = bigBody();
    const { outgoing, answer, sent } = send(url, body, { "content-length": SIZE });
    // What the system and the relay hold between the two; all of it would be there if nobody pushed back.
    expect(await stalled(() => outgoing.socket)).toBeLessThan(SIZE / 2);
    reading.resolve();
    await sent;
    const [text] = await (await answer).setEncoding("utf8").toArray();
    expect(JSON.parse(text)).toEqual({ hash: hash(), bytes: SIZE });
    expect(extraMemory()).toBeLessThan(EXTRA_MEMORY);
  });
});

describe("an answer's body of 100 MB", { timeout: 60_000 }, () => {
  it.each([
    ["with its length", { "content-length": SIZE }],
    ["in chunks", {}],
  ])("%s arrives as it is, and is never held whole", async (_how, headers) => {
    const { body, hash } = bigBody();
    const { url, extraMemory } = await world((_incoming, response) => {
      response.writeHead(200, headers);
      void pipeline(body, response);
    });
    const { answer } = send(url, Readable.from([]), { "content-length": 0 });
    expect(await hashOf(await answer)).toEqual({ hash: hash(), bytes: SIZE });
    expect(extraMemory()).toBeLessThan(EXTRA_MEMORY);
  });

  it("waits at the target while the client does not read", async () => {
    const { body, hash } = bigBody();
    let answering: ServerResponse | undefined;
    const { url, extraMemory } = await world((_incoming, response) => {
      answering = response;
      void pipeline(body, response);
    });
    const { answer } = send(url, Readable.from([]), { "content-length": 0 });
    const incoming = await answer;
    incoming.pause();
    expect(await stalled(() => answering?.socket)).toBeLessThan(SIZE / 2);
    const received = await hashOf(incoming);
    expect(received).toEqual({ hash: hash(), bytes: SIZE });
    expect(extraMemory()).toBeLessThan(EXTRA_MEMORY);
  });
});

import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { FrameWriter } from "./frame-writer.ts";
import { frameType, initialWindow, longestData } from "./frames.ts";
import { ask, RawAgent, tunnelWorld, until } from "./tunnel-world-for-tests.ts";

/** A hub with an honest agent that answers everything, and a hostile one that was opened a stream. */
async function withHostile(method = "GET") {
  const { authority, target: tunnel, agents } = await tunnelWorld();
  const hostile = await RawAgent.connect(authority);
  const { sink } = ask(tunnel, { method });
  await until(() => hostile.opened.length === 1, "a request");
  const honest = await RawAgent.connect(authority);
  honest.answerAll();
  await until(() => agents().length === 2, "the honest agent");
  return { hostile, stream: hostile.opened[0] ?? 0, honest, sink, tunnel, agents };
}

const plain = { status: 200, statusText: "", headers: [] };
const large = Buffer.alloc(longestData);

describe("an agent that breaks the rules", () => {
  const offences: readonly [what: string, write: (writer: FrameWriter, stream: number) => void][] = [
    [
      "a second HEAD",
      (writer, stream) => {
        writer.head(stream, plain, { isLast: false });
        writer.head(stream, plain, { isLast: true });
      },
    ],
    ["DATA before a HEAD", (writer, stream) => writer.data(stream, Buffer.from("x"), true)],
    [
      "an INTERIM after a HEAD",
      (writer, stream) => {
        writer.head(stream, plain, { isLast: false });
        writer.interim(stream, 103, []);
      },
    ],
    [
      "more than the credit",
      (writer, stream) => {
        writer.head(stream, plain, { isLast: false });
        for (let index = 0; index <= initialWindow / 1_000; index++)
          writer.data(stream, large.subarray(0, 1_000), false);
      },
    ],
    [
      "more than its Content-Length",
      (writer, stream) => {
        writer.head(stream, { ...plain, headers: ["content-length", "3"] }, { isLast: false });
        writer.data(stream, Buffer.from("four"), true);
      },
    ],
    [
      "two Content-Lengths",
      (writer, stream) => {
        writer.head(stream, { ...plain, headers: ["Content-Length", "0", "content-length", "0"] }, { isLast: true });
      },
    ],
    [
      "a Content-Length that is none",
      (writer, stream) => {
        writer.head(stream, { ...plain, headers: ["Content-Length", "+1"] }, { isLast: true });
      },
    ],
    [
      "a body with 204",
      (writer, stream) => {
        writer.head(stream, { ...plain, status: 204 }, { body: Buffer.from("x"), isLast: true });
      },
    ],
    [
      "an interim status as its last",
      (writer, stream) => {
        writer.head(stream, { ...plain, status: 101 }, { isLast: true });
      },
    ],
    [
      "an OPEN of its own",
      (writer, stream) => {
        const limits = { answerMs: 1, idleMs: 1 };
        writer.open(stream, { method: "GET", path: "/", headers: [] }, limits, { isLast: true });
      },
    ],
  ];

  it.each(offences)("by %s loses its connection, and nobody else notices", async (_what, write) => {
    const { hostile, stream, sink, tunnel, agents } = await withHostile();
    // A reader who stands still, so that credit is not given at once.
    sink.wantsMore = false;
    hostile.write((writer) => write(writer, stream));
    await until(() => hostile.closed, "its end");
    expect(hostile.closed).toEqual([1002, expect.stringMatching(/^found /)]);
    await sink.answer.catch((failure: unknown) => expect(failure).toMatchObject({ failure: "target-closed" }));
    await until(() => agents().length === 1, "the hub's knowledge of it");
    for (let index = 0; index < 5; index++) expect((await ask(tunnel).sink.answer).status).toBe(200);
  });

  it("by endless credit for a body loses its connection", async () => {
    const { authority, target: tunnel } = await tunnelWorld();
    const hostile = await RawAgent.connect(authority);
    const { sink } = ask(tunnel, { method: "POST", body: Buffer.alloc(200_000) });
    await until(() => hostile.opened.length === 1, "a request");
    hostile.write((writer) => writer.window(hostile.opened[0] ?? 0, 2 ** 32 - 1));
    await expect(sink.answer).rejects.toMatchObject({ failure: "target-closed" });
    await until(() => hostile.closed?.[0] === 1002, "its end");
  });

  it("by bytes without sense loses its connection, and nobody else notices", async () => {
    const { hostile, tunnel, agents, honest } = await withHostile("POST");
    hostile.socket.send(Buffer.from([255, 255, 255, ...randomBytes(50)]));
    await until(() => hostile.closed, "its end");
    await until(() => agents().length === 1, "the hub's knowledge of it");
    expect((await ask(tunnel).sink.answer).status).toBe(200);
    expect(honest.closed).toBeUndefined();
  });

  it("by a message of text, or one that is too long, loses its connection", async () => {
    const { authority } = await tunnelWorld();
    const [talker, shouter] = [await RawAgent.connect(authority), await RawAgent.connect(authority)];
    talker.socket.send("hello");
    shouter.socket.send(Buffer.alloc(300 * 1024));
    await until(() => talker.closed && shouter.closed, "their ends");
    expect(talker.closed?.[0]).toBe(1003);
    expect(shouter.closed?.[0]).toBe(1009);
  });

  it("by a head that cannot be read loses that stream", async () => {
    const { hostile, stream, sink } = await withHostile();
    hostile.write((writer) =>
      writer.head(stream, { ...plain, headers: ["A", "b\r\nSet-Cookie: x"] }, { isLast: true }),
    );
    await expect(sink.answer).rejects.toMatchObject({ failure: "target-answer-invalid" });
    await until(() => hostile.frames.some(({ type }) => type === frameType.reset), "the end of the stream");
    expect(hostile.closed).toBeUndefined();
  });

  it("by less than its Content-Length has that answer broken off", async () => {
    const { hostile, stream, sink } = await withHostile();
    const headers = ["Content-Length", "5"];
    hostile.write((writer) => writer.head(stream, { ...plain, headers }, { body: Buffer.from("four"), isLast: true }));
    await expect(sink.answer).rejects.toMatchObject({ failure: "target-closed" });
    expect(hostile.closed).toBeUndefined();
  });

  it("may say what it likes about streams that are closed", async () => {
    const { hostile, stream, sink, tunnel } = await withHostile();
    hostile.answer(stream);
    await sink.answer;
    hostile.write((writer) => {
      for (const old of [stream, 4_000_000]) {
        writer.data(old, large, true);
        writer.window(old, 5);
        writer.reset(old, 1, false, "late");
        writer.head(old, plain, { isLast: true });
      }
    });
    const pending = [ask(tunnel), ask(tunnel)];
    await until(() => hostile.opened.length === 2, "a new request");
    hostile.answer(hostile.opened[1] ?? 0);
    await Promise.all(pending.map(({ sink: other }) => other.answer));
    expect(hostile.closed).toBeUndefined();
  });

  it("by asking again and again, and never reading, loses its connection before much is kept for it", async () => {
    const { authority, agents } = await tunnelWorld();
    const hostile = await RawAgent.connect(authority);
    await until(() => agents().length === 1, "the agent");
    hostile.socket.pause();
    const pings: Buffer[] = [];
    const writer = new FrameWriter((bytes) => pings.push(Buffer.from(bytes)));
    for (let index = 0; index < 7_000; index++) writer.ping();
    writer.flush();
    const before = process.memoryUsage().rss;
    const flood = () => {
      for (let index = 0; index < 20 && hostile.socket.bufferedAmount < 4_000_000; index++) {
        hostile.socket.send(pings[0] as Buffer);
      }
      return agents().length === 0;
    };
    await until(flood, "the end of its connection");
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
  });
});

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { PassThrough } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import { RelayFailure } from "./failure.ts";
import { OriginTarget, type OriginTargetOptions } from "./origin-target.ts";
import { KeptAnswer, RawOrigin } from "./raw-origin-for-tests.ts";
import type { OutgoingRequest, SendLimits } from "./target.ts";

const limits: SendLimits = { answerMs: 10_000, idleMs: 10_000 };
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

function request(fields: Partial<OutgoingRequest> = {}): OutgoingRequest {
  return { method: "GET", path: "/a", headers: [], body: undefined, ...fields };
}

function targetOf(base: string, options: Partial<OriginTargetOptions> = {}): OriginTarget {
  const target = new OriginTarget(base, { connectMs: 5_000, ...options });
  onTestFinished(() => target.close());
  return target;
}

/** A server that the test speaks for, and a target there. */
async function world(options: Partial<OriginTargetOptions> = {}, base = "") {
  const origin = await RawOrigin.listen();
  const target = targetOf(origin.url + base, options);
  const send = (fields: Partial<OutgoingRequest> = {}, wanted = limits) => {
    const answer = new KeptAnswer();
    return { answer, sending: target.send(request(fields), answer, wanted) };
  };
  return { origin, target, send };
}

describe("a request to an origin", () => {
  it("goes out with the origin's own Host, its fields in order, and nothing else", async () => {
    const { origin, send } = await world();
    send({ headers: ["X-B", "1", "x-a", "2", "X-B", "3"] });
    const connection = await origin.connection(0);
    expect(await connection.has("\r\n\r\n")).toBe(
      `GET /a HTTP/1.1\r\nHost: 127.0.0.1:${origin.port}\r\nConnection: keep-alive\r\nX-B: 1\r\nx-a: 2\r\nX-B: 3\r\n\r\n`,
    );
  });

  it("keeps a Host that it was given", async () => {
    const { origin, send } = await world();
    send({ headers: ["host", "public.example"] });
    expect(await (await origin.connection(0)).has("\r\n\r\n")).toBe(
      "GET /a HTTP/1.1\r\nConnection: keep-alive\r\nhost: public.example\r\n\r\n",
    );
  });

  it.each([
    ["", "", "/"],
    ["", "?x=1", "/?x=1"],
    ["", "//other/x", "//other/x"],
    ["/app", "", "/app"],
    ["/app", "?x", "/app?x"],
    ["/app/", "/", "/app/"],
    ["/app", "/b%2Fc?d=%20", "/app/b%2Fc?d=%20"],
  ])("at %j for %j asks for %j", async (base, path, asked) => {
    const { origin, send } = await world({}, base);
    send({ path });
    expect(await (await origin.connection(0)).has("\r\n")).toMatch(`GET ${asked} HTTP/1.1\r\n`);
  });

  it("carries bytes behind their length, whatever length was said", async () => {
    const { origin, send } = await world();
    send({ method: "POST", headers: ["Content-Length", "99", "A", "b"], body: Buffer.from("h\xff", "latin1") });
    expect(await (await origin.connection(0)).has("h\xff")).toMatch(/A: b\r\nContent-Length: 2\r\n\r\nh\xff$/);
  });

  it("carries long bytes too", async () => {
    const { origin, send } = await world();
    const body = `${"x".repeat(300_000)}the end`;
    send({ method: "POST", body: Buffer.from(body) });
    const received = await (await origin.connection(0)).has("the end");
    expect(received.endsWith(`Content-Length: 300007\r\n\r\n${body}`)).toBe(true);
  });

  it("streams a body in chunks when its length is not known", async () => {
    const { origin, send } = await world();
    const body = new PassThrough();
    const { answer } = send({ method: "POST", body });
    const connection = await origin.connection(0);
    body.write("one,");
    await connection.has(/Transfer-Encoding: chunked\r\n\r\n4\r\none,\r\n$/);
    body.end("two");
    await connection.has(/\r\n\r\n4\r\none,\r\n3\r\ntwo\r\n0\r\n\r\n$/);
    connection.write(ok);
    expect((await answer.ended).body).toBe("ok");
  });

  it("streams a body as it is when its length is known", async () => {
    const { origin, send } = await world();
    const body = new PassThrough();
    send({ method: "PUT", headers: ["Content-Length", "6"], body });
    const connection = await origin.connection(0);
    body.write("one");
    await connection.has(/\r\n\r\none$/);
    body.end("two");
    expect(await connection.has(/\r\n\r\nonetwo$/)).not.toContain("chunked");
  });

  it.each([
    ["shorter", "12", "one"],
    ["longer", "2", "one"],
  ])("fails when a streamed body is %s than it was said to be", async (_, length, text) => {
    const { origin, send } = await world();
    const body = new PassThrough();
    const { answer } = send({ method: "PUT", headers: ["Content-Length", length], body });
    body.end(text);
    await (await origin.connection(0)).closed;
    expect((await answer.ended).failure?.failure).toBe("caller-gone");
  });

  it("fails as its streamed body does", async () => {
    const { origin, send } = await world();
    const body = new PassThrough();
    const { answer } = send({ method: "PUT", body });
    const connection = await origin.connection(0);
    body.write("one");
    await connection.has("one");
    const failure = new RelayFailure("caller-gone", "gone", { sent: true });
    body.destroy(failure);
    expect((await answer.ended).failure).toBe(failure);
    await connection.closed;
  });

  it("is not sent with a line break in a field", async () => {
    const { send } = await world();
    const { answer } = send({ headers: ["X", "a\r\nY: b"] });
    expect((await answer.ended).failure).toMatchObject({ failure: "unexpected", sent: false });
  });
});

describe("an answer", () => {
  it("comes as the origin said it", async () => {
    const { origin, send } = await world();
    const { answer } = send();
    const connection = await origin.connection(0);
    await connection.has("\r\n\r\n");
    connection.write(
      "HTTP/1.1 299 Own Words\r\nSet-Cookie: a\r\nset-cookie: b\r\nX:  c \xe9 \t\r\nContent-Length: 3\r\n\r\n\0\xff!",
    );
    await answer.ended;
    expect([answer.status, answer.statusText, answer.body]).toEqual([299, "Own Words", "\0\xff!"]);
    expect(answer.headers).toEqual(["Set-Cookie", "a", "set-cookie", "b", "X", "c \xe9", "Content-Length", "3"]);
  });

  it("may come byte by byte, with interim answers before it", async () => {
    const { origin, send } = await world();
    const { answer } = send();
    const connection = await origin.connection(0);
    await connection.has("\r\n\r\n");
    const bytes =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\none\r\n3\r\ntwo\r\n0\r\nX: y\r\n\r\n";
    for (const byte of bytes) connection.write(byte);
    await answer.ended;
    expect(answer.interim).toEqual([[103, ["Link", "<a>"]]]);
    expect([answer.status, answer.body, answer.ends]).toEqual([200, "onetwo", 1]);
  });

  it("without a length ends with the connection", async () => {
    const { origin, send } = await world();
    const { answer } = send();
    const connection = await origin.connection(0);
    await connection.has("\r\n\r\n");
    connection.write("HTTP/1.1 200 OK\r\n\r\nuntil ");
    connection.socket.end("the end");
    expect((await answer.ended).body).toBe("until the end");
    expect(answer.failure).toBeUndefined();
  });

  it("is paused where nobody takes it, and goes on", async () => {
    const { origin, send } = await world();
    const { answer, sending } = send();
    answer.wantsMore = false;
    const connection = await origin.connection(0);
    await connection.has("\r\n\r\n");
    const length = 16 * 1_048_576;
    connection.write(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`);
    const isTaken = connection.socket.write(Buffer.alloc(length, "x"));
    expect(isTaken).toBe(false);
    await answer.bytes(1);
    // A turn or two: what was read already comes, then nothing more.
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    const got = answer.body.length;
    expect(got).toBeLessThan(1_048_576);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(answer.body.length).toBe(got);
    answer.wantsMore = true;
    sending.resume();
    expect((await answer.ended).body.length).toBe(length);
  });

  it("that comes before the body ended is an answer; the rest of the body is left alone", async () => {
    const { origin, target, send } = await world();
    const body = new PassThrough();
    const { answer } = send({ method: "POST", body });
    const connection = await origin.connection(0);
    body.write("begin");
    await connection.has("begin");
    connection.write("HTTP/1.1 413 Too Much\r\nContent-Length: 2\r\n\r\nno");
    expect((await answer.ended).body).toBe("no");
    await connection.closed;
    expect(body.destroyed).toBe(false);
    expect(target.pending).toBe(0);
    body.end("end");
    expect(connection.received).not.toContain("end");
  });

  const invalid = [
    "no HTTP at all\r\n\r\n",
    "HTTP/2 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\nContent-Length: 0\n\n\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
    "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\nx",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX: a\r\n folded\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX : a\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX: a\0\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    `HTTP/1.1 200 OK\r\nX: ${"y".repeat(70_000)}\r\n\r\n`,
    "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(70),
  ];
  it.each(invalid.map((bytes) => [JSON.stringify(bytes).slice(0, 80), bytes]))("is none: %s", async (_, bytes) => {
    const { origin, send } = await world();
    const { answer } = send();
    const connection = await origin.connection(0);
    await connection.has("\r\n\r\n");
    connection.write(bytes);
    expect((await answer.ended).failure).toMatchObject({ failure: "target-answer-invalid", sent: true });
    await connection.closed;
  });

  it.each([
    ["3\r\nabcd\r\n0\r\n\r\n"],
    ["x\r\n"],
    ["\r\n"],
    ["-1\r\n"],
    ["3\nabc"],
    ["ffffffffffffff\r\n"],
    ["3\r\nabc\n0\r\n\r\n"],
    ["0\r\nX: y\n\r\n"],
    [`3;${"e".repeat(20_000)}\r\nabc\r\n`],
  ])("with chunks that are none breaks off: %#", async (chunks) => {
    const { origin, send } = await world();
    const { answer } = send();
    const connection = await origin.connection(0);
    await connection.has("\r\n\r\n");
    connection.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`);
    expect((await answer.ended).failure?.failure).toBe("target-answer-invalid");
  });
});

describe("a connection", () => {
  it("is used again after an answer, whatever it was", async () => {
    const { origin, send } = await world();
    const answers = [
      ["GET", ok],
      ["HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"],
      ["GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 1234\r\n\r\n"],
      ["GET", "HTTP/1.1 204 No Content\r\n\r\n"],
      ["GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"],
      ["POST", ok],
    ] as const;
    for (const [method, bytes] of answers) {
      const { answer } = send({ method });
      const connection = await origin.connection(0);
      await connection.has(/\r\n\r\n$/);
      connection.received = "";
      connection.write(bytes);
      await answer.ended;
      expect(answer.failure).toBeUndefined();
    }
    expect(origin.connections.length).toBe(1);
  });

  it.each([
    ["says that it closes", "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 0\r\n\r\n"],
    ["speaks HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"],
    ["says more than it was asked", `${ok}HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`],
    ["sends a length with 204", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"],
    ["keeps none for long", "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 0\r\n\r\n"],
  ])("is not used again when the origin %s", async (_, bytes) => {
    const { origin, send } = await world();
    const { answer } = send();
    const connection = await origin.connection(0);
    await connection.has("\r\n\r\n");
    connection.write(bytes);
    expect((await answer.ended).failure).toBeUndefined();
    await connection.closed;
  });

  it("that the origin closed meanwhile is not used", async () => {
    const { origin, send } = await world();
    const first = send();
    const connection = await origin.connection(0);
    await connection.has("\r\n\r\n");
    connection.write(ok);
    await first.answer.ended;
    connection.socket.end();
    await connection.closed;
    const second = send({ method: "POST", body: Buffer.from("x") });
    const fresh = await origin.connection(1);
    await fresh.has("x");
    fresh.write(ok);
    expect((await second.answer.ended).failure).toBeUndefined();
  });

  it("that the origin closes on the next request is replaced, where the method may be repeated", async () => {
    const { origin, send } = await world();
    for (const [method, isRepeated] of [
      ["GET", true],
      ["POST", false],
    ] as const) {
      const at = origin.connections.length;
      const first = send();
      const connection = await origin.connection(at);
      await connection.has("\r\n\r\n");
      connection.write(ok);
      await first.answer.ended;
      connection.received = "";
      const second = send({ method, body: Buffer.from("again") });
      await connection.has("again");
      connection.socket.destroy();
      if (isRepeated) {
        const fresh = await origin.connection(at + 1);
        await fresh.has("again");
        fresh.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        expect((await second.answer.ended).failure).toBeUndefined();
      } else expect((await second.answer.ended).failure).toMatchObject({ failure: "target-closed", sent: true });
    }
  });

  it("is one for each request under way", async () => {
    const { origin, target, send } = await world();
    const sent = Array.from({ length: 3 }, () => send());
    expect(target.pending).toBe(3);
    for (const [number] of sent.entries()) {
      const connection = await origin.connection(number);
      await connection.has("\r\n\r\n");
      connection.write(ok);
    }
    for (const { answer } of sent) await answer.ended;
    expect(target.pending).toBe(0);
  });
});

describe("a request that is given up", () => {
  it.each(["before it is sent", "before an answer", "within an answer"])(
    "%s frees its connection, and is told nothing",
    async (when) => {
      const { origin, target, send } = await world();
      const { answer, sending } = send();
      const reason = new RelayFailure("caller-gone", "gone", { sent: true });
      if (when === "before it is sent") sending.abort(reason);
      else {
        const connection = await origin.connection(0);
        await connection.has("\r\n\r\n");
        if (when === "within an answer") {
          connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
          await answer.bytes(4);
        }
        sending.abort(reason);
        await connection.closed;
      }
      sending.abort(reason);
      sending.resume();
      expect([answer.ends, target.pending]).toEqual([0, 0]);
    },
  );
});

describe("an origin", () => {
  it("that refuses connections", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const answer = new KeptAnswer();
    targetOf(`http://127.0.0.1:${port}`).send(request(), answer, limits);
    expect((await answer.ended).failure).toMatchObject({ failure: "target-refused", sent: false });
  });

  it("whose name does not resolve", async () => {
    const answer = new KeptAnswer();
    targetOf("http://nobody.invalid").send(request(), answer, limits);
    expect((await answer.ended).failure).toMatchObject({ failure: "target-unresolvable", sent: false });
  });

  it("that closes before an answer, or within one", async () => {
    const { origin, send } = await world();
    const before = send();
    (await origin.connection(0)).socket.end();
    expect((await before.answer.ended).failure).toMatchObject({ failure: "target-closed", sent: true });
    const within = send();
    const connection = await origin.connection(1);
    await connection.has("\r\n\r\n");
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    await within.answer.bytes(4);
    connection.socket.resetAndDestroy();
    expect((await within.answer.ended).failure).toMatchObject({ failure: "target-closed", sent: true });
    expect(within.answer.status).toBe(200);
  });

  it("that says nothing, or nothing more", async () => {
    const { origin, send } = await world();
    const silent = send({}, { answerMs: 30, idleMs: 10_000 });
    expect((await silent.answer.ended).failure).toMatchObject({ failure: "target-answer-timeout", sent: true });
    const stuck = send({}, { answerMs: 10_000, idleMs: 30 });
    const connection = await origin.connection(1);
    await connection.has("\r\n\r\n");
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    expect((await stuck.answer.ended).failure).toMatchObject({ failure: "target-idle-timeout", sent: true });
    await connection.closed;
  });

  it("that is not asked any more fails what is under way", async () => {
    const { origin, target, send } = await world();
    const { answer } = send();
    const connection = await origin.connection(0);
    await connection.has("\r\n\r\n");
    await target.close();
    await target.close();
    expect((await answer.ended).failure?.failure).toBe("target-closed");
    await connection.closed;
  });
});

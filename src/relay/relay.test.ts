import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { RawConnection } from "./raw-origin-for-tests.ts";
import { Relay } from "./relay.ts";
import type { FinishedRequest } from "./relay-observer.ts";
import { RequestIds } from "./request-ids.ts";
import { type ScriptedRequest, ScriptedTarget } from "./scripted-target-for-tests.ts";
import type { RelayLimits, RelaySettings } from "./settings.ts";
import type { OutgoingRequest } from "./target.ts";
import { Transparent } from "./transparent.ts";
import { trustNobody } from "./trust.ts";
import { TurnEnd } from "./turn-end.ts";

const usual: RelayLimits = { connectMs: 1_000, answerMs: 5_000, idleMs: 5_000, headerLines: 100, bodyBytes: undefined };

/** A relay whose target the test speaks for, and a way to its door. */
async function world(limits: Partial<RelayLimits> = {}) {
  const settings: RelaySettings = {
    name: "r",
    prefix: "/p",
    methods: ["GET", "POST", "OPTIONS", "HEAD"],
    allowedPaths: [],
    delivery: {
      mode: "transparent",
      pool: {
        targets: [],
        balance: { by: "round-robin" },
        idempotent: false,
        passiveHealth: { failures: 1, windowMs: 1, ejectMs: 1, maxEjectMs: 1 },
        activeHealth: undefined,
        pendingPerTarget: 1,
      },
    },
    keepHost: false,
    limits: { ...usual, ...limits },
  };
  const target = new ScriptedTarget("target");
  const finished: FinishedRequest[] = [];
  const waiting = new Set<() => void>();
  const look = () => {
    for (const each of waiting) each();
  };
  const send = target.send.bind(target);
  target.send = (...sent) => {
    setImmediate(look);
    return send(...sent);
  };
  const observer = {
    finished(request: FinishedRequest) {
      finished.push(request);
      look();
    },
  };
  const passOn = new Transparent(settings, target, new TurnEnd());
  const relay = new Relay({ settings, trust: trustNobody, ids: new RequestIds(), observer, passOn });
  const server = createServer((request, response) => relay.handle(request, response, false));
  server.on("checkContinue", (request, response) => relay.handle(request, response, true));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const until = <T>(get: () => T | undefined) =>
    new Promise<T>((resolve) => {
      const each = () => {
        const got = get();
        if (got === undefined) return;
        waiting.delete(each);
        resolve(got);
      };
      waiting.add(each);
      each();
    });
  return {
    relay,
    target,
    /** The request of this number, from 0, as the target got it. */
    sent: (number: number): Promise<ScriptedRequest> => until(() => target.requests[number]),
    /** What the observer heard of the request that ended as this number, from 0. */
    over: (number: number): Promise<FinishedRequest> => until(() => finished[number]),
    dial() {
      const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
      onTestFinished(() => void socket.destroy());
      return new RawConnection(socket);
    },
  };
}

function head(method: string, path: string, ...lines: readonly string[]): string {
  return `${[`${method} ${path} HTTP/1.1`, "Host: public", ...lines].join("\r\n")}\r\n\r\n`;
}

async function textOf(body: OutgoingRequest["body"]): Promise<string> {
  if (body === undefined || body instanceof Uint8Array) return Buffer.from(body ?? "").toString("latin1");
  let text = "";
  for await (const chunk of body) text += Buffer.from(chunk).toString("latin1");
  return text;
}

describe("the body of a request", () => {
  it("is bytes when it came with the head", async () => {
    const { dial, sent } = await world();
    dial().write(`${head("POST", "/p/a?b", "Content-Length: 5")}hello`);
    const { request } = await sent(0);
    expect([request.method, request.path]).toEqual(["POST", "/a?b"]);
    expect(request.body).toEqual(Buffer.from("hello"));
  });

  it("is bytes when it came in chunks with the head, or soon after it", async () => {
    const { dial, sent } = await world();
    dial().write(`${head("POST", "/p", "Transfer-Encoding: chunked")}2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n`);
    expect((await sent(0)).request.body).toEqual(Buffer.from("hello"));
    const late = dial();
    late.write(head("POST", "/p", "Content-Length: 5"));
    await new Promise((resolve) => setImmediate(resolve));
    late.write("hello");
    const { body } = (await sent(1)).request;
    expect(await textOf(body)).toBe("hello");
  });

  it("is none where there is none", async () => {
    const { dial, sent } = await world();
    dial().write(head("GET", "/p/a") + head("GET", "/p/b", "Content-Length: 0"));
    const first = await sent(0);
    expect([first.request.body, first.request.path]).toEqual([undefined, "/a"]);
  });

  it("is a stream when it is long, or does not come", async () => {
    const { dial, sent } = await world();
    const long = dial();
    long.write(`${head("POST", "/p", "Content-Length: 200000")}${"x".repeat(100_000)}`);
    const { body } = (await sent(0)).request;
    expect(body).not.toBeInstanceOf(Uint8Array);
    long.write("x".repeat(100_000));
    expect((await textOf(body)).length).toBe(200_000);
    dial().write(`${head("POST", "/p", "Content-Length: 10")}begin`);
    expect((await sent(1)).request.body).toHaveProperty("readable", true);
  });

  it("is asked for by 100 only once the head may pass", async () => {
    const { dial, sent } = await world({ bodyBytes: 10 });
    const good = dial();
    good.write(head("POST", "/p", "Content-Length: 5", "Expect: 100-continue"));
    await good.has("HTTP/1.1 100 Continue\r\n\r\n");
    good.write("hello");
    expect(await textOf((await sent(0)).request.body)).toBe("hello");
    const bad = dial();
    bad.write(head("POST", "/p", "Content-Length: 11", "Expect: 100-continue"));
    expect(await bad.has("body-too-large")).toMatch(/^HTTP\/1\.1 413 /);
  });

  it("that is too long is refused as it comes, and the target left", async () => {
    const { dial, sent, over } = await world({ bodyBytes: 100_000 });
    const client = dial();
    client.write(head("POST", "/p", "Transfer-Encoding: chunked"));
    const request = await sent(0);
    const taken = textOf(request.request.body).catch(() => "broken off");
    client.write(`30d40\r\n${"x".repeat(200_000)}\r\n`);
    expect(await client.has("body-too-large")).toMatch(/^HTTP\/1\.1 413 .*Connection: close/s);
    expect(request.abortReason?.failure).toBe("caller-gone");
    expect(await taken).toBe("broken off");
    expect(await over(0)).toMatchObject({ status: 413, cause: "body-too-large" });
  });

  it("that stops coming is refused", async () => {
    const { dial, sent } = await world({ idleMs: 30 });
    const client = dial();
    client.write(`${head("POST", "/p", "Content-Length: 100000")}begin`);
    const { request } = await sent(0);
    void textOf(request.body).catch(() => {});
    expect(await client.has("body-too-slow")).toMatch(/^HTTP\/1\.1 408 /);
  });
});

describe("an answer", () => {
  it("that is there at once goes out in one piece, and the connection stays", async () => {
    const { dial, sent, over } = await world();
    const client = dial();
    client.write(head("GET", "/p/a?secret"));
    const request = await sent(0);
    request.head(299);
    request.data("hello");
    request.end();
    expect(await client.has(/\r\n\r\n.*hello/s)).toMatch(/^HTTP\/1\.1 299 \r\nDate: .*\r\nConnection: keep-alive/);
    expect(await over(0)).toMatchObject({ relay: "r", method: "GET", path: "/p/a", status: 299, cause: undefined });
    client.write(head("GET", "/p/b"));
    expect((await sent(1)).request.path).toBe("/b");
  });

  it("that comes in pieces goes out as it comes, its head first", async () => {
    const { dial, sent } = await world();
    const client = dial();
    client.write(head("GET", "/p"));
    const request = await sent(0);
    request.interim(103);
    await client.has("HTTP/1.1 103 Early Hints\r\n\r\n");
    request.head(200);
    await client.has("HTTP/1.1 200 ");
    request.data("one");
    await client.has("3\r\none\r\n");
    request.data("two");
    request.end();
    await client.has("3\r\ntwo\r\n0\r\n\r\n");
  });

  it("waits for a caller that does not read, and then for nothing", async () => {
    const { dial, sent, over } = await world({ idleMs: 200 });
    const client = dial();
    client.socket.pause();
    client.write(head("GET", "/p"));
    const request = await sent(0);
    request.head(200);
    await new Promise((resolve) => setImmediate(resolve));
    // More than the system takes for somebody who does not read.
    expect(request.data("x".repeat(50_000_000))).toBe(false);
    expect(await over(0)).toMatchObject({ status: 499, cause: "caller-gone" });
    expect(request.abortReason?.failure).toBe("caller-gone");
  });

  it("that breaks off is seen to", async () => {
    const { dial, sent, over } = await world();
    const client = dial();
    client.write(head("GET", "/p"));
    const request = await sent(0);
    request.head(200);
    request.data("half");
    await client.has("half");
    request.fail("target-closed", { sent: true });
    await client.closed;
    expect(client.received).not.toContain("0\r\n\r\n");
    expect(await over(0)).toMatchObject({ status: 200, cause: "target-closed", detail: "scripted: target-closed" });
  });

  it("is the relay's own where the target gives none, and names no target", async () => {
    const { dial, sent, over } = await world();
    const client = dial();
    client.write(head("GET", "/p"));
    (await sent(0)).fail("target-refused", { sent: false });
    const text = await client.has(/}}$/);
    const { id } = await over(0);
    expect(text).toMatch(/^HTTP\/1\.1 502 /);
    expect(text).toContain(`X-Request-Id: ${id}\r\n`);
    expect(JSON.parse(text.slice(text.indexOf("{")))).toMatchObject({
      code: 502,
      data: { cause: "target-refused", request_id: id },
    });
    expect(text).not.toContain("scripted");
  });
});

describe("a caller that leaves", () => {
  it("has its request given up", async () => {
    const { dial, sent, over, relay } = await world();
    const client = dial();
    client.write(head("GET", "/p"));
    const request = await sent(0);
    expect(relay.pending).toBe(1);
    client.socket.destroy();
    expect(await over(0)).toMatchObject({ status: 499, cause: "caller-gone" });
    expect(request.abortReason?.failure).toBe("caller-gone");
    expect(relay.pending).toBe(0);
  });

  it("within its body has it broken off", async () => {
    const { dial, sent, over } = await world();
    const client = dial();
    client.write(`${head("POST", "/p", "Content-Length: 100000")}begin`);
    const request = await sent(0);
    const taken = textOf(request.request.body).catch(() => "broken off");
    client.socket.destroy();
    expect(await taken).toBe("broken off");
    expect(await over(0)).toMatchObject({ cause: "caller-gone" });
  });
});

describe("a relay that is replaced", () => {
  it("closes its target once nothing is under way", async () => {
    const { dial, sent, relay, target } = await world();
    const client = dial();
    client.write(head("GET", "/p"));
    const request = await sent(0);
    const retired = relay.retire();
    expect(target.isClosed).toBe(false);
    request.answer(200);
    await retired;
    expect(target.isClosed).toBe(true);
  });
});

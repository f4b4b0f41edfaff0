import { connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { RawClient } from "./relay/raw-client.ts";
import { answers, RawTarget } from "./relay/raw-target.ts";
import { RelayProcess, relayConfig } from "./relay/relay-process.ts";
import { chunked, get, message, post } from "./relay/row.ts";
import { valuesOf } from "./relay/wire.ts";

async function world(fields: object) {
  const target = await RawTarget.listen();
  onTestFinished(() => target[Symbol.asyncDispose]());
  const relay = await RelayProcess.start({ config: relayConfig([target.url], fields) });
  onTestFinished(() => relay[Symbol.asyncDispose]());
  const open = async () => {
    const client = await RawClient.connect(relay.url);
    onTestFinished(() => client.leave());
    return client;
  };
  const ask = async (bytes: string) => {
    const client = await open();
    client.write(bytes);
    return client.answer();
  };
  return { target, relay, open, ask };
}

function postInChunks(path: string, ...chunks: readonly string[]): string {
  const lines = [`POST ${path} HTTP/1.1`, "Host: relay.test", "Transfer-Encoding: chunked"];
  return message(lines, chunked(...chunks));
}

const path = "/wework-callback/a";

describe("a limit of bodies", () => {
  it("lets through what just fits", async () => {
    const { target, ask } = await world({ body_limit: 10 });
    for (const bytes of [post(path, "1234567890"), postInChunks(path, "12345", "67890")]) {
      expect((await ask(bytes)).line).toBe("HTTP/1.1 200 OK");
    }
    expect((await target.has(2)).map(({ body }) => body)).toEqual(["1234567890", "1234567890"]);
  });

  it("is 413 for a length that is over it, which the target hears nothing of", async () => {
    const { target, ask } = await world({ body_limit: 10 });
    expect((await ask(post(path, "12345678901"))).line).toMatch(/^HTTP\/1\.1 413 /);
    expect(target.connections).toEqual([]);
  });

  it("counts chunks as they come", async () => {
    const { target, open } = await world({ body_limit: 10 });
    const client = await open();
    const head = [`POST ${path} HTTP/1.1`, "Host: relay.test", "Transfer-Encoding: chunked"];
    client.write(message(head, "5\r\n12345\r\n"));
    await target.until(() => target.seen().find(({ body }) => body === "12345"), "the first chunk");
    client.write("6\r\n678901\r\n");
    expect((await client.answer()).line).toMatch(/^HTTP\/1\.1 413 /);
    await client.ended();
    await target.until(() => target.connections[0]?.hasEnded || undefined, "the connection to the target ending");
    expect(target.seen().filter(({ isBroken }) => !isBroken)).toEqual([]);
  });

  it("counts chunks that come at once", async () => {
    const { target, ask } = await world({ body_limit: 10 });
    expect((await ask(postInChunks(path, "12345", "678901"))).line).toMatch(/^HTTP\/1\.1 413 /);
    expect((await ask(get(path))).line).toBe("HTTP/1.1 200 OK");
    expect(target.seen().filter(({ isBroken }) => !isBroken)).toMatchObject([{ line: "GET /a HTTP/1.1" }]);
  });
});

describe("a body that stops coming", () => {
  it.each([
    ["with its length told", "Content-Length: 10", "12345"],
    ["in chunks", "Transfer-Encoding: chunked", "5\r\n12345\r\n"],
  ])("%s is 408, and no whole request to the target", async (_how, field, bytes) => {
    const { target, open } = await world({ timeouts: { idle: "500ms" } });
    const client = await open();
    client.write(message([`POST ${path} HTTP/1.1`, "Host: relay.test", field], bytes));
    expect((await client.answer()).line).toMatch(/^HTTP\/1\.1 408 /);
    await client.ended();
    await target.until(() => target.connections[0]?.hasEnded || undefined, "the connection to the target ending");
    expect(target.seen()).toMatchObject([{ body: "12345", isBroken: true }]);
  });

  it("is another matter than one that comes slowly", async () => {
    const { open } = await world({ timeouts: { idle: "1s" } });
    const client = await open();
    const body = "1234567890".repeat(20);
    client.write(message([`POST ${path} HTTP/1.1`, "Host: relay.test", `Content-Length: ${body.length}`]));
    for (const byte of body) await client.written(byte);
    expect((await client.answer()).line).toBe("HTTP/1.1 200 OK");
  });
});

describe("an answer that nobody reads", () => {
  it("is cut in the end, and frees the target", async () => {
    const { target, relay } = await world({ timeouts: { idle: "500ms" } });
    // More than the system keeps for a reader.
    const endless = "x".repeat(64 * 1024 * 1024);
    target.expect([answers(message(["HTTP/1.1 200 OK", `Content-Length: ${2 * endless.length}`], endless))]);
    const { hostname, port } = new URL(relay.url);
    const client = connect({ host: hostname, port: Number(port) }).pause();
    onTestFinished(() => void client.destroy());
    client.on("error", () => {}).write(get(path));
    await target.until(() => target.connections[0]?.hasEnded || undefined, "the connection to the target ending");
  });
});

describe("a list of paths that are open", () => {
  it.each(["/hook", "/hook/", "/hook/a", "/hook?a=1"])("has %s", async (below) => {
    const { ask } = await world({ allow: ["/hook"] });
    expect((await ask(get(`/wework-callback${below}`))).line).toBe("HTTP/1.1 200 OK");
  });

  it.each(["", "/", "/other", "/hooks", "/Hook", "/?/hook", "//hook", "/%68ook", "/a/hook"])(
    "does not have %j",
    async (below) => {
      const { target, ask } = await world({ allow: ["/hook"] });
      expect((await ask(get(`/wework-callback${below}`))).line).toMatch(/^HTTP\/1\.1 404 /);
      expect(target.connections).toEqual([]);
    },
  );
});

describe("methods that are open", () => {
  it("are named to who asks with another", async () => {
    const { target, ask } = await world({ methods: ["POST", "PUT"] });
    const answer = await ask(get(path));
    expect(answer.line).toMatch(/^HTTP\/1\.1 405 /);
    expect(valuesOf(answer, "allow").join().split(/, ?/).sort()).toEqual(["POST", "PUT"]);
    expect((await ask(post(path, "x"))).line).toBe("HTTP/1.1 200 OK");
    expect(target.seen()).toHaveLength(1);
  });
});

describe("the relay's own health", () => {
  it.each(["/", "/healthz"])("is told at %s, whatever becomes of the target", async (own) => {
    const { target, ask } = await world({});
    await target[Symbol.asyncDispose]();
    expect((await ask(get(own))).line).toBe("HTTP/1.1 200 OK");
    expect((await ask(get(path))).line).toMatch(/^HTTP\/1\.1 502 /);
    expect((await ask(get(own))).line).toBe("HTTP/1.1 200 OK");
    expect(target.connections).toEqual([]);
  });
});

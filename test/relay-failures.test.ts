import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { InnerProcess } from "./relay/inner-process.ts";
import { RawClient } from "./relay/raw-client.ts";
import {
  answers,
  answersAndCloses,
  answersAndResets,
  RawTarget,
  type Reaction,
  staysSilent,
} from "./relay/raw-target.ts";
import { RelayProcess, relayConfig } from "./relay/relay-process.ts";
import { get, message, ok } from "./relay/row.ts";
import { valuesOf, type WireMessage } from "./relay/wire.ts";

const path = "/wework-callback/a?secret=query";

/** Begun before all other tests of this file, and looked at behind them, so that they need not wait. */
let patient: { target: RawTarget; relay: RelayProcess; client: RawClient; dawdler: RawClient; askedAt: number };

beforeAll(async () => {
  const target = await RawTarget.listen();
  target.expect([staysSilent]);
  const relay = await RelayProcess.start({ target: target.url });
  const [client, dawdler] = [await RawClient.connect(relay.url), await RawClient.connect(relay.url)];
  client.write(get(path));
  dawdler.write("GET /wework-callback/a HTTP/1.1\r\nHost: relay.te");
  patient = { target, relay, client, dawdler, askedAt: Date.now() };
});

afterAll(async () => {
  patient?.client.leave();
  patient?.dawdler.leave();
  await patient?.relay[Symbol.asyncDispose]();
  await patient?.target[Symbol.asyncDispose]();
});

/** A relay in front of an address, in a hurry. */
async function relayTo(target: string, timeouts: object = {}) {
  const relay = await RelayProcess.start({ config: relayConfig([target], { timeouts }) });
  onTestFinished(() => relay[Symbol.asyncDispose]());
  return relay;
}

async function ask(relay: RelayProcess, bytes = get(path)): Promise<WireMessage> {
  const client = await RawClient.connect(relay.url);
  onTestFinished(() => client.leave());
  client.write(bytes);
  return client.answer();
}

async function targetThat(reaction: Reaction) {
  const target = await RawTarget.listen();
  onTestFinished(() => target[Symbol.asyncDispose]());
  target.expect([reaction]);
  return target;
}

/** What every answer of the relay's own has: the cause in words, and an id by which the log tells more. */
async function expectTold(relay: RelayProcess, answer: WireMessage, status: number, target: string) {
  expect(answer.line).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(valuesOf(answer, "content-type")[0]).toMatch(/^application\/json/);
  const text = Buffer.from(answer.body, "latin1").toString("utf8");
  const body: { code: number; message: string } = JSON.parse(text);
  expect(body.code).toBe(status);
  expect(body.message.length).toBeGreaterThan(3);
  const [id = ""] = valuesOf(answer, "x-request-id");
  expect(id).toMatch(/^[\w-]{8,}$/);
  expect(text).toContain(id);
  // Whoever calls from outside learns nothing of the inside.
  const { hostname, port } = new URL(target);
  for (const secret of [hostname, port].filter(Boolean)) expect(text + answer.fields.join()).not.toContain(secret);
  const [line = ""] = await relay.process.printed(new RegExp(`^.*${id}.*$`, "m"));
  expect(line).toContain(String(status));
  expect(line).toContain("/wework-callback/a");
  expect(relay.log).not.toContain("secret=query");
  return line;
}

describe("a target that cannot be reached", () => {
  it("is 502 when it refuses the connection", async () => {
    const target = await RawTarget.listen();
    const { url } = target;
    await target[Symbol.asyncDispose]();
    const relay = await relayTo(url);
    const line = await expectTold(relay, await ask(relay), 502, url);
    expect(line).toMatch(/ECONNREFUSED|refused/);
    expect(line).toContain(new URL(url).port);
  });

  it("is 502 when its name is nobody's", async () => {
    const relay = await relayTo("http://no-such-host.invalid");
    await expectTold(relay, await ask(relay), 502, "http://no-such-host.invalid");
  });

  it("is 504 when nobody takes the connection in time", async () => {
    const inner = await InnerProcess.start(0, 1);
    onTestFinished(() => inner.kill());
    inner.freeze();
    // The system takes two in its name; what comes after them is not answered at all.
    const fillers = Array.from({ length: 16 }, () => connect(inner.port, "127.0.0.1"));
    onTestFinished(() => {
      for (const filler of fillers) filler.destroy();
    });
    let taken = 0;
    await new Promise<void>((resolve) => {
      for (const filler of fillers) {
        filler.on("error", () => {});
        filler.once("connect", () => ++taken === 2 && resolve());
      }
    });
    const url = `http://127.0.0.1:${inner.port}`;
    const relay = await relayTo(url, { connect: "300ms" });
    await expectTold(relay, await ask(relay), 504, url);
  });
});

describe("a target that does not answer", () => {
  it.each<[string, Reaction, number]>([
    ["closes the connection", answersAndCloses(""), 502],
    ["breaks the connection off", answersAndResets(""), 502],
    ["closes it inside its head", answersAndCloses("HTTP/1.1 200 OK\r\nContent-"), 502],
    ["says nothing", staysSilent, 504],
    ["says the beginning of a head and no more", answers("HTTP/1.1 200 OK\r\nContent-"), 504],
    ["says that it goes on, and does not", answers("HTTP/1.1 100 Continue\r\n\r\n"), 504],
  ])("but %s", async (_what, reaction, status) => {
    const target = await targetThat(reaction);
    const relay = await relayTo(target.url, { answer: "500ms" });
    await expectTold(relay, await ask(relay), status, target.url);
    // Nothing of it hangs on.
    expect((await ask(relay)).line).toBe("HTTP/1.1 200 OK");
    await target.until(() => target.connections[0]?.hasEnded || undefined, "its connection ending");
  });
});

describe("an answer that is not HTTP, or could be read in two ways", () => {
  const rest = "\r\n\r\nok";
  it.each([
    ["no status line", "hello\r\n\r\n"],
    ["the greeting of another protocol", "SSH-2.0-OpenSSH_9.2\r\n"],
    ["a status that is no number", `HTTP/1.1 abc OK\r\nContent-Length: 2${rest}`],
    ["a length and chunks", `HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked${rest}`],
    ["two lengths", `HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3${rest}`],
    ["a length below nought", `HTTP/1.1 200 OK\r\nContent-Length: -2${rest}`],
    ["a carriage return in a field", `HTTP/1.1 200 OK\r\nX-A: a\rSet-Cookie: b=1\r\nContent-Length: 2${rest}`],
    ["a zero byte in a field", `HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 2${rest}`],
    ["a blank before a colon", `HTTP/1.1 200 OK\r\nContent-Length : 2${rest}`],
    ["a head without an end", `HTTP/1.1 200 OK\r\n${"X-A: aaaaaaaaaa\r\n".repeat(10_000)}`],
    ["a protocol nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"],
  ])("is 502: %s", async (_what, bytes) => {
    const target = await targetThat(answers(bytes));
    const relay = await relayTo(target.url, { answer: "5s" });
    await expectTold(relay, await ask(relay), 502, target.url);
    expect((await ask(relay)).line).toBe("HTTP/1.1 200 OK");
  });

  it("is not passed on with a folded field either", async () => {
    const target = await targetThat(
      answers(`HTTP/1.1 200 OK\r\nX-A: a\r\n Set-Cookie: b=1\r\nContent-Length: 2${rest}`),
    );
    const relay = await relayTo(target.url);
    const answer = await ask(relay);
    // RFC 9112 5.2: refused, or unfolded into one line.
    expect(answer.line).toMatch(/^HTTP\/1\.1 (502|200) /);
    expect(valuesOf(answer, "set-cookie")).toEqual([]);
    expect(answer.fields.filter((field) => /^\s/.test(field))).toEqual([]);
  });

  it("is not read into the next one", async () => {
    const target = await targetThat(answers(message(["HTTP/1.1 204 No Content"], ok("stale"))));
    const relay = await relayTo(target.url);
    expect(await ask(relay)).toMatchObject({ line: "HTTP/1.1 204 No Content", body: "" });
    expect(await ask(relay)).toMatchObject({ line: "HTTP/1.1 200 OK", body: "ok" });
  });

  it("is not read into the next one after HEAD", async () => {
    const target = await targetThat(answers(ok("body")));
    const relay = await relayTo(target.url);
    const client = await RawClient.connect(relay.url);
    onTestFinished(() => client.leave());
    client.write(message(["HEAD /wework-callback/a HTTP/1.1", "Host: relay.test"]));
    expect((await client.answer({ toHead: true })).line).toBe("HTTP/1.1 200 OK");
    expect(await ask(relay)).toMatchObject({ line: "HTTP/1.1 200 OK", body: "ok" });
    expect(client.unread).toBe("");
  });
});

describe("an answer that breaks off", () => {
  const begun = "the beginning";
  const length = message(["HTTP/1.1 200 OK", "Content-Length: 1000"], begun);
  const chunks = message(["HTTP/1.1 200 OK", "Transfer-Encoding: chunked"], `d\r\n${begun}\r\n`);
  const close = message(["HTTP/1.1 200 OK"], begun);

  it.each<[string, string, (target: RawTarget) => void]>([
    ["with its length told, by closing", length, (target) => target.connections[0]?.end()],
    ["with its length told, by a reset", length, (target) => target.connections[0]?.reset()],
    ["in chunks, by closing", chunks, (target) => target.connections[0]?.end()],
    ["in chunks, by a reset", chunks, (target) => target.connections[0]?.reset()],
    ["in chunks, by bytes that are none", chunks, (target) => target.connections[0]?.write("zz\r\n")],
    ["without a length, by a reset", close, (target) => target.connections[0]?.reset()],
    ["with its length told, by silence", length, () => {}],
    ["in chunks, by silence", chunks, () => {}],
  ])("is seen to break off: %s", async (_how, bytes, breakOff) => {
    const target = await targetThat(answers(bytes));
    const relay = await relayTo(target.url, { idle: "500ms" });
    const client = await RawClient.connect(relay.url);
    onTestFinished(() => client.leave());
    client.write(get(path));
    await client.received(begun);
    breakOff(target);
    const answer = await client.answer();
    expect(answer).toMatchObject({ line: "HTTP/1.1 200 OK", body: begun, isBroken: true });
    expect((await ask(relay)).line).toBe("HTTP/1.1 200 OK");
  });
});

describe("a target that says nothing, where no limit is set", () => {
  it("is given up after 30 s", { timeout: 60_000 }, async () => {
    const { relay, target, askedAt, client } = patient;
    await expectTold(relay, await client.answer({ withinMs: 50_000 }), 504, target.url);
    expect(Date.now() - askedAt).toBeGreaterThan(28_000);
  });
});

describe("a client that does not come to the end of its head", () => {
  it("is told that it was too slow, and nothing of it reaches the target", { timeout: 30_000 }, async () => {
    const { dawdler, target } = patient;
    expect((await dawdler.answer({ withinMs: 20_000 })).line).toMatch(/^HTTP\/1\.1 408 /);
    await dawdler.ended();
    expect(target.connections).toHaveLength(1);
  });
});

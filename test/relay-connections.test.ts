import { execFile } from "node:child_process";
import { describe, expect, it, onTestFinished } from "vitest";
import { RawClient } from "./relay/raw-client.ts";
import { answers, answersAndCloses, answersEarly, plainAnswer, RawTarget, staysSilent } from "./relay/raw-target.ts";
import { RelayProcess } from "./relay/relay-process.ts";
import { chunked, get, message, ok, post } from "./relay/row.ts";
import { until } from "./until.ts";

const path = "/wework-callback/a";

async function world() {
  const target = await RawTarget.listen();
  onTestFinished(() => target[Symbol.asyncDispose]());
  const relay = await RelayProcess.start({ target: target.url });
  onTestFinished(() => relay[Symbol.asyncDispose]());
  const connect = async () => {
    const client = await RawClient.connect(relay.url);
    onTestFinished(() => client.leave());
    return client;
  };
  /** A request on a connection of its own, and its answer. */
  const ask = async (bytes: string) => {
    const client = await connect();
    client.write(bytes);
    return client.answer();
  };
  return { target, relay, connect, ask };
}

/** What the target has seen by the time that a later request, by somebody else, has been answered; that one left out. */
async function askElsewhere(target: RawTarget, connect: () => Promise<RawClient>) {
  const other = await connect();
  // Refused by the relay itself: it shows that the relay has had its turn.
  other.write(get("/wework-callback/.."));
  await other.answer();
  return target.seen();
}

describe("requests that come in one breath", () => {
  it("reach the target one after the other, so that none overtakes the one before", async () => {
    const { target, connect } = await world();
    target.expect([staysSilent, staysSilent, staysSilent]);
    const client = await connect();
    client.write(post("/wework-callback/1", "one") + get("/wework-callback/2") + post("/wework-callback/3", "three"));
    for (const [index, path] of ["POST /1", "GET /2", "POST /3"].entries()) {
      const seen = await target.has(index + 1);
      // A request of somebody else's has been there and back in the meantime, and no further one of these.
      expect(seen.map(({ line }) => line.replace(" HTTP/1.1", "")).at(-1)).toBe(path);
      expect((await askElsewhere(target, connect)).length).toBe(index + 1);
      target.connections[(seen.at(-1)?.connection ?? 0) - 1]?.write(ok(path));
      expect((await client.answer()).body).toBe(path);
    }
  });

  it("keep their interim answers to themselves", async () => {
    const { target, connect } = await world();
    const hints = message(["HTTP/1.1 103 Early Hints", "X-N: 2"]);
    target.expect([answers(ok("first")), answers(hints + ok("second"))]);
    const client = await connect();
    client.write(get("/wework-callback/1") + get("/wework-callback/2"));
    const got = [await client.answer(), await client.answer(), await client.answer()];
    expect(got.map(({ line, body }) => `${line} ${body}`)).toEqual([
      "HTTP/1.1 200 OK first",
      "HTTP/1.1 103 Early Hints ",
      "HTTP/1.1 200 OK second",
    ]);
  });

  it("are not waited for without end: the connection of who sends ever more is closed", async () => {
    const { target, connect, ask } = await world();
    const client = await connect();
    client.write(get(path).repeat(10_000));
    await client.ended();
    expect((await ask(get("/wework-callback/b"))).body).toBe("ok");
    expect(target.seen().filter(({ line }) => line.startsWith("GET /a ")).length).toBeLessThanOrEqual(1);
  });
});

describe("a connection to the target", () => {
  it("is used again", async () => {
    const { target, ask } = await world();
    for (let count = 0; count < 5; count++) await ask(post(path, "body"));
    const seen = await target.has(5);
    expect(new Set(seen.map(({ connection }) => connection)).size).toBe(1);
  });

  it("is not used again after an answer that came before all of the request was read", async () => {
    const { target, connect, ask } = await world();
    target.expect([answersEarly(message(["HTTP/1.1 403 No", "Content-Length: 2"], "no"))]);
    const client = await connect();
    client.write(message([`POST ${path} HTTP/1.1`, "Host: a", "Content-Length: 1000"], "the beginning"));
    expect((await client.answer()).line).toBe("HTTP/1.1 403 No");
    await client.ended();
    expect((await ask(get(path))).body).toBe("ok");
    const seen = target.seen();
    expect(seen.map(({ line, isBroken }) => [line, isBroken])).toEqual([
      ["POST /a HTTP/1.1", true],
      ["GET /a HTTP/1.1", false],
    ]);
    expect(seen[0]?.connection).not.toBe(seen[1]?.connection);
    await target.until(() => target.connections[0]?.hasEnded || undefined, "the first connection ending");
  });

  it("is not used again when bytes follow an answer", async () => {
    const { target, ask } = await world();
    target.expect([answers(ok("first") + ok("poison"))]);
    expect((await ask(get(path))).body).toBe("first");
    expect((await ask(get(path))).body).toBe("ok");
  });

  it("is made anew once the target has closed it", async () => {
    const { target, ask } = await world();
    target.expect([answersAndCloses(ok("bye", "Connection: close"))]);
    expect((await ask(get(path))).body).toBe("bye");
    expect((await ask(post(path, "body"))).body).toBe("ok");
    expect((await target.has(2)).map(({ connection }) => connection)).toEqual([1, 2]);
  });
});

describe("a body", () => {
  it("of a request goes on piece by piece, not when all of it is there", async () => {
    const { target, connect } = await world();
    const client = await connect();
    client.write(message([`POST ${path} HTTP/1.1`, "Host: a", "Content-Length: 10"], "12345"));
    await target.until(() => target.seen().find(({ body }) => body === "12345"), "half of the body");
    client.write("67890");
    expect((await client.answer()).body).toBe("ok");
    expect((await target.has(1))[0]).toMatchObject({ body: "1234567890", framing: "length" });
  });

  it("of a request in chunks stays in chunks when it comes in pieces", async () => {
    const { target, connect } = await world();
    const client = await connect();
    client.write(message([`POST ${path} HTTP/1.1`, "Host: a", "Transfer-Encoding: chunked"], "5\r\n12345\r\n"));
    await target.until(() => target.seen().find(({ body }) => body === "12345"), "the first chunk");
    client.write(chunked("67890"));
    expect((await client.answer()).body).toBe("ok");
    expect((await target.has(1))[0]).toMatchObject({ body: "1234567890", framing: "chunked" });
  });

  it("of an answer goes on piece by piece, as events do", async () => {
    const { target, connect } = await world();
    const head = message(["HTTP/1.1 200 OK", "Content-Type: text/event-stream", "Transfer-Encoding: chunked"]);
    target.expect([answers(`${head}9\r\ndata: 1\n\n\r\n`)]);
    const client = await connect();
    client.write(get(path));
    await client.received("data: 1\n\n");
    target.connections[0]?.write(chunked("data: 2\n\n"));
    expect((await client.answer()).body).toBe("data: 1\n\ndata: 2\n\n");
  });
});

describe("a client that waits for 100", () => {
  it("gets it before it sends its body", async () => {
    const { target, connect } = await world();
    const client = await connect();
    client.write(message([`POST ${path} HTTP/1.1`, "Host: relay.test", "Content-Length: 4", "Expect: 100-continue"]));
    expect((await client.answer()).line).toBe("HTTP/1.1 100 Continue");
    client.write("body");
    expect((await client.answer()).line).toBe("HTTP/1.1 200 OK");
    expect((await target.has(1))[0]?.body).toBe("body");
  });

  it("is refused without it", async () => {
    const { target, connect } = await world();
    const client = await connect();
    const fields = ["Host: relay.test", "Content-Length: 4", "Expect: 100-continue"];
    client.write(message(["POST /wework-callback/../x HTTP/1.1", ...fields]));
    expect((await client.answer()).line).toMatch(/^HTTP\/1\.1 400 /);
    expect(target.connections).toEqual([]);
  });

  it("may be curl", async () => {
    const { target, relay } = await world();
    const body = "x".repeat(100_000);
    const curl = execFile("curl", [
      ...["-sS", "-v", "-H", "Expect: 100-continue", "--expect100-timeout", "20"],
      ...["--data-binary", "@-", `${relay.url}${path}`],
    ]);
    curl.stdin?.end(body);
    let shown = "";
    curl.stderr?.on("data", (text: string) => {
      shown += text;
    });
    expect(await new Promise((resolve) => curl.once("close", resolve))).toBe(0);
    expect([...shown.matchAll(/^< HTTP\/1\.1 (\d+)/gm)].map(([, status]) => status)).toEqual(["100", "200"]);
    expect((await target.has(1))[0]?.body).toBe(body);
  });
});

describe("a client that leaves", () => {
  it("while the target thinks frees the connection to the target", async () => {
    const { target, connect, relay } = await world();
    target.expect([staysSilent]);
    const client = await connect();
    client.write(post(path, "body"));
    await target.has(1);
    client.leave();
    await target.until(() => target.connections[0]?.hasEnded || undefined, "the connection to the target ending");
    await relay.process.printed(/499/);
  });

  it("while the answer comes frees it too", async () => {
    const { target, connect } = await world();
    target.expect([answers(message(["HTTP/1.1 200 OK", "Content-Length: 1000"], "the beginning"))]);
    const client = await connect();
    client.write(get(path));
    await client.received("the beginning");
    client.leave();
    await target.until(() => target.connections[0]?.hasEnded || undefined, "the connection to the target ending");
  });

  it.each([
    ["with its length told", "Content-Length: 1000", "the beginning"],
    ["in chunks", "Transfer-Encoding: chunked", "d\r\nthe beginning\r\n"],
  ])("inside its body %s leaves no whole request behind", async (_how, field, bytes) => {
    const { target, connect } = await world();
    const client = await connect();
    client.write(message([`POST ${path} HTTP/1.1`, "Host: a", field], bytes));
    await target.until(() => target.seen().find(({ body }) => body === "the beginning"), "the beginning");
    client.leave();
    await target.until(() => target.connections[0]?.hasEnded || undefined, "the connection to the target ending");
    expect(target.seen()).toMatchObject([{ body: "the beginning", isBroken: true }]);
  });

  it("does not disturb who shares the relay with it", async () => {
    const { target, connect, ask } = await world();
    target.expect([staysSilent, staysSilent]);
    const [one, other] = [await connect(), await connect()];
    one.write(get("/wework-callback/one"));
    await target.has(1);
    other.write(get("/wework-callback/other"));
    const [, second] = await target.has(2);
    one.leave();
    await target.until(() => target.connections[0]?.hasEnded || undefined, "the first connection ending");
    target.connections[(second?.connection ?? 0) - 1]?.write(ok("for the other"));
    expect((await other.answer()).body).toBe("for the other");
    expect((await ask(get(path))).body).toBe("ok");
  });
});

describe("SIGTERM", () => {
  it("finishes what is under way, takes nothing new, and ends", async () => {
    const { target, connect, relay } = await world();
    target.expect([answers(plainAnswer), staysSilent]);
    const [busy, idle] = [await connect(), await connect()];
    idle.write(get(path));
    await idle.answer();
    busy.write(post(path, "body"));
    await target.has(2);
    relay.process.signal("SIGTERM");
    // Nobody listens any more, and who was idle is told so.
    await idle.ended();
    const isRefused = () =>
      RawClient.connect(relay.url).then(
        (late) => late.leave(),
        () => true,
      );
    await until(async () => (await isRefused()) === true, { what: "the relay listening no more" });
    target.connections[0]?.write(ok("in the end"));
    expect((await busy.answer()).body).toBe("in the end");
    expect(await relay.process.exited).toEqual({ code: 0, signal: null });
  });
});

import { describe, expect, it, onTestFinished } from "vitest";
import { RawClient } from "./relay/raw-client.ts";
import { RawTarget, staysSilent } from "./relay/raw-target.ts";
import { RelayProcess, relayConfig } from "./relay/relay-process.ts";
import { chunked, get, message, post } from "./relay/row.ts";
import { valuesOf } from "./relay/wire.ts";

interface Refusal {
  readonly code: number;
  readonly message: string;
  readonly data: { readonly cause: string; readonly error: string; readonly request_id: string };
}

const path = "/wework-callback/hook";

async function world(fields: object = {}) {
  const target = await RawTarget.listen();
  onTestFinished(() => target[Symbol.asyncDispose]());
  const limits = { allow: ["/hook"], methods: ["GET", "POST", "OPTIONS"], body_limit: 10, timeouts: { idle: "500ms" } };
  const relay = await RelayProcess.start({ config: relayConfig([target.url], { ...limits, ...fields }) });
  onTestFinished(() => relay[Symbol.asyncDispose]());
  const ask = async (bytes: string) => {
    const client = await RawClient.connect(relay.url);
    onTestFinished(() => client.leave());
    client.write(bytes);
    return client.answer();
  };
  return { target, relay, ask };
}

function head(...fields: readonly string[]): string {
  return message([`POST ${path}?secret=query HTTP/1.1`, "Host: relay.test", ...fields], "12345");
}

describe("what the relay refuses", () => {
  it.each([
    [400, "path-dot-segment", get(`${path}/../x?secret=query`)],
    [400, "path-backslash", get(`${path}\\x?secret=query`)],
    [400, "path-percent", get(`${path}%zz?secret=query`)],
    [400, "path-control", get(`${path}%00?secret=query`)],
    [400, "path-hash", get(`${path}?secret=query#x`)],
    [400, "host-unclear", message([`GET ${path}?secret=query HTTP/1.1`, "Host: a", "Host: b"])],
    [404, "path-not-allowed", get("/wework-callback/other?secret=query")],
    [405, "method-not-allowed", get(`${path}?secret=query`).replace("GET", "PUT")],
    [408, "body-too-slow", head("Content-Length: 6")],
    [413, "body-too-large", post(`${path}?secret=query`, "12345678901")],
    [413, "body-too-large", head("Transfer-Encoding: chunked").replace("12345", chunked("123456", "78901"))],
    [417, "expectation-unknown", get(`${path}?secret=query`, "Expect: a-miracle")],
    [431, "too-many-header-lines", get(`${path}?secret=query`, ...Array.from({ length: 101 }, () => "X: 1"))],
    [501, "transfer-coding-unknown", head("Transfer-Encoding: gzip, chunked").replace("12345", chunked("1"))],
    [508, "loop", get(`${path}?secret=query`, `Via: ${Array.from({ length: 20 }, () => "1.1 yizhan").join(", ")}`)],
  ])("is %i with its cause, %s, an id, and a line in the log without the query", async (status, cause, bytes) => {
    const { relay, ask } = await world();
    const answer = await ask(bytes);
    expect(answer.line).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    const { code, data, ...told }: Refusal = JSON.parse(Buffer.from(answer.body, "latin1").toString());
    expect([code, data.cause]).toEqual([status, cause]);
    // In both languages.
    expect(told.message).toMatch(/\p{Script=Han}/u);
    expect(data.error).toMatch(/\p{Script=Han}.* \| [a-z]/iu);
    expect(valuesOf(answer, "x-request-id")).toEqual([data.request_id]);
    const [line] = await relay.process.printed(new RegExp(`^.*${data.request_id}.*$`, "m"));
    expect(line).toContain(`${status}`);
    expect(line).toContain(cause);
    expect(relay.log).not.toContain("secret=query");
  });

  it("is 503, and when to come again, when the target has as many as it may have", async () => {
    const { target, relay, ask } = await world({ pending_per_target: 1 });
    target.expect([staysSilent]);
    const client = await RawClient.connect(relay.url);
    onTestFinished(() => client.leave());
    client.write(get(path));
    await target.has(1);
    const answer = await ask(get(path));
    expect(answer.line).toMatch(/^HTTP\/1\.1 503 /);
    expect(JSON.parse(answer.body).data.cause).toBe("overloaded");
    expect(Number(valuesOf(answer, "retry-after")[0])).toBeGreaterThan(0);
    expect(target.seen()).toHaveLength(1);
  });

  it("is a request that goes round: a relay that is its own target", async () => {
    const { relay, ask } = await world();
    relay.configure(relayConfig([`${relay.url}/wework-callback`]));
    relay.process.signal("SIGHUP");
    await relay.process.printed(/configuration reloaded/);
    expect((await ask(get(path))).line).toMatch(/^HTTP\/1\.1 508 /);
  });

  it("is told in the same words when Node's parser refuses it", async () => {
    const { ask } = await world();
    const answer = await ask(
      message([`POST ${path} HTTP/1.1`, "Host: a", "Content-Length: 1", "Content-Length: 1"], "x"),
    );
    const { code, ...told }: Refusal = JSON.parse(Buffer.from(answer.body, "latin1").toString());
    expect(code).toBe(400);
    expect(told.message).toMatch(/\p{Script=Han}/u);
  });
});

describe("what the relay passes on", () => {
  it("has one line in the log, with method, path, status and id, and without the query", async () => {
    const { relay, ask } = await world();
    await ask(post(`${path}?secret=query`, "x", "Authorization: Bearer secret"));
    const [line] = await relay.process.printed(/^.*POST \/wework-callback\/hook.*$/m);
    expect(line).toMatch(/POST \/wework-callback\/hook 200 [\d.]+ ms .*request=[\w-]+/);
    expect(relay.log.match(/POST \/wework-callback\/hook/g)).toHaveLength(1);
    expect(relay.log).not.toContain("secret");
  });
});

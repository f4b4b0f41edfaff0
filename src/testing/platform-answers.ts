import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { createHttpClient } from "../deliver/http-client.ts";
import type { Message } from "../model/message.ts";
import type { Receipt } from "../model/receipt.ts";
import type { Payload, Platform } from "../platforms/definition.ts";
import { context, type Expected, type Fixture, type HttpCases, type PlatformCases } from "./platform-cases.ts";
import { deadOrigin, type ScriptedAnswer, scriptedServer } from "./scripted-server.ts";
import { portsWith } from "./sent-requests.ts";

/** What a platform that speaks HTTP makes of every kind of answer, over real sockets. */
export function answersHold(platform: Platform, cases: PlatformCases, http: HttpCases): void {
  const attempt = (answer: ScriptedAnswer, timeoutMs = 5_000) => attemptAt(platform, http, () => answer, timeoutMs);
  const ok = { status: 200, body: http.success };

  it("takes the platform's success for success", async () => {
    expectReceipt((await attempt(ok)).receipt, { ok: true });
  });

  it("posts what it rendered, as JSON", async () => {
    const { requests } = await attempt(ok);
    expect(requests).toHaveLength(1);
    expect(requests[0]?.method).toBe("POST");
    expect(requests[0]?.headers["content-type"]).toMatch(/^application\/json/);
    expect(requests[0]?.body).toContain("磁盘");
  });

  it("keeps its limits on the wire, signature and all", async () => {
    for (const style of ["text", "card"] as const) {
      const { requests } = await attemptAt(platform, http, () => ok, 5_000, {
        ...shortMessage,
        style,
        body: '磁盘 "满"\n'.repeat(4000),
      });
      expect(requests.length).toBeGreaterThan(1);
      for (const { body } of requests) {
        expect(cases.measure(JSON.parse(body) as Payload)).toBeLessThanOrEqual(platform.limits.bytes[style]);
      }
    }
  });

  it("does not take HTTP 200 with a failing code for delivery", async () => {
    expectReceipt((await attempt({ status: 200, body: http.refusal("no") })).receipt, { ok: false });
  });

  it("does not take a success in a failing HTTP answer for delivery", async () => {
    expectReceipt((await attempt({ status: 502, body: http.success })).receipt, {
      ok: false,
      kind: "unavailable",
      code: "http-502",
    });
  });

  for (const [name, body] of Object.entries({
    nothing: "",
    "a web page": "<html>ok</html>",
    "a list": "[]",
    "JSON of something else": '{"hello":1}',
    "half an answer": http.success.slice(0, -3),
  })) {
    it(`takes ${name} with HTTP 200 for no answer`, async () => {
      expectReceipt((await attempt({ status: 200, body })).receipt, { ok: false, kind: "unavailable" });
    });
  }

  it("waits for as long as Retry-After says", async () => {
    const { receipt } = await attempt({ status: 429, headers: { "retry-after": "7" }, body: "slow down" });
    expectReceipt(receipt, { ok: false, kind: "rate-limited", retryAfterMs: 7_000 });
  });

  it("waits for as long as Retry-After says when the platform's own code asks to wait, too", async () => {
    const [code, row] = Object.entries(platform.errors).find(([, { kind }]) => kind === "rate-limited") ?? [];
    const body = http.refusal("slow down", code);
    const told = await attempt({ status: 200, headers: { "retry-after": "7" }, body });
    expectReceipt(told.receipt, { ok: false, kind: "rate-limited", code: code ?? "", retryAfterMs: 7_000 });
    const untold = await attempt({ status: 200, body });
    expectReceipt(untold.receipt, { ok: false, kind: "rate-limited", retryAfterMs: row?.retryAfterMs });
  });

  it("retries what the server could not do, and nothing that it refused", async () => {
    expectReceipt((await attempt({ status: 503, body: "" })).receipt, {
      ok: false,
      kind: "unavailable",
      code: "http-503",
    });
    expectReceipt((await attempt({ status: 404, body: "404 page not found" })).receipt, {
      ok: false,
      kind: "rejected",
      code: "http-404",
    });
    expectReceipt((await attempt({ status: 302, headers: { location: "http://127.0.0.1:1/" }, body: "" })).receipt, {
      ok: false,
      kind: "rejected",
    });
  });

  it("calls silence, a hang-up and a closed port unavailable", async () => {
    expectReceipt((await attempt("stall", 60)).receipt, { ok: false, kind: "unavailable", code: "timeout" });
    expectReceipt((await attempt("hang-up")).receipt, { ok: false, kind: "unavailable", code: "network" });
    const receipts = await sendAll(platform, http.channelAt(await deadOrigin()), shortMessage, 5_000);
    expectReceipt(receipts[0], { ok: false, kind: "unavailable", code: "network" });
  });

  it("never quotes a secret, even if the platform does", async () => {
    const { receipt } = await attemptAt(platform, http, ({ url, body, headers }) => ({
      status: 200,
      body: http.refusal(`${http.secrets.join(" ")} ${headers.host}${url} ${decodeURIComponent(url)} ${body}`),
    }));
    expect(receipt.ok).toBe(false);
    for (const secret of http.secrets) expect(JSON.stringify(receipt)).not.toContain(secret);
  });

  for (const [name, fixture] of fixturesIn(cases.folder)) {
    it(`understands the answer ${name}`, async () => {
      expect(fixture.source).toMatch(/^https:\/\//);
      const body = typeof fixture.body === "string" ? fixture.body : JSON.stringify(fixture.body);
      const { receipt } = await attempt({ status: fixture.status, headers: fixture.headers ?? {}, body });
      expectReceipt(receipt, fixture.expected);
      if (!receipt.ok) expect(receipt.error.advice).toMatch(/\S/);
    });
  }
}

const shortMessage: Message = { title: "磁盘告警", body: "磁盘 95%", level: "error", style: "text" };

/** Sends to a server that answers like this; gives the first Receipt and what the server received. */
async function attemptAt(
  platform: Platform,
  http: HttpCases,
  answer: Parameters<typeof scriptedServer>[0],
  timeoutMs = 5_000,
  message = shortMessage,
) {
  await using server = await scriptedServer(answer);
  const [receipt] = await sendAll(platform, http.channelAt(server.origin), message, timeoutMs);
  if (!receipt) throw new Error(`${platform.id} rendered nothing`);
  return { receipt, requests: server.requests };
}

async function sendAll(platform: Platform, settings: unknown, message: Message, timeoutMs: number): Promise<Receipt[]> {
  const channel = platform.channel.parse(settings);
  const http = createHttpClient();
  const sender = platform.connect(portsWith(http));
  const receipts: Receipt[] = [];
  try {
    for (const [part, payload] of platform.render(message, channel, context).entries()) {
      const key = `${context.taskId}-0-${part}`;
      receipts.push(await sender.send({ payload, channel, account: undefined, key, timeoutMs }));
    }
  } finally {
    await sender.close?.();
    await http.close();
  }
  return receipts;
}

function fixturesIn(folder: URL): [string, Fixture][] {
  const fixtures = new URL("./fixtures/", folder);
  return readdirSync(fixtures)
    .filter((name) => name.endsWith(".json"))
    .map((name) => [name.replace(".json", ""), JSON.parse(readFileSync(new URL(name, fixtures), "utf8")) as Fixture]);
}

export function expectReceipt(receipt: Receipt | undefined, expected: Expected): void {
  const { ok, ...error } = expected;
  expect(receipt).toMatchObject(ok ? { ok } : { ok, error });
}

import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createHttpClient } from "../deliver/http-client.ts";
import type { Message } from "../model/message.ts";
import { errorKinds, type PlatformError } from "../model/platform-error.ts";
import type { Receipt } from "../model/receipt.ts";
import type { Payload, Platform, RenderContext } from "../platforms/definition.ts";
import { arbitraryMessage } from "./arbitrary-message.ts";
import { deadOrigin, type ScriptedAnswer, scriptedServer } from "./scripted-server.ts";
import { portsWith } from "./sent-requests.ts";

/** What a Receipt must be: `ok`, or an error with these members. */
export type Expected = { readonly ok: true } | ({ readonly ok: false } & Partial<PlatformError>);

/** What the contract has to know of a platform to hold it to its word. */
export interface PlatformCases {
  /** The platform's folder. Each `fixtures/*.json` is an answer that is played back; see `Fixture`. */
  readonly folder: URL;
  /** A Channel's settings as a configuration file has them, without the keys that all Channels share. */
  readonly channel: Readonly<Record<string, unknown>>;
  /** Settings that must be refused, each with what the error has to say. */
  readonly badChannels: readonly { readonly settings: unknown; readonly says: RegExp }[];
  /** Signatures made by the platform's code, beside what the platform published. */
  readonly signatures?: readonly { readonly of: string; readonly made: string; readonly published: string }[];
  /** The bytes of a payload as the platform counts them. */
  measure(payload: Payload): number;
  /** Everything in a payload that a person gets to read. */
  textOf(payload: Payload): string;
  /** For platforms that speak HTTP: their Channel at another origin. */
  readonly http?: HttpCases;
  /** For the others: attempts over whatever they speak, against a server that the platform's test runs. */
  readonly attempts?: readonly {
    readonly name: string;
    readonly attempt: () => Promise<Receipt>;
    readonly expected: Expected;
  }[];
}

export interface HttpCases {
  /** Settings of a Channel that posts to this origin and carries these secrets. */
  channelAt(origin: string): Readonly<Record<string, unknown>>;
  /** What must never be quoted: the secrets in `channelAt`'s settings. */
  readonly secrets: readonly string[];
  /** The platform's success. */
  readonly success: string;
  /** A refusal of the platform with this message; and with this code of its table, where one is asked for. */
  refusal(message: string, code?: string): string;
}

/** A recorded answer: `fixtures/<name>.json`. */
export interface Fixture {
  /** The page, or where else it was seen. */
  readonly source: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** As an object, or as text when it is no JSON. */
  readonly body: unknown;
  readonly expected: Expected;
}

const context: RenderContext = {
  taskId: "0190b0a0-0000-7000-8000-000000000000",
  strategy: "all",
  createdAt: 1_700_000_000_000,
};

/** The promises that every platform keeps. Called by each platform's own test; what is special to it follows there. */
export function platformContract(platform: Platform, cases: PlatformCases): void {
  describe(`the platform ${platform.id}`, () => {
    definitionHolds(platform, cases);
    if (cases.signatures) signaturesHold(cases.signatures);
    renderingHolds(platform, cases);
    if (cases.http) answersHold(platform, cases, cases.http);
    for (const { name, attempt, expected } of cases.attempts ?? []) {
      it(`gets the right Receipt for ${name}`, async () => expectReceipt(await attempt(), expected));
    }
  });
}

function definitionHolds(platform: Platform, cases: PlatformCases): void {
  it("has an id that can be stored for ever, and names", () => {
    expect(platform.id).toMatch(/^[a-z][a-z0-9]{1,30}$/);
    for (const alias of [...platform.aliases, platform.apiName ?? platform.id])
      expect(alias).toMatch(/^[a-z][a-z0-9-]{1,30}$/);
    expect(platform.label.en).not.toBe("");
    expect(platform.label.zh).not.toBe("");
    expect(["webhooks", "recipients", "notifications"]).toContain(platform.listKey);
  });

  it("has limits that can be kept", () => {
    expect(platform.limits.bytes.text).toBeGreaterThan(0);
    expect(platform.limits.bytes.card).toBeGreaterThan(0);
    for (const { messages, perMs } of platform.limits.rate) {
      expect(messages).toBeGreaterThan(0);
      expect(perMs).toBeGreaterThan(0);
    }
  });

  it("takes its Channel's settings, and tells where they lead", () => {
    const channel = platform.channel.parse(cases.channel);
    expect(platform.address(channel)).not.toBe("");
    expect(platform.address(channel)).toBe(platform.address(platform.channel.parse(cases.channel)));
  });

  it("refuses settings it does not know", () => {
    expect(platform.channel.safeParse({ ...cases.channel, sercet: "x" }).success).toBe(false);
    for (const garbage of [undefined, null, 1, "x", [], {}])
      expect(platform.channel.safeParse(garbage).success).toBe(false);
  });

  for (const { settings, says } of cases.badChannels) {
    it(`refuses ${JSON.stringify(settings)} and says ${says}`, () => {
      const parsed = platform.channel.safeParse(settings);
      expect(parsed.error && z.prettifyError(parsed.error)).toMatch(says);
    });
  }

  it("describes every setting", () => {
    const schemas = [platform.channel, ...(platform.account ? [platform.account] : [])];
    for (const schema of schemas) {
      for (const [name, description] of descriptionsIn(z.toJSONSchema(schema, { io: "input" }))) {
        expect(description, name).toMatch(/\S/);
      }
    }
  });

  it("knows its errors: kind, meaning, advice and source of each", () => {
    expect(Object.keys(platform.errors)).not.toHaveLength(0);
    for (const [code, row] of Object.entries(platform.errors)) {
      expect(errorKinds, code).toContain(row.kind);
      expect(row.meaning, code).toMatch(/\S/);
      expect(row.advice, code).toMatch(/\p{Script=Han}/u);
      expect(row.source, code).toMatch(/^https:\/\//);
      // A lane that waits has to know for how long.
      if (row.kind === "rate-limited") expect(row.retryAfterMs, code).toBeGreaterThan(0);
    }
  });
}

/** Name and description of each property, of each alternative. */
function descriptionsIn(schema: z.core.JSONSchema.BaseSchema): [string, string | undefined][] {
  const alternatives = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  const own = Object.entries(schema.properties ?? {}).map(([name, property]): [string, string | undefined] => [
    name,
    typeof property === "object" ? property.description : undefined,
  ]);
  return [
    ...own,
    ...alternatives.flatMap((alternative) => (typeof alternative === "object" ? descriptionsIn(alternative) : [])),
  ];
}

function signaturesHold(signatures: NonNullable<PlatformCases["signatures"]>): void {
  for (const { of, made, published } of signatures) {
    it(`signs ${of} as published`, () => expect(made).toBe(published));
  }
}

function renderingHolds(platform: Platform, cases: PlatformCases): void {
  const channel = platform.channel.parse(cases.channel);

  it("renders any Message within its limits, losing nothing and keeping the order", () => {
    fc.assert(
      fc.property(arbitraryMessage(), ({ message, words }) => {
        const payloads = platform.render(message, channel, context);
        expect(payloads.length).toBeGreaterThan(0);
        for (const payload of payloads) {
          expect(cases.measure(payload)).toBeLessThanOrEqual(platform.limits.bytes[message.style]);
        }
        const text = payloads.map(cases.textOf).join("\n");
        let from = 0;
        for (const word of words) {
          const at = text.indexOf(word, from);
          expect(at, `${word} after ${from}`).toBeGreaterThanOrEqual(from);
          from = at + word.length;
        }
      }),
      { numRuns: 60 },
    );
  });

  it("has room for mentions and buttons however full the last part is", () => {
    const users = Array.from({ length: 50 }, (_, index) => `user-${index}-with-a-long-name`);
    const actions = Array.from({ length: 5 }, (_, index) => ({ text: "查看", url: `https://example.com/${index}` }));
    for (const style of ["text", "card"] as const) {
      for (const extra of [{ actions }, { mentions: { users, all: true } }, { actions, mentions: { users } }]) {
        const limit = platform.limits.bytes[style];
        for (let length = Math.max(limit - 6_000, 0); length <= limit; length += 97) {
          const message: Message = { title: "磁盘", body: "x".repeat(length), level: "info", style, ...extra };
          for (const payload of platform.render(message, channel, context)) {
            expect(cases.measure(payload)).toBeLessThanOrEqual(limit);
          }
        }
      }
    }
  });

  it("renders the same Message the same way twice", () => {
    const message: Message = { title: "磁盘", body: "使用率 **95%**", level: "warning", style: "card" };
    expect(platform.render(message, channel, context)).toEqual(platform.render(message, channel, context));
  });

  it("tells the levels apart in both styles", () => {
    for (const style of ["text", "card"] as const) {
      const shown = (["info", "warning", "error"] as const).map((level) =>
        JSON.stringify(platform.render({ title: "磁盘", body: "使用率 95%", level, style }, channel, context)),
      );
      expect(new Set(shown).size).toBe(3);
    }
  });
}

function answersHold(platform: Platform, cases: PlatformCases, http: HttpCases): void {
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

function expectReceipt(receipt: Receipt | undefined, expected: Expected): void {
  const { ok, ...error } = expected;
  expect(receipt).toMatchObject(ok ? { ok } : { ok, error });
}

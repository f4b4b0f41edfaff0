import { createHmac, randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Callback, CallbackRequest } from "../receiving.ts";
import { webhookAccount } from "./account.ts";
import { BODY_BYTES, BODY_DEPTH } from "./body.ts";
import published from "./fixtures/signatures.json" with { type: "json" };
import { webhookReceiver } from "./receive.ts";

const NOW = Date.UTC(2026, 10, 21, 8, 0, 0);
const KEY = "key-of-the-tests";

describe("the published examples", () => {
  it("of GitHub are accepted, and no other body under the same signature", () => {
    const { secret, header, signature, body } = published.github;
    const verify = { scheme: "hmac", secret, header, prefix: "sha256=" };
    const headers = { [header.toLowerCase()]: signature, "content-type": "text/plain" };
    expect(eventOf(call({ verify, headers, body })).data).toMatchObject({
      json: "Hello, World!",
      body: "Hello, World!",
    });
    expect(reasonOf(call({ verify, headers, body: "Hello, World?" }))).toBe("signature");
  });

  it("of Standard Webhooks are accepted at their time", () => {
    const { secret, id, timestamp, signature, body } = published.standard;
    const headers = { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature };
    const verify = { scheme: "standard", secrets: [secret] };
    const callback = call({ verify, headers, body, nowMs: Number(timestamp) * 1000 + 60_000 });
    expect(callback).toMatchObject({ kind: "events", nonce: id, raw: body });
    expect(eventOf(callback)).toEqual({
      type: "yizhan.webhook.received",
      data: { json: { test: 2432232314 } },
      at: Number(timestamp) * 1000,
      key: `webhook-id:${id}`,
    });
  });
});

describe("a call by Standard Webhooks", () => {
  const [older, newer] = [newSecret(), newSecret()];
  const seconds = NOW / 1000;

  it("may be signed with any of the secrets while one is being replaced", () => {
    for (const secret of [older, newer]) {
      expect(standardCall({ headers: standardHeaders({ secret }), secrets: [older, newer] }).kind).toBe("events");
    }
    expect(reasonOf(standardCall({ headers: standardHeaders({ secret: older }), secrets: [newer] }))).toBe("signature");
  });

  it("may carry several signatures, of which one counts", () => {
    const headers = standardHeaders({ secret: newer });
    const list = ["v1a,AAAA", "v1,bm9uc2Vuc2U=", headers["webhook-signature"]].join(" ");
    expect(standardCall({ headers: { ...headers, "webhook-signature": list }, secrets: [newer] }).kind).toBe("events");
  });

  it("may use the header names of Svix", () => {
    const headers = Object.fromEntries(
      Object.entries(standardHeaders({ secret: newer })).map(([name, value]) => [
        name.replace("webhook", "svix"),
        value,
      ]),
    );
    expect(standardCall({ headers, secrets: [newer] }).kind).toBe("events");
  });

  it.each([
    [-301, "stale"],
    [-300, undefined],
    [0, undefined],
    [300, undefined],
    [301, "stale"],
  ])("whose clock is %i s off is %s", (off, reason) => {
    const headers = standardHeaders({ secret: newer, timestamp: String(seconds + off) });
    expect(reasonOf(standardCall({ headers, secrets: [newer] }))).toBe(reason);
  });

  it("is told apart as signed wrongly, not as stale, when both are true", () => {
    const headers = standardHeaders({ secret: older, timestamp: String(seconds - 999) });
    expect(reasonOf(standardCall({ headers, secrets: [newer] }))).toBe("signature");
  });

  it.each(["webhook-id", "webhook-timestamp", "webhook-signature"])("is refused without %s", (name) => {
    const headers = { ...standardHeaders({ secret: newer }), [name]: undefined };
    expect(reasonOf(standardCall({ headers, secrets: [newer] }))).toBe("signature");
  });

  it.each(["webhook-id", "webhook-timestamp"])("is refused when %s was altered", (name) => {
    const headers = standardHeaders({ secret: newer });
    const altered = { ...headers, [name]: name === "webhook-id" ? "msg_2" : String(seconds + 1) };
    expect(reasonOf(standardCall({ headers: altered, secrets: [newer] }))).toBe("signature");
  });

  it("cannot be cut differently at the full stops that join what is signed", () => {
    // Signed: id "a", time …, body `1.{}`; shown: id "a.…", time 1 and so on.
    const headers = standardHeaders({ secret: newer, id: `a.${seconds}`, timestamp: String(seconds), body: "{}" });
    expect(reasonOf(standardCall({ headers, secrets: [newer], body: "{}" }))).toBe("malformed");
  });

  it("says so when only the asymmetric signature came", () => {
    const headers = { ...standardHeaders({ secret: newer }), "webhook-signature": "v1a,AAAA" };
    expect(adviceOf(standardCall({ headers, secrets: [newer] }))).toContain("v1a");
  });

  it("has one key for every attempt, and another one for every message", () => {
    const keyAt = (id: string, off: number) => {
      const headers = standardHeaders({ secret: newer, id, timestamp: String(seconds + off) });
      return eventOf(standardCall({ headers, secrets: [newer] })).key;
    };
    expect(keyAt("msg_1", -60)).toBe(keyAt("msg_1", 0));
    expect(keyAt("msg_1", 0)).not.toBe(keyAt("msg_2", 0));
  });
});

describe("an HMAC", () => {
  it.each([
    ["sha256", "hex", "sha256="],
    ["sha1", "hex", "sha1="],
    ["sha512", "base64", ""],
    ["sha256", "base64", "HMAC "],
  ] as const)("of %s in %s after “%s” is accepted", (algorithm, encoding, prefix) => {
    const verify = { scheme: "hmac", secret: KEY, header: "X-Signature", algorithm, encoding, prefix };
    const signed = prefix + createHmac(algorithm, KEY).update("{}").digest(encoding);
    expect(call({ verify, headers: { "x-signature": signed }, body: "{}" }).kind).toBe("events");
    for (const wrong of [signed.slice(prefix.length + 2), `${prefix}00`, "", undefined, signed.slice(0, -4)]) {
      expect(reasonOf(call({ verify, headers: { "x-signature": wrong }, body: "{}" })), wrong).toBe("signature");
    }
  });

  it("may be made with the key that is being replaced", () => {
    const verify = { scheme: "hmac", secret: "new", old_secret: "old", header: "X-Signature" };
    const signed = (key: string) => ({ "x-signature": createHmac("sha256", key).update("{}").digest("hex") });
    for (const key of ["new", "old"]) expect(call({ verify, headers: signed(key), body: "{}" }).kind).toBe("events");
    expect(reasonOf(call({ verify, headers: signed("older"), body: "{}" }))).toBe("signature");
  });

  it("is taken of the bytes as they came, packed ones too", () => {
    const verify = { scheme: "hmac", secret: KEY, header: "X-Signature" };
    const body = gzipSync('{"a":1}');
    const signed = createHmac("sha256", KEY).update(body).digest("hex");
    const headers = { "x-signature": signed, "content-encoding": "gzip" };
    expect(eventOf(call({ verify, headers, body })).data.json).toEqual({ a: 1 });
  });
});

describe("a user and password", () => {
  const verify = { scheme: "basic", user: "alert", password: "p:ä ss" };
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` });

  it("are what RFC 7617 sends, with colons in the password", () => {
    expect(call({ verify, headers: basic("alert:p:ä ss"), body: "{}" }).kind).toBe("events");
  });

  it.each(["alert:p", "alert:p:ä ss ", "Alert:p:ä ss", "alert", ""])("are not %j", (text) => {
    expect(reasonOf(call({ verify, headers: basic(text), body: "{}" }))).toBe("signature");
  });

  it("are missed when there are none", () => {
    expect(reasonOf(call({ verify, headers: { authorization: "Bearer x" }, body: "{}" }))).toBe("signature");
  });
});

describe("a key", () => {
  const places = [
    { rule: { in: "bearer" }, request: (key: string) => ({ headers: { authorization: `Bearer ${key}` } }) },
    {
      rule: { in: "header", name: "X-Gitlab-Token" },
      request: (key: string) => ({ headers: { "x-gitlab-token": key } }),
    },
    { rule: { in: "query", name: "token" }, request: (key: string) => ({ query: `token=${key}` }) },
  ];

  it.each(places)("is looked for in its place only: $rule.in", ({ rule, request }) => {
    const verify = { scheme: "key", key: KEY, ...rule };
    expect(call({ verify, body: "{}", ...request(KEY) }).kind).toBe("events");
    expect(reasonOf(call({ verify, body: "{}", ...request(`${KEY}x`) }))).toBe("signature");
    expect(reasonOf(call({ verify, body: "{}", ...request("") }))).toBe("signature");
    for (const other of places.filter((place) => place.rule !== rule)) {
      expect(reasonOf(call({ verify, body: "{}", ...other.request(KEY) }))).toBe("signature");
    }
  });

  it("may be the one that is being replaced", () => {
    const verify = { scheme: "key", key: KEY, old_key: "the-one-before" };
    expect(call({ verify, body: "{}", headers: { authorization: "Bearer the-one-before" } }).kind).toBe("events");
  });

  it("is never quoted in a refusal", () => {
    for (const { rule, request } of places) {
      const verify = { scheme: "key", key: KEY, old_key: "the-one-before", ...rule };
      const advice = adviceOf(call({ verify, body: "{}", ...request("a-guess") }));
      for (const text of [KEY, "the-one-before", "a-guess"]) expect(advice).not.toContain(text);
    }
  });
});

describe("what the mapping finds", () => {
  const body = JSON.stringify({
    alerts: [{ labels: { name: "磁盘将满", severity: 3 }, text: "" }],
    summary: "使用率 95%",
    firing: true,
    deep: { list: [1, 2] },
  });
  const found = (paths: string[]) => eventOf(trusted({ body, mapping: { title: paths } })).data.title;

  it.each([
    [["alerts.0.labels.name"], "磁盘将满"],
    [["alerts.0.labels.severity"], "3"],
    [["firing"], "true"],
    [["nothing", "summary"], "使用率 95%"],
    [["alerts.0.text", "summary"], "使用率 95%"],
    [["deep", "deep.list", "summary"], "使用率 95%"],
    [["alerts.1.labels.name"], undefined],
    [["summary.length", "__proto__.x", "constructor.name", "toString"], undefined],
    [[], undefined],
  ])("at %j is %j", (paths, text) => expect(found(paths)).toBe(text));

  it("becomes title, body and level, and the JSON is kept whole", () => {
    const mapping = { title: ["alerts.0.labels.name"], body: ["summary"], level: ["alerts.0.labels.severity"] };
    expect(eventOf(trusted({ body, mapping })).data).toEqual({
      title: "磁盘将满",
      body: "使用率 95%",
      level: "3",
      json: JSON.parse(body),
    });
  });

  it("tells repeats by the id it names", () => {
    const keyOf = (id: string) => eventOf(trusted({ body: `{"id":"${id}"}`, mapping: { id: ["id"] } })).key;
    expect(keyOf("a")).toBe("id:a");
    const [long, longer] = [keyOf("a".repeat(5000)), keyOf("a".repeat(5001))];
    expect(long).not.toBe(longer);
    expect(long.length).toBeLessThan(100);
  });
});

describe("a call that says of itself nothing that tells repeats", () => {
  const keyAt = (nowMs: number, body = "{}") => eventOf(trusted({ body, nowMs })).key;

  it("is the same call when the same bytes come soon", () => expect(keyAt(NOW)).toBe(keyAt(NOW + 599_999)));
  it("is another one when they come ten minutes later", () => expect(keyAt(NOW)).not.toBe(keyAt(NOW + 600_000)));
  it("is another one when a byte differs", () => expect(keyAt(NOW)).not.toBe(keyAt(NOW, "{ }")));
});

describe("a body", () => {
  it("may be packed with gzip", () => {
    for (const coding of ["gzip", "x-gzip", "GZIP"]) {
      expect(trusted({ body: gzipSync('{"a":1}'), headers: { "content-encoding": coding } })).toMatchObject({
        raw: '{"a":1}',
      });
    }
  });

  it("may not unpack to more than an unpacked one may have", () => {
    const headers = { "content-encoding": "gzip" };
    const most = `"${"a".repeat(BODY_BYTES - 2)}"`;
    expect(trusted({ body: gzipSync(most), headers }).kind).toBe("events");
    const bomb = gzipSync(Buffer.alloc(64 * BODY_BYTES, " "));
    expect(adviceOf(trusted({ body: bomb, headers }))).toContain("1 MiB");
  });

  it.each([
    ["cut off", gzipSync('{"a":1}').subarray(0, 12)],
    ["not packed", Buffer.from("{}")],
    ["empty", Buffer.alloc(0)],
  ])("that should be packed and is %s is refused", (_how, body) => {
    expect(reasonOf(trusted({ body, headers: { "content-encoding": "gzip" } }))).toBe("malformed");
  });

  it("packed in another way is refused with the ways there are", () => {
    expect(adviceOf(trusted({ body: "{}", headers: { "content-encoding": "br" } }))).toContain("gzip");
  });

  it("may begin with a byte order mark", () => {
    expect(trusted({ body: '\uFEFF{"a":1}' })).toMatchObject({
      raw: '{"a":1}',
      events: [{ data: { json: { a: 1 } } }],
    });
  });

  it("must be UTF-8, and one that is not does no harm to the next", () => {
    expect(reasonOf(trusted({ body: Buffer.from([0x22, 0xb0, 0xa1, 0x22]) }))).toBe("malformed");
    expect(trusted({ body: '"好"' })).toMatchObject({ raw: '"好"' });
  });

  it("that is no JSON is kept only where the sender says that it is text", () => {
    for (const type of ["text/plain", "text/plain; charset=utf-8", "TEXT/HTML"]) {
      expect(eventOf(trusted({ body: "磁盘将满", headers: { "content-type": type } })).data).toEqual({
        title: undefined,
        body: "磁盘将满",
        level: undefined,
        json: "磁盘将满",
      });
    }
    for (const type of [undefined, "application/json", "application/x-www-form-urlencoded"]) {
      expect(reasonOf(trusted({ body: "磁盘将满", headers: { "content-type": type } }))).toBe("malformed");
    }
    expect(adviceOf(trusted({ body: '{"password":"hidden"' }))).not.toContain("hidden");
  });

  it("that calls itself text and is JSON is read as JSON", () => {
    const headers = { "content-type": "text/plain" };
    expect(eventOf(trusted({ body: '{"a":1}', headers })).data.json).toEqual({ a: 1 });
  });

  it("nests as deep as the limit and no deeper", () => {
    const nested = (depth: number) => `${"[".repeat(depth)}"[[["${"]".repeat(depth)}`;
    expect(trusted({ body: nested(BODY_DEPTH) }).kind).toBe("events");
    expect(adviceOf(trusted({ body: nested(BODY_DEPTH + 1) }))).toContain(String(BODY_DEPTH));
    expect(reasonOf(trusted({ body: '{"a":'.repeat(200_000) }))).toBe("malformed");
    expect(trusted({ body: `[${Array(500).fill("[]").join(",")}]` }).kind).toBe("events");
    expect(trusted({ body: JSON.stringify('\\"[[['.repeat(200)) }).kind).toBe("events");
  });

  it("is not looked at before the caller is known", () => {
    const wrong = {
      body: Buffer.from("not gzip"),
      headers: { "content-encoding": "gzip", authorization: "Bearer no" },
    };
    expect(reasonOf(trusted(wrong))).toBe("signature");
  });

  it("comes with POST or PUT", () => {
    expect(trusted({ body: "{}", method: "PUT" }).kind).toBe("events");
    for (const method of ["GET", "HEAD", "DELETE"]) expect(reasonOf(trusted({ body: "{}", method }))).toBe("malformed");
  });
});

describe("an account", () => {
  it.each([
    ["a secret without its prefix", { scheme: "standard", secrets: ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] }, /whsec_/],
    ["a secret that is too short", { scheme: "standard", secrets: ["whsec_c2hvcnQ="] }, /24 to 64 bytes/],
    ["no secret at all", { scheme: "standard", secrets: [] }, /at least one/],
    ["an empty key", { scheme: "key", key: "" }, /must not be empty/],
    ["a header without its name", { scheme: "key", key: KEY, in: "header" }, /must name the header/],
    ["a name that means nothing", { scheme: "key", key: KEY, name: "x" }, /must name the header/],
    ["a user with a colon", { scheme: "basic", user: "a:b", password: "c" }, /colon/],
    ["a header that cannot be", { scheme: "hmac", secret: KEY, header: "X Signature" }, /name of a header/],
    ["no way to tell who calls", { scheme: "none" }, /scheme|discriminator|Invalid/],
  ])("with %s is refused", (_what, verify, says) => {
    const parsed = webhookAccount.safeParse({ verify });
    expect(parsed.success).toBe(false);
    expect(JSON.stringify(parsed.error?.issues)).toMatch(says);
  });
});

describe("any bytes at all", () => {
  // The minutes that this takes with more are for a run by hand.
  const numRuns = process.env.CI === "true" ? 100_000 : 2_000;
  const rules = [
    { scheme: "standard", secrets: [newSecret()] },
    { scheme: "hmac", secret: KEY, header: "X-Signature" },
    { scheme: "basic", user: "a", password: "b" },
    { scheme: "key", key: KEY },
    { scheme: "key", key: KEY, in: "query", name: "k" },
  ];
  const piece = fc.constantFrom("webhook-id", "webhook-timestamp", "webhook-signature", "x-signature", "authorization");
  const value = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("v1,", "v1,AAAA v1a,", "Basic ", "Basic Og==", "Bearer ", `Bearer ${KEY}`, String(NOW / 1000)),
    fc.array(fc.string(), { maxLength: 2 }),
  );
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.string({ unit: "binary" }).map((text) => Buffer.from(text)),
    fc.json().map((text) => Buffer.from(text)),
    fc.json().map((text) => gzipSync(text, { level: 1 })),
  );

  it("make it answer or refuse, never throw", { timeout: 300_000 }, () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...rules),
        fc.dictionary(
          fc.oneof(piece, fc.constantFrom("content-encoding", "content-type")),
          fc.oneof(value, fc.constantFrom("gzip", "text/plain")),
        ),
        body,
        fc.string(),
        (verify, headers, bytes, query) => {
          const callback = call({ verify, headers, body: bytes, query });
          expect(["events", "refused"]).toContain(callback.kind);
        },
      ),
      { numRuns },
    );
  });

  it("from a caller who is known become an Event that can be written down, or are refused as malformed", {
    timeout: 300_000,
  }, () => {
    const mapping = { title: ["a", "0", "a.b"], id: ["", "id"].filter(Boolean) };
    fc.assert(
      fc.property(
        body,
        fc.constantFrom("gzip", "", "deflate"),
        fc.constantFrom("text/plain", ""),
        (bytes, coding, type) => {
          const headers = { "content-encoding": coding, "content-type": type };
          const callback = trusted({ body: bytes, headers, mapping });
          if (callback.kind === "events") JSON.stringify(callback.events);
          else expect(reasonOf(callback)).toBe("malformed");
        },
      ),
      { numRuns },
    );
  });
});

interface Call {
  readonly verify: unknown;
  readonly mapping?: unknown;
  readonly method?: string;
  readonly query?: string;
  readonly headers?: CallbackRequest["headers"];
  readonly body: string | Uint8Array;
  readonly nowMs?: number;
}

function call({ verify, mapping = {}, method = "POST", query = "", headers = {}, body, nowMs = NOW }: Call): Callback {
  const account = webhookAccount.parse({ verify, mapping });
  const request = { method, query: new URLSearchParams(query), headers, body: Buffer.from(body) };
  return webhookReceiver.receive(request, account, { nowMs, randomBytes });
}

/** A call by somebody who knows the key, so that what is tested is the rest. */
function trusted({ headers, ...rest }: Omit<Call, "verify">): Callback {
  return call({
    verify: { scheme: "key", key: KEY },
    headers: { authorization: `Bearer ${KEY}`, ...headers },
    ...rest,
  });
}

function standardCall(options: { headers: CallbackRequest["headers"]; secrets: string[]; body?: string }): Callback {
  const { headers, secrets, body = '{"a":1}' } = options;
  return call({ verify: { scheme: "standard", secrets }, headers, body });
}

function standardHeaders(options: { secret: string; id?: string; timestamp?: string; body?: string }) {
  const { secret, id = "msg_1", timestamp = String(NOW / 1000), body = '{"a":1}' } = options;
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
}

function newSecret(): string {
  return `whsec_${randomBytes(32).toString("base64")}`;
}

function eventOf(callback: Callback) {
  const event = callback.kind === "events" ? callback.events[0] : undefined;
  if (event?.type !== "yizhan.webhook.received") throw new Error(`no Event: ${JSON.stringify(callback)}`);
  return event;
}

function reasonOf(callback: Callback) {
  return callback.kind === "refused" ? callback.refusal.reason : undefined;
}

function adviceOf(callback: Callback): string {
  return callback.kind === "refused" ? callback.refusal.advice : "";
}

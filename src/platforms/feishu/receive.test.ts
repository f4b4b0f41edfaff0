import { createCipheriv, createHash, hash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { eventTypes } from "../../model/event.ts";
import { messageStates } from "../../model/event-data.ts";
import { damaged, distorted, noise, seededRandom } from "../../testing/hostile-json.ts";
import type { Callback, CallbackRequest } from "../receiving.ts";
import { decryptWith, eventSignatureHolds } from "./callback-crypto.ts";
import { feishuReceiver } from "./receive.ts";
import { tracking } from "./tracking.ts";

const token = "demo-verification-token";
const encryptKey = "test key";
const nowMs = Date.parse("2026-11-21T00:00:00Z");
const app = { app_id: "cli_9f5343c580712544", verification_token: token };

interface Sample {
  readonly source: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly expected: readonly unknown[];
}

const samples: readonly [string, Sample][] = read<Sample>("callbacks");

describe("the published vectors", () => {
  for (const [name, vectors] of read<readonly Readonly<Record<string, string>>[]>("vectors")) {
    it.each(vectors)(`hold for the ${name} of $of ($source)`, (vector) => {
      const { encryptKey = "", encrypt, plaintext, timestamp = "", nonce = "", signature = "", body = "" } = vector;
      if (encrypt !== undefined) expect(decryptWith(encryptKey)(encrypt)).toBe(plaintext);
      else expect(eventSignatureHolds({ timestamp, nonce, signature }, encryptKey, Buffer.from(body))).toBe(true);
    });
  }
});

describe("what Feishu calls with", () => {
  it.each(samples)("reads %s", (_name, { body, expected }) => {
    const got = receive(plain(body));
    expect(got).toEqual({ kind: "events", events: expected, answer: emptyAnswer, raw: JSON.stringify(body) });
  });

  it.each(samples)("reads %s alike when it is encrypted and signed", (_name, { body }) => {
    expect(receive(sealed(body), { encrypt_key: encryptKey })).toEqual(receive(plain(body)));
  });

  it("has every kind of event that the documents name among the samples", () => {
    const told = new Set(samples.flatMap(([, { expected }]) => expected.map((event) => objectAt(event, "type"))));
    const foreign = ["subscribed", "unsubscribed", "scanned", "location", "job"].map((name) => `yizhan.app.${name}`);
    expect([...told].sort()).toEqual(
      eventTypes.filter((type) => !foreign.includes(type) && type !== "yizhan.webhook.received").sort(),
    );
  });

  it("shows no token or ticket in an Event", () => {
    for (const [, { body }] of samples) {
      const shown = JSON.stringify(eventsIn(receive(plain(body))));
      for (const secret of [token, "must-not-be-shown", "c-295ee57216a5dc9de90fefd0aadb4b1d7d3ffe37"]) {
        expect(shown).not.toContain(secret);
      }
    }
  });

  it("gives a repeat the same key and another happening another, but a message its message_id", () => {
    const read = sampleOf("message-text");
    const again = { ...read, header: { ...objectIn(read.header), event_id: "another" } };
    expect(keysIn(receive(plain(again)))).toEqual(keysIn(receive(plain(read))));
    const added = sampleOf("member-added");
    const other = { ...added, header: { ...objectIn(added.header), event_id: "another" } };
    expect(keysIn(receive(plain(other)))).toEqual(["another"]);
  });

  it("keeps an event that has no id under what its repeats have in common", () => {
    const added = sampleOf("member-added");
    const without = { ...added, header: { ...objectIn(added.header), event_id: undefined } };
    const [key] = keysIn(receive(plain(without)));
    expect(key).toBe(`body:${hash("sha256", JSON.stringify(without))}`);
  });

  it.each([
    ["milliseconds", "1608725989000", 1_608_725_989_000],
    ["microseconds, as in the card's page", "1608725989000000", 1_608_725_989_000],
    ["seconds", 1_608_725_989, 1_608_725_989_000],
    ["nonsense, for which the present stands", "yesterday", nowMs],
  ])("takes a time in %s", (_unit, create_time, at) => {
    const added = sampleOf("member-added");
    const got = receive(plain({ ...added, header: { ...objectIn(added.header), create_time } }));
    expect(eventsIn(got)[0]?.at).toBe(at);
  });
});

describe("an address check", () => {
  const check = { challenge: "ajls384kdjx98XX", token, type: "url_verification" };
  const answer = { kind: "answered", answer: { ...emptyAnswerOf(), body: '{"challenge":"ajls384kdjx98XX"}' } };

  it("is answered with the challenge", () => expect(receive(plain(check))).toEqual(answer));

  it("is answered when it is encrypted, signed or not", () => {
    expect(receive(sealed(check), { encrypt_key: encryptKey })).toEqual(answer);
    expect(receive(unsigned(sealed(check)), { encrypt_key: encryptKey })).toEqual(answer);
  });

  it("is answered when it is not encrypted though events are: the older card callbacks are checked so", () => {
    expect(receive(plain(check), { encrypt_key: encryptKey })).toEqual(answer);
  });

  it("is refused with another token", () => {
    for (const wrong of ["", `${token}x`, undefined, 1]) {
      const request = { ...check, token: wrong };
      expect(refusedBy(receive(plain(request)))).toMatchObject({
        reason: "signature",
        advice: expect.stringMatching(/Verification Token/),
      });
      expect(refusedBy(receive(sealed(request), { encrypt_key: encryptKey })).reason).toBe("signature");
    }
  });

  it("is refused without a challenge, or with one as long as a book", () => {
    for (const challenge of [undefined, "", 7, "x".repeat(1025)]) {
      expect(refusedBy(receive(plain({ ...check, challenge })))).toMatchObject({
        reason: "malformed",
        advice: expect.stringMatching(/1 to 1024 characters/),
      });
    }
  });
});

describe("what is refused", () => {
  const event = sampleOf("message-text");
  const keyed = { encrypt_key: encryptKey };

  it.each([
    ["a GET", { ...plain(event), method: "GET" }, {}, "malformed", /POST/],
    ["no JSON", plainText("hello"), {}, "malformed", /JSON/],
    ["a list", plainText("[]"), {}, "malformed", /JSON/],
    ["an empty body", plainText(""), {}, "malformed", /JSON/],
    ["what is not UTF-8", { ...plain(event), body: Uint8Array.of(0x7b, 0xff, 0x7d) }, {}, "malformed", /UTF-8/],
    [
      "nesting without end",
      plainText(`{"event":${"[".repeat(500_000)}${"]".repeat(500_000)}}`),
      {},
      "malformed",
      /JSON/,
    ],
    ["a body that names no event", plain({ token }), {}, "malformed", /event_type/],
    ["another Verification Token", plain(event), { verification_token: "other" }, "signature", /Verification Token/],
    ["an encrypted call without a key here", sealed(event), {}, "undecryptable", /Encrypt Key/],
    ["a plain call with a key here", plain(event), keyed, "signature", /not encrypted/],
    ["another Encrypt Key", sealed(event), { encrypt_key: "other key" }, "signature", /Encrypt Key/],
    ["an unsigned event", unsigned(sealed(event)), keyed, "signature", /without signature/],
    ["one header of three", without(sealed(event), "x-lark-request-nonce"), keyed, "signature", /without signature/],
    ["a signed body that nobody encrypted", signed({ encrypt: "AAAA" }), keyed, "undecryptable", /encrypts/],
    [
      "a signed body of another key",
      signed({ encrypt: encrypted(event, "other") }),
      keyed,
      "undecryptable",
      /encrypts/,
    ],
  ] as const)("refuses %s", (_what, request, settings, reason, advice) => {
    expect(refusedBy(receive(request, settings))).toEqual({ reason, advice: expect.stringMatching(advice) });
  });

  it("refuses a body of which one byte changed after signing", () => {
    const request = sealed(event);
    for (const at of [0, 20, request.body.length - 1]) {
      const body = Uint8Array.from(request.body, (byte, index) => (index === at ? byte ^ 32 : byte));
      expect(receive({ ...request, body }, keyed).kind).toBe("refused");
    }
  });

  it("refuses a signature that is right but for its case or length", () => {
    const request = sealed(event);
    const signature = String(request.headers["x-lark-signature"]);
    for (const wrong of [signature.toUpperCase(), signature.slice(1), `${signature}0`]) {
      const headers = { ...request.headers, "x-lark-signature": wrong };
      expect(refusedBy(receive({ ...request, headers }, keyed)).reason).toBe("signature");
    }
    const twice = { ...request.headers, "x-lark-signature": [signature, signature] };
    expect(refusedBy(receive({ ...request, headers: twice }, keyed)).reason).toBe("signature");
  });

  it("says the same of unsigned bytes whether or not they decrypt, so that nobody can decrypt by asking", () => {
    const said = [encrypted(event, encryptKey), encrypted(event, "other"), "AAAA", ""].map((encrypt) =>
      receive(plain({ encrypt }), keyed),
    );
    expect(new Set(said.map((got) => JSON.stringify(got))).size).toBe(1);
  });

  it("quotes neither secrets nor the body", () => {
    const said = [
      receive(plain(event), { verification_token: "another-secret" }),
      receive(sealed(event), { encrypt_key: "another-secret" }),
      receive(plain(event), keyed),
    ].map((got) => JSON.stringify(got));
    for (const text of said) expect(text).not.toMatch(/another-secret|demo-verification|test key|om_5ce6/);
  });
});

describe("the clock", () => {
  const secondsAgo = (seconds: number) => String(Math.floor(nowMs / 1000) - seconds);
  it.each([
    ["now", secondsAgo(0), "events"],
    ["the last repeat, if it keeps the first signature", secondsAgo(15 + 300 + 3_600 + 21_600), "events"],
    ["8 hours ago", secondsAgo(8 * 3_600), "events"],
    ["8 hours and 1 second ago", secondsAgo(8 * 3_600 + 1), "stale"],
    ["in 1 hour", secondsAgo(-3_600), "events"],
    ["in 1 hour and 1 second", secondsAgo(-3_601), "stale"],
    ["last year", secondsAgo(365 * 86_400), "stale"],
    ["no number", "soon", "stale"],
    ["zero", "0", "stale"],
  ])("judges a signature of %s", (_when, timestamp, outcome) => {
    const got = receive(sealed(sampleOf("message-text"), timestamp), { encrypt_key: encryptKey });
    expect(got.kind === "refused" ? got.refusal.reason : got.kind).toBe(outcome);
  });

  it("leaves a replay within the window to its id: it reads as the very same Events", () => {
    const request = sealed(sampleOf("member-added"));
    const later = receive(request, { encrypt_key: encryptKey }, nowMs + 3_600_000);
    expect(later).toEqual(receive(request, { encrypt_key: encryptKey }));
  });
});

describe("the older card callback", () => {
  const click = {
    open_id: "ou_zhang",
    user_id: "zhang",
    open_message_id: "om_1",
    open_chat_id: "oc_1",
    tenant_key: "x",
    token: "c-1",
    action: { value: { do: "approve" }, tag: "button" },
  };

  it("is read when its SHA-1 signature holds, with an Encrypt Key or without", () => {
    const request = cardSigned(click);
    for (const encrypt_key of ["", encryptKey]) {
      const got = receive(request, { encrypt_key });
      expect(got).toMatchObject({ kind: "events", answer: { body: "{}" } });
      expect(eventsIn(got)).toEqual([
        {
          type: "yizhan.message.interaction",
          subject: "oc_1",
          at: nowMs,
          key: `card:${request.headers["x-lark-signature"]}`,
          data: {
            kind: "click",
            messageId: "om_1",
            person: { id: "ou_zhang", kind: "user" },
            value: { do: "approve" },
          },
        },
      ]);
    }
  });

  it("tells two clicks of the same button apart", () => {
    expect(keysIn(receive(cardSigned(click, "n1")))).not.toEqual(keysIn(receive(cardSigned(click, "n2"))));
  });

  it("is refused without a signature, with the events' one, and when it is old", () => {
    expect(refusedBy(receive(plain(click))).reason).toBe("signature");
    expect(refusedBy(receive(signed(click), { encrypt_key: encryptKey })).reason).toBe("signature");
    expect(refusedBy(receive(cardSigned(click), {}, nowMs + 9 * 3_600_000)).reason).toBe("stale");
  });

  it("is not dropped when it does not say who clicked", () => {
    const { open_id: _open, user_id: _user, ...nobody } = click;
    expect(eventsIn(receive(cardSigned(nobody)))).toMatchObject([
      { type: "yizhan.app.other", data: { event: "card.action.trigger_v1" } },
    ]);
  });
});

describe("no bytes at all", { timeout: 60_000 }, () => {
  const cases = 100_000;
  const bodies = samples.map(([, { body }]) => body);
  const bytes = bodies.map((body) => Buffer.from(JSON.stringify(body)));

  it("make the receiver throw: noise and damaged bodies are refused or read", () => {
    const random = seededRandom(1);
    const count = { refused: 0, answered: 0, events: 0 };
    for (let n = 0; n < cases; n++) {
      const body = n % 4 === 0 ? noise(random, 200) : damaged(bytes[n % bytes.length] ?? Buffer.alloc(1), random);
      count[receive({ ...plain({}), body }).kind]++;
    }
    expect(count.refused).toBeGreaterThan(cases / 4);
    expect(count.events).toBeGreaterThan(cases / 20);
  });

  it("make the parser of events throw: what is verified is always kept, in a shape that can be stored", () => {
    const random = seededRandom(2);
    let kept = 0;
    for (let n = 0; n < cases; n++) {
      const body = { ...objectIn(distorted(bodies[n % bodies.length], random)), token };
      const got = receive(plain({ ...body, header: headed(body) }));
      expectStorable(got);
      if (got.kind === "events") kept++;
    }
    expect(kept).toBeGreaterThan(cases / 2);
  });

  it("make decryption throw", () => {
    const random = seededRandom(3);
    const decrypt = decryptWith(encryptKey);
    const whole = bodies.map((body) => Buffer.from(encrypted(body, encryptKey), "base64"));
    for (let n = 0; n < cases; n++) {
      const bytes = n % 4 === 0 ? noise(random, 96) : damaged(whole[n % whole.length] ?? Buffer.alloc(1), random);
      const text = decrypt(Buffer.from(bytes).toString("base64"));
      if (text !== undefined) expect(typeof text).toBe("string");
    }
    // What came before leaves nothing behind.
    expect(bodies.map((body) => decrypt(encrypted(body, encryptKey)))).toEqual(
      bodies.map((body) => JSON.stringify(body)),
    );
  });

  it("make the encrypted way throw", () => {
    const random = seededRandom(4);
    for (let n = 0; n < cases / 5; n++) {
      const body = { ...objectIn(distorted(bodies[n % bodies.length], random)), token };
      expectStorable(receive(sealed(body), { encrypt_key: encryptKey }));
      expect(
        receive(signed(distorted({ encrypt: "AAAA" }, random, 0.5)), { encrypt_key: encryptKey }).kind,
      ).toBeDefined();
    }
  });

  function headed(body: Readonly<Record<string, unknown>>): unknown {
    return body.header === undefined ? undefined : { ...objectIn(body.header), token };
  }
});

describe("the account's settings", () => {
  it("need the app's id and its Verification Token", () => {
    expect(problemsOf({})).toMatch(/app_id[\s\S]*verification_token/);
    expect(problemsOf({ ...app, verification_token: "" })).toMatch(/must be the app's Verification Token/);
    expect(problemsOf({ ...app, encryptkey: "x" })).toMatch(/encryptkey/);
    expect(problemsOf({ ...app, base_url: "open.feishu.cn" })).toMatch(/https:\/\/ or http:\/\//);
  });

  it("have the platform's address and no Encrypt Key unless they say otherwise", () => {
    expect(feishuReceiver.account.parse(app)).toEqual({
      ...app,
      encrypt_key: "",
      base_url: "https://open.feishu.cn",
    });
  });

  function problemsOf(settings: unknown): string | undefined {
    const { error } = feishuReceiver.account.safeParse(settings);
    return error && z.prettifyError(error);
  }
});

describe("what Feishu can tell of a message", () => {
  it("is said for every state, and delivery to a device is said by none", () => {
    for (const states of Object.values(tracking)) {
      expect(Object.keys(states)).toEqual([...messageStates]);
      expect(states.delivered).toBe("not reported by this platform");
    }
  });
});

function receive(request: CallbackRequest, settings: Readonly<Record<string, string>> = {}, at = nowMs): Callback {
  const context = { nowMs: at, randomBytes: (bytes: number) => new Uint8Array(bytes) };
  return feishuReceiver.receive(request, accountWith(settings), context);
}

const parsed = new Map<string, unknown>();

function accountWith(settings: Readonly<Record<string, string>>): unknown {
  const name = JSON.stringify(settings);
  const account = parsed.get(name) ?? feishuReceiver.account.parse({ ...app, ...settings });
  parsed.set(name, account);
  return account;
}

function plain(body: unknown): CallbackRequest {
  return plainText(JSON.stringify(body));
}

function plainText(text: string): CallbackRequest {
  return { method: "POST", query: new URLSearchParams(), headers: {}, body: Buffer.from(text) };
}

function sealed(body: unknown, timestamp?: string): CallbackRequest {
  return signed({ encrypt: encrypted(body, encryptKey) }, timestamp);
}

/** Signs by the platform's formula, written here a second time. */
function signed(body: unknown, timestamp = String(nowMs / 1000)): CallbackRequest {
  return withHeaders(plain(body), timestamp, "n0nce", (text) => ["sha256", `${timestamp}n0nce${encryptKey}${text}`]);
}

function cardSigned(body: unknown, nonce = "n0nce"): CallbackRequest {
  const timestamp = String(nowMs / 1000);
  return withHeaders(plain(body), timestamp, nonce, (text) => ["sha1", `${timestamp}${nonce}${token}${text}`]);
}

function withHeaders(
  request: CallbackRequest,
  timestamp: string,
  nonce: string,
  formula: (text: string) => readonly [string, string],
): CallbackRequest {
  const [algorithm, text] = formula(Buffer.from(request.body).toString());
  const headers = {
    "x-lark-request-timestamp": timestamp,
    "x-lark-request-nonce": nonce,
    "x-lark-signature": createHash(algorithm).update(text).digest("hex"),
  };
  return { ...request, headers };
}

function encrypted(body: unknown, key: string): string {
  const iv = Buffer.alloc(16, 7);
  const cipher = createCipheriv("aes-256-cbc", createHash("sha256").update(key).digest(), iv);
  return Buffer.concat([iv, cipher.update(JSON.stringify(body)), cipher.final()]).toString("base64");
}

function unsigned(request: CallbackRequest): CallbackRequest {
  return { ...request, headers: {} };
}

function without(request: CallbackRequest, header: string): CallbackRequest {
  return { ...request, headers: { ...request.headers, [header]: undefined } };
}

function eventsIn(callback: Callback) {
  if (callback.kind !== "events") throw new Error(`expected Events, got ${JSON.stringify(callback)}`);
  return callback.events;
}

function keysIn(callback: Callback): string[] {
  return eventsIn(callback).map(({ key }) => key);
}

function refusedBy(callback: Callback) {
  if (callback.kind !== "refused") throw new Error(`expected a refusal, got ${JSON.stringify(callback)}`);
  return callback.refusal;
}

/** Refused, or at least one Event with a known type, a key, a valid time and data that can be written as JSON. */
function expectStorable(callback: Callback): void {
  if (callback.kind !== "events") return;
  if (callback.events.length === 0) throw new Error("nothing was kept");
  for (const { type, key, at, data } of callback.events) {
    const valid =
      known.has(type) && key !== "" && key.length < 1_200 && !Number.isNaN(Date.parse(new Date(at).toISOString()));
    if (!valid || JSON.stringify(data) === undefined) throw new Error(`not storable: ${JSON.stringify(callback)}`);
  }
}

const known: ReadonlySet<string> = new Set(eventTypes);

const emptyAnswer = emptyAnswerOf();

function emptyAnswerOf() {
  return { status: 200, contentType: "application/json; charset=utf-8", body: "{}" };
}

function sampleOf(name: string): Readonly<Record<string, unknown>> {
  const body = new Map(samples).get(name)?.body;
  if (body === undefined) throw new Error(`no fixture ${name}`);
  return body;
}

function objectIn(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function objectAt(value: unknown, key: string): unknown {
  return objectIn(value)[key];
}

function read<Content>(folder: string): [string, Content][] {
  const here = new URL(`./fixtures/${folder}/`, import.meta.url);
  return readdirSync(here).map((name) => [
    name.replace(".json", ""),
    JSON.parse(readFileSync(new URL(name, here), "utf8")) as Content,
  ]);
}

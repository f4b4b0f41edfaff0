import { createCipheriv, createHash, createHmac } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { eventTypes } from "../../model/event.ts";
import { messageStates } from "../../model/event-data.ts";
import { damaged, distorted, noise, seededRandom } from "../../testing/hostile-json.ts";
import type { Callback, CallbackRequest } from "../receiving.ts";
import { frameKey, openFrame, sealFrame, signatureOf } from "../tencent-crypto.ts";
import { dingtalkReceiver } from "./receive.ts";
import { cardSign, robotSign } from "./signed-headers.ts";
import { tracking } from "./tracking.ts";

const nowMs = 1_577_262_236_757;
const app = {
  client_id: "dingsnotzck6pm5veliw",
  client_secret: "this is a secret",
  token: "123456",
  aes_key: "1234567890123456789012345678901234567890123",
  api_secret: "testappSecret",
};

interface Sample {
  readonly source: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly expected: readonly unknown[];
}

const robots = read<Sample>("callbacks/robot");
const events = read<Sample>("callbacks/events");
const cards = read<Sample>("callbacks/cards");
const noReply = answerOf('{"msgtype":"empty"}');
const unchanged = answerOf("{}");

describe("the published vectors", () => {
  const [[, frames], [, signatures]] = read<readonly Readonly<Record<string, string>>[]>("vectors") as [
    [string, readonly Readonly<Record<string, string>>[]],
    [string, readonly Readonly<Record<string, string>>[]],
  ];

  it.each(frames)("hold for the frame of $of ($source)", (vector) => {
    const { token = "", aes_key = "", owner_key = "", timestamp = "", nonce = "", encrypt = "", random16 } = vector;
    expect(signatureOf(token, timestamp, nonce, encrypt)).toBe(vector.signature);
    const opened = openFrame(encrypt, frameKey(aes_key), owner_key);
    expect(opened.ok && opened.message.toString()).toBe(vector.plaintext);
    if (random16 !== undefined) {
      const sealed = sealFrame(vector.plaintext ?? "", frameKey(aes_key), owner_key, Buffer.from(random16));
      expect(sealed).toBe(encrypt);
    }
  });

  it.each(signatures)("hold for the signature of $of ($source)", ({ of, timestamp = "", secret = "", sign }) => {
    expect(of?.includes("robot") ? robotSign(timestamp, secret) : cardSign(timestamp, secret)).toBe(sign);
  });

  it("answer the store app's check with the word it brought", () => {
    const {
      token = "",
      aes_key = "",
      owner_key = "",
      timestamp = "",
      nonce = "",
      signature = "",
      encrypt,
    } = frames[0] ?? {};
    const query = new URLSearchParams({ signature, timestamp, nonce });
    const got = receive({ ...post({ encrypt }), query }, { token, aes_key, owner_key }, Number(timestamp));
    expect(wordIn(got, { token, aes_key, owner_key })).toBe("LPIdSnlF");
  });
});

describe("what people write to the robot", () => {
  it.each(robots)("reads %s, and does not reply", (_name, { body, expected }) => {
    expect(receive(toRobot(body))).toEqual({
      kind: "events",
      events: expected,
      answer: noReply,
      raw: JSON.stringify(body),
    });
  });

  it("keeps the sessionWebhook, with which anyone could reply, in the body alone", () => {
    for (const [, { body }] of robots) {
      expect(JSON.stringify(eventsIn(receive(toRobot(body))))).not.toMatch(/must-not-be-shown|sendBySession/);
    }
  });

  it("gives a repeat the same key, whenever it is signed, and another message another", () => {
    const body = sampleOf(robots, "text");
    const again = receive(toRobot(body, String(nowMs + 5_000)));
    expect(keysIn(again)).toEqual(keysIn(receive(toRobot(body))));
    expect(keysIn(receive(toRobot({ ...body, msgId: "another" })))).toEqual(["another"]);
  });

  it("keeps what is no message at all, if it was signed", () => {
    expect(eventsIn(receive(toRobot({ hello: "world" })))).toMatchObject([
      { type: "yizhan.app.other", data: { event: "robot", details: { hello: "world" } } },
    ]);
  });
});

describe("events that are pushed", () => {
  it.each(events)("reads %s, and answers the encrypted success", (_name, { body, expected }) => {
    const got = receive(pushed(body));
    expect(got).toMatchObject({ kind: "events", raw: JSON.stringify(body) });
    expect(eventsIn(got)).toEqual(expected);
    expect(wordIn(got)).toBe("success");
  });

  it.each([
    ["signature", "timestamp"],
    ["signature", "timeStamp"],
    ["msg_signature", "timestamp"],
    ["msg_signature", "timeStamp"],
  ])("may spell the query %s and %s", (signature, timestamp) => {
    const request = pushed(sampleOf(events, "chat-quit"));
    const { query } = request;
    const spelt = new URLSearchParams({
      [signature]: query.get("signature") ?? "",
      [timestamp]: query.get("timestamp") ?? "",
      nonce: query.get("nonce") ?? "",
    });
    expect(receive({ ...request, query: spelt }).kind).toBe("events");
  });

  it("may be signed in seconds", () => {
    expect(receive(pushed({ EventType: "chat_quit" }, { timestamp: String(Math.floor(nowMs / 1000)) })).kind).toBe(
      "events",
    );
  });

  it("are told apart by eventId, or by their text where there is none", () => {
    const body = sampleOf(events, "chat-quit");
    expect(keysIn(receive(pushed({ ...body, eventId: "another" })))).toEqual(["another"]);
    const { eventId: _id, ...nameless } = body;
    const [first, again] = [0, 1].map(() => keysIn(receive(pushed(nameless))));
    expect(again).toEqual(first);
    expect(keysIn(receive(pushed({ ...nameless, BizId: "b2" })))).not.toEqual(first);
  });

  it.each([
    ["check_url", { EventType: "check_url" }, "success"],
    ["check_create_suite_url", { EventType: "check_create_suite_url", Random: "LPIdSnlF" }, "LPIdSnlF"],
    ["check_update_suite_url", { EventType: "check_update_suite_url", Random: "LPIdSnlF" }, "LPIdSnlF"],
  ])("answers the address check %s and stores nothing", (_name, body, word) => {
    const got = receive(pushed(body));
    expect(got.kind).toBe("answered");
    expect(wordIn(got)).toBe(word);
  });

  it("are for the Client ID unless an owner_key is set", () => {
    const body = sampleOf(events, "chat-quit");
    expect(refusedBy(receive(pushed(body, { owner: "dingcorp" })))).toMatchObject({ reason: "undecryptable" });
    const got = receive(pushed(body, { owner: "dingcorp" }), { owner_key: "dingcorp" });
    expect(got.kind).toBe("events");
    expect(wordIn(got, { ...app, owner_key: "dingcorp" })).toBe("success");
  });
});

describe("clicks in cards", () => {
  it.each(cards)("reads %s, and changes nothing in the card", (_name, { body, expected }) => {
    const got = receive(fromCard(body));
    const told = expected.map((event) => ({
      ...objectIn(event),
      at: nowMs,
      key: expect.stringMatching(/^card:[0-9a-f]{64}$/),
    }));
    expect(got).toEqual({ kind: "events", events: told, answer: unchanged, raw: JSON.stringify(body) });
  });

  it("tells two clicks of the same button apart, and a repeat not", () => {
    const body = sampleOf(cards, "click");
    const first = keysIn(receive(fromCard(body)));
    expect(keysIn(receive(fromCard(body)))).toEqual(first);
    expect(keysIn(receive(fromCard(body, String(nowMs + 1))))).not.toEqual(first);
  });
});

describe("what is refused", () => {
  const text = sampleOf(robots, "text");
  const quit = sampleOf(events, "chat-quit");
  const click = sampleOf(cards, "click");
  const noEvents = { token: undefined, aes_key: undefined };

  it.each([
    ["a GET", { ...toRobot(text), method: "GET" }, {}, "malformed", /POST/],
    ["no JSON", raw("hello"), {}, "malformed", /JSON/],
    ["a list", raw("[]"), {}, "malformed", /JSON/],
    ["what is not UTF-8", { ...toRobot(text), body: Uint8Array.of(0x7b, 0xff, 0x7d) }, {}, "malformed", /UTF-8/],
    ["a robot's message without headers", post(text), {}, "signature", /`timestamp` and `sign`/],
    ["a robot's message with one header", without(toRobot(text), "sign"), {}, "signature", /`timestamp` and `sign`/],
    ["a robot's message of another app", toRobot(text), { client_secret: "other" }, "signature", /Client Secret/],
    [
      "a card's click without an api_secret here",
      fromCard(click),
      { api_secret: undefined },
      "signature",
      /api_secret/,
    ],
    ["a card's click of another address", fromCard(click), { api_secret: "other" }, "signature", /api_secret/],
    ["a card's click with a robot's signature", toRobot(click), {}, "signature", /x-ddpaas/],
    ["an event without keys here", pushed(quit), noEvents, "undecryptable", /token and aes_key/],
    ["an event without a signature", post({ encrypt: "AAAA" }), {}, "signature", /msg_signature/],
    ["an event of another token", pushed(quit), { token: "654321" }, "signature", /token/],
    ["an event of another aes_key", pushed(quit), { aes_key: "x".repeat(43) }, "undecryptable", /aes_key/],
    ["an event for somebody else", pushed(quit, { owner: "other" }), {}, "undecryptable", /owner_key/],
    ["a signed event that nobody encrypted", frame("AAAA"), {}, "undecryptable", /no encrypted frame/],
    ["an encrypted text that is no JSON", pushed("success"), {}, "malformed", /JSON/],
  ] as const)("refuses %s", (_what, request, settings, reason, advice) => {
    expect(refusedBy(receive(request, settings))).toEqual({ reason, advice: expect.stringMatching(advice) });
  });

  it("refuses an encrypted event of which anything changed after signing", () => {
    const request = pushed(quit);
    for (const name of ["signature", "timestamp", "nonce"]) {
      const query = new URLSearchParams(request.query);
      query.set(name, `${query.get(name)}0`);
      expect(refusedBy(receive({ ...request, query })).reason).toBe("signature");
    }
    const { encrypt } = JSON.parse(Buffer.from(request.body).toString()) as { encrypt: string };
    const flipped = `${encrypt.startsWith("A") ? "B" : "A"}${encrypt.slice(1)}`;
    expect(refusedBy(receive({ ...post({ encrypt: flipped }), query: request.query })).reason).toBe("signature");
  });

  it("quotes neither secrets nor the body", () => {
    const said = [
      receive(toRobot(text), { client_secret: "another-secret" }),
      receive(pushed(quit), { token: "anothersecret" }),
      receive(pushed(quit, { owner: "other" })),
      receive(fromCard(click), { api_secret: "another-secret" }),
    ].map((got) => JSON.stringify(got));
    for (const told of said)
      expect(told).not.toMatch(/another-?secret|this is a secret|123456|must-not|zhang|dingsnot/);
  });
});

describe("the clock", () => {
  const hour = 3_600_000;
  const kinds: readonly [string, (timestamp: string) => CallbackRequest][] = [
    ["a robot's message", (timestamp) => toRobot(sampleOf(robots, "text"), timestamp)],
    ["an event", (timestamp) => pushed(sampleOf(events, "chat-quit"), { timestamp })],
    ["a card's click", (timestamp) => fromCard(sampleOf(cards, "click"), timestamp)],
  ];
  const moments = [
    ["now", String(nowMs), "events"],
    ["1 hour ago", String(nowMs - hour), "events"],
    ["1 hour and 1 ms ago", String(nowMs - hour - 1), "stale"],
    ["in 1 hour", String(nowMs + hour), "events"],
    ["in 1 hour and 1 ms", String(nowMs + hour + 1), "stale"],
    ["last year", String(nowMs - 365 * 24 * hour), "stale"],
    ["no number", "soon", "stale"],
    ["zero", "0", "stale"],
  ] as const;
  for (const [kind, made] of kinds) {
    it.each(moments)(`judges ${kind} signed %s`, (_when, timestamp, outcome) => {
      const got = receive(made(timestamp));
      expect(got.kind === "refused" ? got.refusal.reason : got.kind).toBe(outcome);
    });

    it(`leaves a replay of ${kind} within the hour to its key`, () => {
      const request = made(String(nowMs));
      expect(keysIn(receive(request, {}, nowMs + 1_000))).toEqual(keysIn(receive(request)));
    });
  }
});

describe("no bytes at all", { timeout: 60_000 }, () => {
  const cases = 100_000;
  const all = [...robots, ...events, ...cards].map(([, { body }]) => body);

  it("make the receiver throw: noise and damaged bodies are refused or kept", () => {
    const random = seededRandom(1);
    const request = toRobot({});
    const whole = robots.map(([, { body }]) => Buffer.from(JSON.stringify(body)));
    const count = { refused: 0, answered: 0, events: 0 };
    for (let n = 0; n < cases; n++) {
      const bytes = n % 4 === 0 ? noise(random, 200) : damaged(whole[n % whole.length] ?? Buffer.alloc(1), random);
      const got = receive({ ...request, body: bytes });
      expectStorable(got);
      count[got.kind]++;
    }
    expect(count.refused).toBeGreaterThan(cases / 4);
    expect(count.events).toBeGreaterThan(cases / 20);
  });

  it("make the parsers throw: what is verified is always kept, in a shape that can be stored", () => {
    const random = seededRandom(2);
    const headers = { ...toRobot({}).headers, ...fromCard({}).headers };
    const { "x-ddpaas-signature": _sign, ...robotOnly } = headers;
    let kept = 0;
    for (let n = 0; n < cases; n++) {
      const body = distorted(all[n % all.length], random);
      const got = receive({ ...post(body), headers: n % 2 === 0 ? headers : robotOnly });
      expectStorable(got);
      if (got.kind === "events") kept++;
    }
    expect(kept).toBeGreaterThan(cases / 2);
  });

  it("make the encrypted way throw: frames of distorted events, and signed noise", () => {
    const random = seededRandom(3);
    const whole = events.map(([, { body }]) =>
      Buffer.from(sealFrame(JSON.stringify(body), key, app.client_id, zeros), "base64"),
    );
    for (let n = 0; n < cases; n++) {
      if (n % 4 === 0) {
        expectStorable(receive(pushed(distorted(events[n % events.length]?.[1].body, random))));
        continue;
      }
      const bytes = n % 4 === 1 ? noise(random, 160) : damaged(whole[n % whole.length] ?? Buffer.alloc(1), random);
      expectStorable(receive(frame(Buffer.from(bytes).toString("base64"))));
    }
  });
});

describe("the account's settings", () => {
  it.each([
    ["nothing", {}, /client_id[\s\S]*client_secret/],
    ["a misspelt key", { ...app, clientid: "x" }, /clientid/],
    ["a token of one letter", { ...app, token: "x" }, /3 to 32 letters and digits/],
    ["an aes_key of 42 characters", { ...app, aes_key: "x".repeat(42) }, /43 letters and digits/],
    ["a token without an aes_key", { ...app, aes_key: undefined }, /belong together/],
    ["an address without a scheme", { ...app, base_url: "api.dingtalk.com" }, /https:\/\/ or http:\/\//],
  ])("refuse %s and say what would be right", (_what, settings, says) => {
    const { error } = dingtalkReceiver.account.safeParse(settings);
    expect(error && z.prettifyError(error)).toMatch(says);
  });

  it("need only the app's pair for a robot", () => {
    const { client_id, client_secret } = app;
    const account = { client_id, client_secret };
    expect(dingtalkReceiver.account.parse(account)).toEqual({ ...account, base_url: "https://api.dingtalk.com" });
  });
});

describe("what DingTalk can tell of a message", () => {
  it("is said for every state, and delivery to a device is said by none", () => {
    for (const states of Object.values(tracking)) {
      expect(Object.keys(states)).toEqual([...messageStates]);
      expect(states.delivered).toBe("not reported by this platform");
    }
  });
});

type Settings = Readonly<Record<string, string | undefined>>;

function receive(request: CallbackRequest, settings: Settings = {}, at = nowMs): Callback {
  const context = { nowMs: at, randomBytes: (bytes: number) => new Uint8Array(bytes).fill(5) };
  return dingtalkReceiver.receive(request, accountWith(settings), context);
}

function accountWith(settings: Settings): unknown {
  if (Object.keys(settings).length === 0) return plainAccount;
  return dingtalkReceiver.account.parse({ ...app, ...settings });
}

const plainAccount = dingtalkReceiver.account.parse(app);
const key = Buffer.from(`${app.aes_key}=`, "base64");
const zeros = Buffer.alloc(16);

function post(body: unknown): CallbackRequest {
  return raw(JSON.stringify(body));
}

function raw(text: string): CallbackRequest {
  return { method: "POST", query: new URLSearchParams(), headers: {}, body: Buffer.from(text) };
}

// The formulas are written here a second time, so that the two check each other.

function toRobot(body: unknown, timestamp = String(nowMs)): CallbackRequest {
  const sign = createHmac("sha256", app.client_secret).update(`${timestamp}\n${app.client_secret}`).digest("base64");
  return { ...post(body), headers: { timestamp, sign } };
}

function fromCard(body: unknown, timestamp = String(nowMs)): CallbackRequest {
  const sign = createHmac("sha256", app.api_secret).update(timestamp).digest("base64");
  return { ...post(body), headers: { "x-ddpaas-signature-timestamp": timestamp, "x-ddpaas-signature": sign } };
}

function pushed(body: unknown, { owner = app.client_id, timestamp = String(nowMs) } = {}): CallbackRequest {
  const text = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  const content = Buffer.concat([Buffer.alloc(16, 9), length, text, Buffer.from(owner)]);
  const padding = 32 - (content.length % 32);
  const cipher = createCipheriv("aes-256-cbc", key, key.subarray(0, 16)).setAutoPadding(false);
  const padded = Buffer.concat([content, Buffer.alloc(padding, padding)]);
  return frame(Buffer.concat([cipher.update(padded), cipher.final()]).toString("base64"), timestamp);
}

function frame(encrypt: string, timestamp = String(nowMs)): CallbackRequest {
  const nonce = "nEXhMP4r";
  const parts = [app.token, timestamp, nonce, encrypt].sort();
  const signature = createHash("sha1").update(parts.join("")).digest("hex");
  return { ...post({ encrypt }), query: new URLSearchParams({ signature, timestamp, nonce }) };
}

function without(request: CallbackRequest, header: string): CallbackRequest {
  return { ...request, headers: { ...request.headers, [header]: undefined } };
}

/** The word in an encrypted answer, after checking its signature. */
function wordIn(
  callback: Callback,
  { token, aes_key, owner_key }: { token: string; aes_key: string; owner_key?: string } = app,
): string {
  if (callback.kind === "refused") throw new Error(`refused: ${callback.refusal.advice}`);
  const { msg_signature, timeStamp, nonce, encrypt } = JSON.parse(callback.answer.body) as Record<string, string>;
  if (!timeStamp || !nonce || !encrypt) throw new Error(`not an encrypted answer: ${callback.answer.body}`);
  expect(msg_signature).toBe(signatureOf(token, timeStamp, nonce, encrypt));
  const opened = openFrame(encrypt, frameKey(aes_key), owner_key ?? app.client_id);
  return opened.ok ? opened.message.toString() : opened.fault;
}

function answerOf(body: string) {
  return { status: 200, contentType: "application/json; charset=utf-8", body };
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

const known: ReadonlySet<string> = new Set(eventTypes);

/** Refused, or one Event with a known type, a key, a valid time and data that can be written as JSON. */
function expectStorable(callback: Callback): void {
  if (callback.kind !== "events") return;
  if (callback.events.length !== 1) throw new Error("nothing was kept, or too much");
  for (const { type, key, at, data } of callback.events) {
    const timed = !Number.isNaN(Date.parse(new Date(at).toISOString()));
    if (!known.has(type) || key === "" || key.length > 600 || !timed || JSON.stringify(data) === undefined) {
      throw new Error(`not storable: ${JSON.stringify(callback)}`);
    }
  }
}

function sampleOf(samples: readonly [string, Sample][], name: string): Readonly<Record<string, unknown>> {
  const body = new Map(samples).get(name)?.body;
  if (body === undefined) throw new Error(`no fixture ${name}`);
  return body;
}

function objectIn(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function read<Content>(folder: string): [string, Content][] {
  const here = new URL(`./fixtures/${folder}/`, import.meta.url);
  return readdirSync(here)
    .sort()
    .map((name) => [name.replace(".json", ""), JSON.parse(readFileSync(new URL(name, here), "utf8")) as Content]);
}

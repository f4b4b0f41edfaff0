import { describe, expect, it } from "vitest";
import * as z from "zod";
import { junk } from "../junk-for-tests.ts";
import type { Callback, CallbackRequest } from "../receiving.ts";
import {
  context,
  eventOf,
  get,
  neverThrows,
  type Peer,
  post,
  refusalOf,
  sealed,
  sealedXmlCall,
  second,
  signed,
  type Vector,
  vectorsIn,
  xml,
} from "../tencent-calls-for-tests.ts";
import { wecomReceiver } from "./receive.ts";

const vectors = vectorsIn(new URL("fixtures/callbacks/vectors.json", import.meta.url));
const key = "A".repeat(43);
const corp: Peer = { token: "T0ken", encodingAesKey: key, receiver: "ww1" };

const checks = vectors.filter(({ kind }) => kind === "GET");

describe("the published address checks", () => {
  it.each(checks)("$id is answered with what was encrypted, and nothing around it", (vector) => {
    const query = { ...signedAs(vector), echostr: vector.encrypted };
    expect(receiveVector(get(query), vector)).toEqual({
      kind: "answered",
      answer: { status: 200, contentType: "text/plain; charset=utf-8", body: vector.message },
    });
  });

  it("are understood when nobody escaped the + in them", () => {
    const vector = vectorNamed("W1");
    expect(vector.encrypted).toContain("+");
    const echostr = vector.encrypted.replaceAll("+", " ");
    expect(receiveVector(get({ ...signedAs(vector), echostr }), vector).kind).toBe("answered");
  });
});

describe("the published messages", () => {
  it("W2 is read from XML", () => {
    const vector = vectorNamed("W2");
    const body = `<xml><ToUserName><![CDATA[wx5823bf96d3bd56c7]]></ToUserName><Encrypt><![CDATA[${vector.encrypted}]]></Encrypt><AgentID><![CDATA[218]]></AgentID></xml>`;
    expect(receiveVector(post(signedAs(vector), body), vector)).toEqual(asReceived(vector));
  });

  it("W3 is read from JSON, with every digit of its id", () => {
    const vector = vectorNamed("W3");
    const body = JSON.stringify({ tousername: vector.receiver, encrypt: vector.encrypted, agentid: "218" });
    expect(receiveVector(post(signedAs(vector), body), vector)).toEqual(asReceived(vector));
  });

  function asReceived(vector: Vector): Callback {
    const event = {
      type: "yizhan.message.received",
      subject: "mycreate",
      at: 1_409_659_813_000,
      key: "message:4561255354251345929",
      data: {
        messageId: "4561255354251345929",
        kind: "text",
        chat: { id: "mycreate", kind: "direct" },
        sender: { id: "mycreate", kind: "user" },
        text: "hello",
        mentions: [],
        attachments: [],
      },
    } as const;
    const answer = { status: 200, contentType: "text/plain; charset=utf-8", body: "" };
    return { kind: "events", events: [event], answer, raw: vector.message, nonce: "1409659813.1372623149" };
  }
});

describe("a call that is turned away", () => {
  const message = xml({ FromUserName: "zhangsan", CreateTime: second, MsgType: "text", Content: "hi", MsgId: 1 });
  const good = sealedXmlCall(message, corp);

  it("would have been received otherwise", () => expect(receive(good).kind).toBe("events"));

  it.each<[string, CallbackRequest, string]>([
    ["without a signature", post({}, good.body), "signature: the address has no msg_signature, timestamp and nonce"],
    [
      "signed with another Token",
      sealedXmlCall(message, { ...corp, token: "other" }),
      "signature: the signature does not match: is this account's Token",
    ],
    ["with another nonce", withQuery(good, { nonce: "another" }), "signature: the signature does not match"],
    ["signed in milliseconds", stamped({ timestamp: `${second}000` }), "signature: the timestamp is not in seconds"],
    [
      "whose nonce is endless",
      stamped({ nonce: "n".repeat(129) }),
      "signature: the timestamp is not in seconds, or the nonce",
    ],
    [
      "signed eleven minutes ago",
      stamped({ timestamp: String(second - 660) }),
      "stale: it was signed 660 s ago, and at most 600 s",
    ],
    ["signed in eleven minutes", stamped({ timestamp: String(second + 660) }), "stale: it was signed 660 s from now"],
    [
      "encrypted with another key",
      sealedXmlCall(message, { ...corp, encodingAesKey: "B".repeat(43) }),
      "undecryptable: the key does not fit: is this account's EncodingAESKey",
    ],
    [
      "for another corp",
      sealedXmlCall(message, { ...corp, receiver: "ww2" }),
      "undecryptable: it was meant for another receiver",
    ],
    ["encrypted by halves", cut(), "undecryptable: the ciphertext is not whole"],
    ["not encrypted", post(signed("msg_signature", corp, [message]), message), "malformed: the body has no Encrypt"],
    [
      "with a DTD",
      post(signed("msg_signature", corp), '<!DOCTYPE x [<!ENTITY a "b">]><xml><A>&a;</A></xml>'),
      "malformed: the XML has a DTD",
    ],
    ["with an entity inside", sealedXmlCall("<xml><A>&a;</A></xml>", corp), "malformed: the XML has an entity"],
    ["that is not UTF-8", post({}, Buffer.from([0x3c, 0xff])), "malformed: the body is not UTF-8"],
    ["with nothing in it", post({}, ""), "malformed: the body is empty"],
    ["with a word in it", post({}, "hello"), "malformed: the body is neither XML nor a JSON object"],
    ["with half a JSON", post({}, '{"encrypt":'), "malformed: the body is not a JSON object"],
    ["made with PUT", { ...good, method: "PUT" }, "malformed: WeCom calls with GET to check and POST to tell"],
  ])("%s: is told why", (_what, request, says) => {
    expect(refusalOf(receive(request))).toContain(says);
  });

  it("as a check of an encrypted message is not answered with the message", () => {
    const encrypted = sealed(message, corp);
    const replayed = get({ ...signed("msg_signature", corp, [encrypted]), echostr: encrypted });
    expect(refusalOf(receive(replayed))).toBe("malformed: echostr is not the random text of an address check");
  });

  it("never quotes a secret", () => {
    const wrong = sealedXmlCall(message, { ...corp, encodingAesKey: "B".repeat(43), receiver: "ww2" });
    for (const request of [good, wrong, cut(), get({ echostr: "x" })]) {
      expect(JSON.stringify(receive(withQuery(request, {}), { token: "another" }))).not.toMatch(
        /another|AAAAAAAA|BBBBBBBB/,
      );
    }
  });

  function stamped(stamp: { timestamp?: string; nonce?: string }): CallbackRequest {
    const encrypted = sealed(message, corp);
    return post(signed("msg_signature", corp, [encrypted], stamp), `<xml><Encrypt>${encrypted}</Encrypt></xml>`);
  }

  function cut(): CallbackRequest {
    const encrypted = sealed(message, corp).slice(0, 30);
    return post(signed("msg_signature", corp, [encrypted]), `<xml><Encrypt>${encrypted}</Encrypt></xml>`);
  }
});

describe("a call at the edge of its time", () => {
  it.each([
    ["ten minutes ago", -600, "events"],
    ["a second more", -601, "refused"],
    ["ten minutes from now", 600, "events"],
    ["a second more", 601, "refused"],
  ] as const)("%s (%d s): %s", (_when, offS, kind) => {
    const encrypted = sealed(xml({ MsgType: "text", MsgId: 1 }), corp);
    const query = signed("msg_signature", corp, [encrypted], { timestamp: String(second + offS) });
    expect(receive(post(query, `<xml><Encrypt>${encrypted}</Encrypt></xml>`)).kind).toBe(kind);
  });
});

describe("an app in plain mode", () => {
  const plain = { mode: "plain", encoding_aes_key: undefined } as const;
  const message = xml({ FromUserName: "zhangsan", CreateTime: second, MsgType: "text", Content: "hi", MsgId: 7 });

  it.each(["signature", "msg_signature"] as const)("checks %s", (name) => {
    expect(receive(get({ ...signed(name, corp), echostr: "12345" }), plain)).toMatchObject({
      answer: { body: "12345" },
    });
    expect(eventOf(receive(post(signed(name, corp), message), plain))).toMatchObject({ data: { text: "hi" } });
    expect(refusalOf(receive(post(signed(name, { ...corp, token: "x" }), message), plain))).toContain("signature:");
  });

  it("gives back no page of somebody's making", () => {
    const query = { ...signed("signature", corp), echostr: "<script>alert(1)</script>" };
    expect(refusalOf(receive(get(query), plain))).toContain("malformed: echostr");
  });

  it("says what to set when the call is encrypted after all", () => {
    const request = post(signed("signature", corp), sealedXmlCall(message, corp).body);
    expect(refusalOf(receive(request, plain))).toContain("set the account's mode to safe");
  });
});

describe("an account", () => {
  it.each([
    [{ token: "T0ken", encoding_aes_key: key }, /corp_id/],
    [{ corp_id: "ww1", token: "a token", encoding_aes_key: key }, /1 to 32 letters and digits/],
    [{ corp_id: "ww1", token: "T0ken" }, /must be set: mode safe decrypts with it/],
    [{ corp_id: "ww1", token: "T0ken", encoding_aes_key: "A".repeat(44) }, /exactly 43 letters and digits/],
    [{ corp_id: "ww1", token: "T0ken", encoding_aes_key: key, sercet: "x" }, /sercet/],
    [{ corp_id: "ww1", token: "T0ken", encoding_aes_key: key, base_url: "ftp://x" }, /https:\/\/ or http:\/\//],
    [{ kind: "robot", token: "T0ken" }, /app.*bot/],
    ["ww1", /object/],
  ])("refuses %j", (settings, says) => {
    const { error } = wecomReceiver.account.safeParse(settings);
    expect(error && z.prettifyError(error)).toMatch(says);
  });

  it("is an app's unless it says otherwise", () => {
    const settings = { corp_id: "ww1", agent_id: 1_000_002, token: "T0ken", encoding_aes_key: key };
    expect(wecomReceiver.account.parse(settings)).toEqual({
      ...settings,
      kind: "app",
      agent_id: "1000002",
      mode: "safe",
      base_url: "https://qyapi.weixin.qq.com",
    });
  });

  it("describes every field in both languages, and marks its secrets", () => {
    const schema = z.toJSONSchema(wecomReceiver.account, { io: "input" }) as { oneOf: { properties: object }[] };
    expect(schema.oneOf).toHaveLength(2);
    for (const { properties } of schema.oneOf) {
      for (const [name, field] of Object.entries(properties)) {
        expect(field, name).toMatchObject({ description: expect.any(String), zh: expect.any(String) });
        const isSecret = ["secret", "token", "encoding_aes_key"].includes(name);
        expect((field as { secret?: boolean }).secret === true, name).toBe(isSecret);
      }
    }
  });

  it("of a third-party app is called with its suite id", () => {
    const call = sealedXmlCall(xml({ MsgType: "text", MsgId: 1 }), { ...corp, receiver: "suite1" });
    expect(receive(call, { receive_id: "suite1" }).kind).toBe("events");
    expect(refusalOf(receive(call))).toContain("another receiver");
  });
});

describe("whatever bytes come", () => {
  it("they are received or refused, and nothing is thrown", () => {
    const query = { msg_signature: "x", timestamp: String(second), nonce: "n", echostr: "x" };
    for (const text of junk(100_000, 2)) {
      const { kind } = neverThrows(text, () => receive(post(query, text)));
      if (kind !== "refused") expect.fail(text);
      // The same under latin1, most of which is not UTF-8.
      neverThrows(text, () => receive(post(query, Buffer.from(text, "latin1"))));
      neverThrows(text, () => receive(get({ ...query, echostr: text, timestamp: text })));
    }
  }, 60_000);

  it.each([
    ["an app", corp, {}],
    ["a robot", { ...corp, receiver: "" }, { kind: "bot", corp_id: undefined }],
  ])(
    "even when they were signed and encrypted for %s",
    (_who, peer, account) => {
      const settings = accountFor(account);
      const seen = { events: 0, refused: 0, answered: 0 };
      for (const text of junk(100_000, 3)) {
        const call = sealedXmlCall(text, peer);
        const { kind } = neverThrows(text, () => wecomReceiver.receive(call, settings, context));
        seen[kind] += 1;
      }
      expect(seen.events).toBeGreaterThan(100);
      expect(seen.refused).toBeGreaterThan(10_000);
    },
    60_000,
  );
});

function receive(request: CallbackRequest, said: Readonly<Record<string, unknown>> = {}): Callback {
  return wecomReceiver.receive(request, accountFor(said), context);
}

function accountFor(said: Readonly<Record<string, unknown>>): unknown {
  return accountOf({ corp_id: "ww1", token: corp.token, encoding_aes_key: key, ...said });
}

function accountOf(settings: Readonly<Record<string, unknown>>): unknown {
  return wecomReceiver.account.parse(
    Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)),
  );
}

function receiveVector(request: CallbackRequest, { token, encodingAesKey, receiver, timestamp }: Vector): Callback {
  const account = accountOf({ corp_id: receiver, token, encoding_aes_key: encodingAesKey });
  return wecomReceiver.receive(request, account, { ...context, nowMs: Number(timestamp) * 1000 });
}

function signedAs({ signature, timestamp, nonce }: Vector): Record<string, string> {
  return { msg_signature: signature, timestamp, nonce };
}

function vectorNamed(id: string): Vector {
  const vector = vectors.find((candidate) => candidate.id === id);
  if (!vector) throw new Error(`no vector ${id}`);
  return vector;
}

function withQuery(request: CallbackRequest, query: Record<string, string>): CallbackRequest {
  return { ...request, query: new URLSearchParams({ ...Object.fromEntries(request.query), ...query }) };
}

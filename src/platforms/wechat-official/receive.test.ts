import { describe, expect, it } from "vitest";
import * as z from "zod";
import { junk } from "../junk-for-tests.ts";
import type { Callback, CallbackRequest } from "../receiving.ts";
import {
  context,
  eventOf,
  get,
  neverThrows,
  post,
  refusalOf,
  sealedXmlCall,
  second,
  signed,
  type Vector,
  vectorsIn,
  xml,
} from "../tencent-calls-for-tests.ts";
import { wechatOfficialReceiver } from "./receive.ts";

const key = "A".repeat(43);
const peer = { token: "T0ken", encodingAesKey: key, receiver: "wx1" };
const vectors = vectorsIn(new URL("fixtures/vectors.json", import.meta.url));
const message = xml({ FromUserName: "o1", CreateTime: second, MsgType: "text", Content: "hi", MsgId: "7" });

describe("the published examples", () => {
  // https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/message_push.html
  const check = {
    signature: "f464b24fc39322e44b38aa78f5edd27bd1441696",
    timestamp: "1714036504",
    nonce: "1514711492",
    echostr: "4375120948345356249",
  };

  it.each(["plain", "compat", "safe"])("P1, an address check, is answered in mode %s as it came", (mode) => {
    const account = accountOf({ token: "AAAAA", mode });
    const answer = { status: 200, contentType: "text/plain; charset=utf-8", body: check.echostr };
    expect(receiveAt(1_714_036_504, get(check), account)).toEqual({ kind: "answered", answer });
  });

  it("P4, in compatible mode, counts only as decrypted", () => {
    const vector = vectorNamed("P4");
    const forged = "<FromUserName>somebody else</FromUserName><Content>forged</Content><MsgId>1</MsgId>";
    const body = `<xml>${forged}<Encrypt><![CDATA[${vector.encrypted}]]></Encrypt></xml>`;
    expect(receiveVector(vector, body, "compat")).toEqual({
      kind: "events",
      events: [
        {
          type: "yizhan.message.received",
          subject: "oyORnuP8q7ou2gfYjqLzSIWZf0rs",
          at: 1_409_735_668_000,
          key: "message:6054768590064713728",
          data: {
            messageId: "6054768590064713728",
            kind: "text",
            chat: { id: "oyORnuP8q7ou2gfYjqLzSIWZf0rs", kind: "direct" },
            sender: { id: "oyORnuP8q7ou2gfYjqLzSIWZf0rs", kind: "user" },
            text: "abcdteT",
            mentions: [],
            attachments: [],
          },
        },
      ],
      answer: { status: 200, contentType: "text/plain; charset=utf-8", body: "success" },
      raw: vector.message,
      nonce: "1409735669.1320562132",
    });
  });

  it("P5, in safe mode, is an event of a kind of its own", () => {
    const vector = vectorNamed("P5");
    const body = `<xml><ToUserName><![CDATA[gh_97417a04a28d]]></ToUserName><Encrypt><![CDATA[${vector.encrypted}]]></Encrypt></xml>`;
    expect(eventOf(receiveVector(vector, body, "safe"))).toMatchObject({
      type: "yizhan.app.other",
      at: 1_715_943_329_000,
      data: {
        event: "debug_demo",
        person: { id: "o9AgO5Kd5ggOC-bXrbNODIiE3bGY" },
        details: { debug_str: "hello world" },
      },
    });
  });
});

describe("a call that is turned away", () => {
  it.each<[string, CallbackRequest, Record<string, string>, string]>([
    [
      "a check with another Token",
      get({ ...signed("signature", { ...peer, token: "x" }), echostr: "1" }),
      {},
      "signature: ",
    ],
    ["a check with a page in it", get({ ...signed("signature", peer), echostr: "<b>" }), {}, "malformed: echostr"],
    [
      "an old check",
      get({ ...signed("signature", peer, [], { timestamp: "1600000000" }), echostr: "1" }),
      {},
      "stale: ",
    ],
    [
      "plain, with another Token",
      post(signed("signature", { ...peer, token: "x" }), message),
      { mode: "plain" },
      "signature: ",
    ],
    ["plain, to a safe account", post(signed("signature", peer), message), {}, "malformed: the body has no Encrypt"],
    [
      "plain, to a compatible account",
      post(signed("signature", peer), message),
      { mode: "compat" },
      "malformed: the body has no Encrypt",
    ],
    [
      "safe, to a plain account",
      post(signed("signature", peer), sealedXmlCall(message, peer).body),
      { mode: "plain" },
      "set the account's mode to safe",
    ],
    [
      "safe, with the plain signature only",
      post(signed("signature", peer), sealedXmlCall(message, peer).body),
      {},
      "signature: the address has no msg_signature",
    ],
    [
      "for another AppID",
      sealedXmlCall(message, { ...peer, receiver: "wx2" }),
      {},
      "undecryptable: it was meant for another receiver",
    ],
    [
      "with another key",
      sealedXmlCall(message, { ...peer, encodingAesKey: "B".repeat(43) }),
      {},
      "undecryptable: the key does not fit",
    ],
    [
      "with a DTD",
      post(signed("signature", peer), `<!DOCTYPE x>${message}`),
      { mode: "plain" },
      "malformed: the XML has a DTD",
    ],
    ["with DELETE", { ...get({}), method: "DELETE" }, {}, "malformed: WeChat calls with GET"],
  ])("%s: is told why", (_what, request, said, says) => {
    expect(refusalOf(receive(request, said))).toContain(says);
  });
});

describe("a key that was changed", () => {
  const changed = { encoding_aes_key: "C".repeat(43), previous_encoding_aes_key: key };

  it("opens what the platform still encrypts with the one before", () => {
    expect(eventOf(receive(sealedXmlCall(message, peer), changed))).toMatchObject({ data: { text: "hi" } });
    const now = { ...peer, encodingAesKey: changed.encoding_aes_key };
    expect(eventOf(receive(sealedXmlCall(message, now), changed))).toMatchObject({ data: { text: "hi" } });
  });

  it("opens nothing that neither encrypted", () => {
    const other = { ...peer, encodingAesKey: "D".repeat(43) };
    expect(refusalOf(receive(sealedXmlCall(message, other), changed))).toContain("undecryptable");
  });
});

describe("an account in plain mode", () => {
  it("is told messages as they are", () => {
    const received = receive(post(signed("signature", peer), message), { mode: "plain" });
    expect(eventOf(received)).toMatchObject({ key: "message:7", data: { text: "hi", sender: { id: "o1" } } });
    expect(received).toMatchObject({ raw: message, answer: { body: "success" } });
  });
});

describe("an account's settings", () => {
  it.each([
    [{ app_id: "wx1", token: "T0ken" }, /must be set: modes safe and compat decrypt with it/],
    [{ app_id: "wx1", token: "T0ken", mode: "secure" }, /plain.*compat.*safe/],
    [{ app_id: "wx 1", token: "T0ken", encoding_aes_key: key }, /AppID of the admin page/],
    [{ app_id: "wx1", token: "T0ken", encoding_aes_key: key, previous_encoding_aes_key: "x" }, /43 letters and digits/],
    [{ app_id: "wx1", token: "T0ken", encoding_aes_key: key, appsecret: "x" }, /appsecret/],
  ])("refuse %j", (settings, says) => {
    const { error } = wechatOfficialReceiver.account.safeParse(settings);
    expect(error && z.prettifyError(error)).toMatch(says);
  });

  it("are described in both languages, and the secret ones marked", () => {
    const schema = z.toJSONSchema(wechatOfficialReceiver.account, { io: "input" });
    for (const [name, field] of Object.entries(schema.properties ?? {})) {
      expect(field, name).toMatchObject({ description: expect.any(String), zh: expect.any(String) });
      expect((field as { secret?: boolean }).secret === true, name).toBe(/secret|token|key/.test(name));
    }
  });
});

describe("whatever bytes come", () => {
  it.each(["plain", "compat", "safe"])(
    "in mode %s, they are received or refused, and nothing is thrown",
    (mode) => {
      const account = accountOf({ mode });
      const query = signed("signature", peer);
      const seen = { events: 0, refused: 0, answered: 0 };
      for (const text of junk(100_000, 4)) {
        const call = mode === "plain" ? post(query, text) : sealedXmlCall(text, peer);
        const { kind } = neverThrows(text, () => wechatOfficialReceiver.receive(call, account, context));
        seen[kind] += 1;
      }
      expect(seen.events).toBeGreaterThan(100);
      expect(seen.refused).toBeGreaterThan(10_000);
    },
    60_000,
  );
});

function receive(request: CallbackRequest, said: Record<string, string> = {}): Callback {
  return receiveAt(second, request, accountOf(said));
}

function receiveAt(seconds: number, request: CallbackRequest, account: unknown): Callback {
  return wechatOfficialReceiver.receive(request, account, { ...context, nowMs: seconds * 1000 });
}

function receiveVector(vector: Vector, body: string, mode: string): Callback {
  const { token, encodingAesKey, receiver, timestamp, nonce, signature } = vector;
  const account = accountOf({ app_id: receiver, token, encoding_aes_key: encodingAesKey, mode });
  const query = { msg_signature: signature, timestamp, nonce, encrypt_type: "aes" };
  return receiveAt(Number(timestamp), post(query, body), account);
}

function accountOf(said: Record<string, string>): unknown {
  return wechatOfficialReceiver.account.parse({ app_id: "wx1", token: "T0ken", encoding_aes_key: key, ...said });
}

function vectorNamed(id: string): Vector {
  const vector = vectors.find((candidate) => candidate.id === id);
  if (!vector) throw new Error(`no vector ${id}`);
  return vector;
}

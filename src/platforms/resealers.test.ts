import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { decrypt, encrypt, getSignature } from "@wecom/crypto";
import { describe, expect, it } from "vitest";
import { resealerFolders, resealersSource } from "../../scripts/generate-registry.ts";
import { receivers } from "./receivers.ts";
import type { Callback, CallbackAnswer, CallbackRequest } from "./receiving.ts";
import { resealers } from "./resealers.ts";
import type { Resealed } from "./resealing.ts";

const nowMs = Date.parse("2026-11-21T00:00:00Z");
const seconds = String(nowMs / 1000);
const keyA = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
const keyB = "kWxYm8qr6nMoAUwZRjGtBxmz4KA2tkAj4ykkR7q3B3D";
const context = { nowMs, randomBytes: (bytes: number) => new Uint8Array(bytes).fill(7) };

describe("the platforms whose callbacks can be sealed anew", () => {
  it("are listed as scripts/generate-registry.ts makes it of the folders", () => {
    const text = readFileSync(new URL("./resealers.ts", import.meta.url), "utf8");
    expect(text, "run: node scripts/generate-registry.ts").toBe(resealersSource(resealerFolders()));
    expect([...resealers.keys()]).toEqual([...receivers.keys()]);
  });

  it.each([...resealers])("%s: describes each of the keys in both languages", (_id, { keys }) => {
    const shape = (keys as unknown as { shape: Record<string, { meta(): Record<string, unknown> | undefined }> }).shape;
    expect(Object.keys(shape).length).toBeGreaterThan(0);
    for (const [name, field] of Object.entries(shape)) {
      expect(field.meta(), name).toMatchObject({
        description: expect.any(String),
        zh: expect.stringMatching(/\p{Script=Han}/u),
      });
    }
  });
});

describe("a WeCom app's callback under other keys", () => {
  const account = parsed("wecom", { corp_id: "wwcorp", token: "tokenA", encoding_aes_key: keyA });
  const xml =
    "<xml><ToUserName><![CDATA[wwcorp]]></ToUserName><FromUserName><![CDATA[li]]></FromUserName><CreateTime>1</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[你好]]></Content><MsgId>12345678901234567890</MsgId><AgentID>2</AgentID></xml>";
  const sealedXml = encrypt(keyA, xml, "wwcorp");
  const query = { msg_signature: getSignature("tokenA", seconds, "n1", sealedXml), timestamp: seconds, nonce: "n1" };
  const body = `<xml><ToUserName><![CDATA[wwcorp]]></ToUserName><Encrypt><![CDATA[${sealedXml}]]></Encrypt><AgentID><![CDATA[2]]></AgentID></xml>`;
  const request = post(query, body);
  const keys = { token: "tokenB", encoding_aes_key: keyB };

  it("is what the vendor's package opens, and says the same", () => {
    const other = resealed("wecom", account, keys, request);
    const encrypted = /<Encrypt><!\[CDATA\[(.*?)\]\]>/.exec(text(other))?.[1] ?? "";
    expect(decrypt(keyB, encrypted)).toMatchObject({ message: xml, id: "wwcorp" });
    const { timestamp = "", nonce = "", msg_signature } = Object.fromEntries(other.query);
    expect(msg_signature).toBe(getSignature("tokenB", timestamp, nonce, encrypted));
    expect(timestamp).toBe(seconds);
    expect(nonce).not.toBe("n1");
    expect(text(other)).toContain("<AgentID><![CDATA[2]]></AgentID>");
    const theirs = parsed("wecom", { corp_id: "wwcorp", ...keys });
    expect(told("wecom", other, theirs)).toEqual(told("wecom", request, account));
  });

  it("ends with another corp's or suite's id where that is said", () => {
    const other = resealed("wecom", account, { ...keys, receive_id: "suite" }, request);
    const theirs = parsed("wecom", { corp_id: "wwcorp", receive_id: "suite", ...keys });
    expect(told("wecom", other, theirs)).toEqual(told("wecom", request, account));
  });

  it("is encrypted also when it came plain", () => {
    const plain = parsed("wecom", { corp_id: "wwcorp", token: "tokenA", mode: "plain" });
    const came = post({ signature: sha1("tokenA", seconds, "n1"), timestamp: seconds, nonce: "n1" }, xml);
    const other = resealed("wecom", plain, keys, came);
    expect(other.query.has("signature")).toBe(false);
    const theirs = parsed("wecom", { corp_id: "wwcorp", ...keys });
    expect(told("wecom", other, theirs)).toEqual(told("wecom", came, plain));
  });

  it("is answered under the account's keys with what was answered under the other ones", () => {
    const reply = "<xml><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[好]]></Content></xml>";
    const answer = xmlAnswer(reply, "tokenB", keyB, "wwcorp");
    const given = reopened("wecom", account, keys, request, answer);
    const encrypted = /<Encrypt><!\[CDATA\[(.*?)\]\]>/.exec(given?.body ?? "")?.[1] ?? "";
    expect(decrypt(keyA, encrypted)).toMatchObject({ message: reply, id: "wwcorp" });
    expect(given?.body).toContain(getSignature("tokenA", seconds, "07".repeat(8), encrypted));
    for (const forged of [xmlAnswer(reply, "tokenA", keyB, "wwcorp"), xmlAnswer(reply, "tokenB", keyA, "wwcorp")]) {
      expect(reopened("wecom", account, keys, request, forged)).toBeUndefined();
    }
    for (const useless of ["{}", "<html>", reply]) {
      expect(reopened("wecom", account, keys, request, plainAnswer(useless))).toBeUndefined();
    }
    expect(reopened("wecom", account, keys, request, plainAnswer(""))).toEqual(plainAnswer(""));
  });
});

describe("a WeCom robot's callback under other keys", () => {
  const account = parsed("wecom", { kind: "bot", token: "tokenA", encoding_aes_key: keyA });
  const said = {
    msgid: "m1",
    aibotid: "a",
    chattype: "single",
    from: { userid: "li" },
    msgtype: "text",
    text: { content: "hi" },
  };
  const sealed = encrypt(keyA, JSON.stringify(said), "");
  const query = { msg_signature: getSignature("tokenA", seconds, "n1", sealed), timestamp: seconds, nonce: "n1" };
  const request = post(query, JSON.stringify({ encrypt: sealed }));
  const keys = { token: "tokenB", encoding_aes_key: keyB };

  it("is JSON that the vendor's package opens", () => {
    const other = resealed("wecom", account, keys, request);
    expect(decrypt(keyB, JSON.parse(text(other)).encrypt)).toMatchObject({ message: JSON.stringify(said), id: "" });
    const theirs = parsed("wecom", { kind: "bot", ...keys });
    expect(told("wecom", other, theirs)).toEqual(told("wecom", request, account));
  });

  it("is answered under the callback's own nonce: the platform takes no other", () => {
    const reply = JSON.stringify({ msgtype: "stream", stream: { id: "s", finish: true, content: "x" } });
    const encrypted = encrypt(keyB, reply, "");
    const msgsignature = getSignature("tokenB", seconds, "whatever", encrypted);
    const answer = plainAnswer(
      JSON.stringify({ encrypt: encrypted, msgsignature, timestamp: Number(seconds), nonce: "whatever" }),
    );
    const given = JSON.parse(reopened("wecom", account, keys, request, answer)?.body ?? "{}");
    expect(given).toMatchObject({ nonce: "n1", timestamp: Number(seconds) });
    expect(given.msgsignature).toBe(getSignature("tokenA", seconds, "n1", given.encrypt));
    expect(decrypt(keyA, given.encrypt)).toMatchObject({ message: reply });
  });
});

describe("an official account's message under other keys", () => {
  const settings = { app_id: "wxapp", token: "tokenA", encoding_aes_key: keyA };
  const account = parsed("wechat-official", settings);
  const xml =
    "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oLi]]></FromUserName><CreateTime>1</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event></xml>";
  const sealed = encrypt(keyA, xml, "wxapp");
  const query = {
    signature: sha1("tokenA", seconds, "n1"),
    timestamp: seconds,
    nonce: "n1",
    openid: "oLi",
    encrypt_type: "aes",
    msg_signature: getSignature("tokenA", seconds, "n1", sealed),
  };
  // As in compatible mode: the fields in the clear, too.
  const request = post(query, xml.replace("</xml>", `<Encrypt><![CDATA[${sealed}]]></Encrypt></xml>`));

  it("is encrypted with the other key, and nothing of it is left in the clear", () => {
    const keys = { token: "tokenB", encoding_aes_key: keyB };
    const other = resealed("wechat-official", account, keys, request);
    expect(text(other)).not.toContain("subscribe");
    expect(other.query.get("openid")).toBe("oLi");
    const theirs = parsed("wechat-official", { ...settings, ...keys });
    expect(told("wechat-official", other, theirs)).toEqual(told("wechat-official", request, account));
  });

  it("is plain for a system without an EncodingAESKey, and so is its answer until it leaves", () => {
    const keys = { token: "tokenB" };
    const other = resealed("wechat-official", account, keys, request);
    expect(text(other)).toBe(xml);
    expect([...other.query.keys()].toSorted()).toEqual(["nonce", "openid", "signature", "timestamp"]);
    const theirs = parsed("wechat-official", { app_id: "wxapp", token: "tokenB", mode: "plain" });
    expect(told("wechat-official", other, theirs)).toEqual(told("wechat-official", request, account));
    const given = reopened("wechat-official", account, keys, request, plainAnswer("<xml>hi</xml>"));
    const encrypted = /<Encrypt><!\[CDATA\[(.*?)\]\]>/.exec(given?.body ?? "")?.[1] ?? "";
    expect(decrypt(keyA, encrypted)).toMatchObject({ message: "<xml>hi</xml>", id: "wxapp" });
    expect(reopened("wechat-official", account, keys, request, plainAnswer("success"))).toEqual(plainAnswer("success"));
  });
});

describe("a Feishu event under other keys", () => {
  const account = parsed("feishu", { app_id: "cli", verification_token: "vA" });
  const raw =
    '{"schema":"2.0","header":{"event_id":"e1","token":"vA","create_time":"1608725989000","event_type":"im.chat.disbanded_v1","app_id":"cli"},"event":{"chat_id":"oc_1","big":12345678901234567890}}';
  const request = post({}, raw);

  it("carries the other token, and numbers keep their digits", () => {
    const other = resealed("feishu", account, { verification_token: "vB", encrypt_key: "" }, request);
    expect(text(other)).toBe(raw.replace('"vA"', '"vB"'));
  });

  it("is encrypted and signed as the platform's page has it", () => {
    const keys = { verification_token: "vB", encrypt_key: "kB" };
    const other = resealed("feishu", account, keys, request);
    const { "x-lark-request-timestamp": at, "x-lark-request-nonce": nonce, "x-lark-signature": sign } = other.headers;
    expect(sign).toBe(
      createHash("sha256")
        .update(`${at}${nonce}kB${text(other)}`)
        .digest("hex"),
    );
    const theirs = parsed("feishu", { app_id: "cli", ...keys });
    expect(told("feishu", other, theirs)).toEqual(told("feishu", request, account));
  });

  it("carries the token where the older envelope has it", () => {
    const old =
      '{"uuid":"u1","token":"vA","ts":"1502199207.7171419","type":"event_callback","event":{"app_id":"cli","type":"p2p_chat_create","user":{"open_id":"ou"},"chat_id":"oc"}}';
    const other = resealed("feishu", account, { verification_token: "vB", encrypt_key: "" }, post({}, old));
    expect(text(other)).toBe(old.replace('"vA"', '"vB"'));
  });

  it("of the older card callbacks is signed anew, and its own token stays", () => {
    const click =
      '{"open_id":"ou","open_message_id":"om","open_chat_id":"oc","token":"c-1","action":{"tag":"button","value":{}}}';
    const sign = createHash("sha1").update(`${seconds}n1vA${click}`).digest("hex");
    const signedHeaders = {
      "x-lark-request-timestamp": seconds,
      "x-lark-request-nonce": "n1",
      "x-lark-signature": sign,
    };
    const came = { ...post({}, click), headers: signedHeaders };
    const other = resealed("feishu", account, { verification_token: "vB", encrypt_key: "kB" }, came);
    expect(text(other)).toBe(click);
    const theirs = parsed("feishu", { app_id: "cli", verification_token: "vB" });
    expect(receive("feishu", other, theirs).kind).toBe("events");
  });
});

describe("what a DingTalk app is called with, under other keys", () => {
  const account = parsed("dingtalk", {
    client_id: "ding",
    client_secret: "sA",
    token: "tokenA",
    aes_key: keyA,
    api_secret: "aA",
  });
  const keys = { token: "tokenB", aes_key: keyB, client_secret: "sB", api_secret: "aB" };
  const theirs = parsed("dingtalk", { client_id: "ding", ...keys });
  const event = JSON.stringify({ EventType: "chat_disband", eventId: "e1", openConversationId: "cid" });
  const sealed = encrypt(keyA, event, "ding");
  const query = { signature: getSignature("tokenA", seconds, "n1", sealed), timestamp: seconds, nonce: "n1" };
  const request = post(query, JSON.stringify({ encrypt: sealed }));

  it("is an event that the same algorithm opens", () => {
    const other = resealed("dingtalk", account, keys, request);
    const { encrypt: encrypted } = JSON.parse(text(other));
    expect(decrypt(keyB, encrypted)).toMatchObject({ message: event, id: "ding" });
    expect(told("dingtalk", other, theirs)).toEqual(told("dingtalk", request, account));
  });

  it("is answered with the other system's word under the account's keys", () => {
    const encrypted = encrypt(keyB, "success", "ding");
    const answer = {
      encrypt: encrypted,
      timeStamp: seconds,
      nonce: "x",
      msg_signature: getSignature("tokenB", seconds, "x", encrypted),
    };
    const given = JSON.parse(
      reopened("dingtalk", account, keys, request, plainAnswer(JSON.stringify(answer)))?.body ?? "{}",
    );
    expect(given.msg_signature).toBe(getSignature("tokenA", given.timeStamp, given.nonce, given.encrypt));
    expect(decrypt(keyA, given.encrypt)).toMatchObject({ message: "success" });
    expect(reopened("dingtalk", account, keys, request, plainAnswer('{"ok":true}'))).toBeUndefined();
  });

  it.each([
    [
      "a robot's message",
      { timestamp: String(nowMs), sign: hmac("sA", `${nowMs}\nsA`) },
      { msgId: "m1", conversationId: "c", senderStaffId: "s", msgtype: "text", text: { content: "x" } },
    ],
    [
      "a card's click",
      { "x-ddpaas-signature-timestamp": String(nowMs), "x-ddpaas-signature": hmac("aA", String(nowMs)) },
      { type: "actionCallback", outTrackId: "o", userId: "u", content: "{}" },
    ],
  ])("is %s that is signed anew, or as it came without a key for that", (_what, headers, said) => {
    const came = { ...post({}, JSON.stringify(said)), headers };
    const other = resealed("dingtalk", account, keys, came);
    expect(told("dingtalk", other, theirs)).toEqual(told("dingtalk", came, account));
    const same = resealed("dingtalk", account, { token: "tokenB", aes_key: keyB }, came);
    expect([same.headers, text(same)]).toEqual([headers, JSON.stringify(said)]);
  });
});

describe("a webhook under another secret", () => {
  const secret = `whsec_${Buffer.alloc(24, 1).toString("base64")}`;
  const body = '{"alert":  1}';

  it.each([
    ["basic", { scheme: "basic", user: "u", password: "p" }, { authorization: `Basic ${btoa("u:p")}` }, {}],
    ["a bearer", { scheme: "key", key: "k" }, { authorization: "Bearer k" }, {}],
    ["a header", { scheme: "key", key: "k", in: "header", name: "X-Key" }, { "x-key": "k" }, {}],
    ["a parameter", { scheme: "key", key: "k", in: "query", name: "key" }, {}, { key: "k", other: "1" }],
    [
      "an HMAC",
      { scheme: "hmac", secret: "s", header: "X-Sign" },
      { "x-sign": createHmac("sha256", "s").update(body).digest("hex") },
      {},
    ],
  ] as const)("is signed as Standard Webhooks has it, and does not tell %s", (_what, verify, headers, query) => {
    const account = parsed("webhook", { verify });
    const came = { ...post(query, body), headers: { "content-type": "application/json", ...headers } };
    const other = resealed("webhook", account, { secret }, came);
    expect(Object.keys(other.headers).toSorted()).toEqual([
      "content-type",
      "webhook-id",
      "webhook-signature",
      "webhook-timestamp",
    ]);
    expect(other.query.has("key")).toBe(false);
    expect(text(other)).toBe(body);
    expect(other.headers["webhook-signature"]).toBe(
      `v1,${createHmac("sha256", Buffer.alloc(24, 1)).update(`f1.${seconds}.${body}`).digest("base64")}`,
    );
    const theirs = parsed("webhook", { verify: { scheme: "standard", secrets: [secret] } });
    expect(receive("webhook", other, theirs).kind).toBe("events");
  });

  it("keeps the id that its sender gave it", () => {
    const theirs = `whsec_${Buffer.alloc(32, 2).toString("base64")}`;
    const account = parsed("webhook", { verify: { scheme: "standard", secrets: [theirs] } });
    const sign = createHmac("sha256", Buffer.alloc(32, 2)).update(`msg_1.${seconds}.${body}`).digest("base64");
    const headers = { "svix-id": "msg_1", "svix-timestamp": seconds, "svix-signature": `v1,${sign}` };
    const other = resealed("webhook", account, { secret }, { ...post({}, body), headers });
    expect(other.headers).toMatchObject({ "webhook-id": "msg_1" });
    expect(Object.keys(other.headers).filter((name) => name.startsWith("svix"))).toEqual([]);
  });
});

function parsed(platform: string, settings: object): unknown {
  return receivers.get(platform)?.account.parse(settings);
}

function receive(platform: string, request: CallbackRequest, account: unknown): Callback {
  const receiver = receivers.get(platform);
  if (!receiver) throw new Error(`nothing receives for ${platform}`);
  return receiver.receive(request, account, context);
}

/** What is read in it; what is refused fails the test. */
function told(platform: string, request: CallbackRequest, account: unknown) {
  const got = receive(platform, request, account);
  if (got.kind !== "events") throw new Error(`it is ${JSON.stringify(got)}`);
  return got.events.map(({ type, subject, data, key }) => ({ type, subject, data, key }));
}

/** The request that the other system gets. */
function resealed(platform: string, account: unknown, keys: object, request: CallbackRequest): CallbackRequest {
  const resealer = resealers.get(platform);
  const got = receive(platform, request, account);
  if (!resealer || got.kind !== "events") throw new Error(`it is ${JSON.stringify(got)}`);
  const made = resealer.reseal({ request, raw: got.raw, id: "f1" }, resealer.keys.parse(keys), account, context);
  return applied(request, made);
}

function applied(request: CallbackRequest, { query, headers, body }: Resealed): CallbackRequest {
  const params = new URLSearchParams(request.query);
  for (const [name, value] of Object.entries(query))
    value === undefined ? params.delete(name) : params.set(name, value);
  const fields = Object.fromEntries(
    Object.entries({
      ...request.headers,
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    }).filter(([, value]) => value !== undefined),
  );
  return { method: request.method, query: params, headers: fields, body: Buffer.from(body as string) };
}

function reopened(platform: string, account: unknown, keys: object, request: CallbackRequest, answer: CallbackAnswer) {
  const resealer = resealers.get(platform);
  return resealer?.reopen(answer, { request }, resealer.keys.parse(keys), account, context);
}

function post(query: Readonly<Record<string, string>>, body: string): CallbackRequest {
  return { method: "POST", query: new URLSearchParams(query), headers: {}, body: Buffer.from(body) };
}

function text({ body }: CallbackRequest): string {
  return Buffer.from(body).toString("utf8");
}

function plainAnswer(body: string): CallbackAnswer {
  return { status: 200, contentType: "text/plain", body };
}

function xmlAnswer(xml: string, token: string, key: string, receiver: string): CallbackAnswer {
  const encrypted = encrypt(key, xml, receiver);
  const signature = getSignature(token, seconds, "n9", encrypted);
  return plainAnswer(
    `<xml><Encrypt><![CDATA[${encrypted}]]></Encrypt><MsgSignature>${signature}</MsgSignature><TimeStamp>${seconds}</TimeStamp><Nonce>n9</Nonce></xml>`,
  );
}

function sha1(...parts: string[]): string {
  return createHash("sha1").update(parts.sort().join("")).digest("hex");
}

function hmac(secret: string, text: string): string {
  return createHmac("sha256", secret).update(text).digest("base64");
}

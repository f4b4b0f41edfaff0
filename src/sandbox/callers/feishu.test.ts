import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { adaptDefault, CardActionHandler, EventDispatcher } from "@larksuiteoapi/node-sdk";
import { describe, expect, it, onTestFinished } from "vitest";
import { postCallback } from "../post-callback.ts";
import { feishuEncrypt, feishuEventSignature } from "./feishu.ts";
import { feishuExamples } from "./feishu-examples.ts";
import type { HappeningInput } from "./happening.ts";
import { accounts, callOf, moment, requestOf } from "./moment-for-tests.ts";

const { encrypt_key: encryptKey, verification_token: verificationToken } = accounts.feishu;
const quiet = { loggerLevel: 0, logger: { error() {}, warn() {}, info() {}, debug() {}, trace() {} } };
const hello = { event: "message", person: "zhangsan", text: "你好" } as const;

/** A receiver made of Feishu's own SDK; `told` is what its handlers were given. */
async function peer(settings: { encryptKey?: string } = { encryptKey }, autoChallenge = true) {
  const told: unknown[] = [];
  const handle = (data: unknown) => {
    told.push(data);
    return {};
  };
  const names = [...Object.keys(feishuExamples), ...eventNames];
  const dispatcher = new EventDispatcher({ verificationToken, ...settings, ...quiet }).register(
    Object.fromEntries(names.map((name) => [name, handle])),
  );
  const answer = adaptDefault("/feishu", dispatcher, { autoChallenge });
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/feishu`;
  const send = async (happened: HappeningInput, changes: object = {}) => {
    const call = callOf("feishu", happened, { url, ...changes });
    const request = call.request(moment(Date.now()));
    return call.judge(await postCallback(request, AbortSignal.timeout(5_000)), request);
  };
  return { told, send };
}

const eventNames = [
  "im.message.receive_v1",
  "im.message.message_read_v1",
  "im.message.recalled_v1",
  "im.message.reaction.created_v1",
  "im.message.reaction.deleted_v1",
  "im.chat.member.user.added_v1",
  "im.chat.member.user.deleted_v1",
  "im.chat.access_event.bot_p2p_chat_entered_v1",
  "application.bot.menu_v6",
  "card.action.trigger",
];

describe("the published vectors of Feishu", () => {
  it("encrypt to what its page shows", () => {
    const published = "P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=";
    const iv = Buffer.from(published, "base64").subarray(0, 16);
    expect(feishuEncrypt("hello world", "test key", iv)).toBe(published);
  });

  it("sign as its SDK accepts", () => {
    const body = '{"encrypt":"P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk="}';
    expect(feishuEventSignature("1502199207", "557788", "test key", body)).toBe(
      "67c725133016748f2b7c4453b778d5b7f2002571e935a262507a8d1300f130d5",
    );
  });
});

describe("Feishu's own SDK", () => {
  it.each([
    [hello, { message: { message_type: "text", content: '{"text":"你好"}', chat_type: "p2p" } }],
    [
      { ...hello, chat: "oc_1" },
      { message: { chat_id: "oc_1", content: '{"text":"@_user_1 你好"}', mentions: [{ mentioned_type: "bot" }] } },
    ],
    [
      { event: "read", person: "p", messages: ["om_1"] },
      { message_id_list: ["om_1"], reader: { reader_id: { user_id: "p" } } },
    ],
    [
      { event: "recall", person: "p", chat: "oc_1", message: "om_1" },
      { message_id: "om_1", recall_type: "message_owner" },
    ],
    [{ event: "react", person: "p", message: "om_1", emoji: "OK" }, { reaction_type: { emoji_type: "OK" } }],
    [{ event: "unreact", person: "p", message: "om_1", emoji: "OK" }, { event_type: "im.message.reaction.deleted_v1" }],
    [{ event: "join", people: ["p", "q"], chat: "oc_1" }, { users: [{ name: "p" }, { name: "q" }] }],
    [{ event: "leave", people: ["p"], chat: "oc_1", operator: "q" }, { operator_id: { user_id: "q" } }],
    [{ event: "enter", person: "p" }, { operator_id: { user_id: "p" } }],
    [{ event: "menu", person: "p", key: "k" }, { event_key: "k" }],
    [
      { event: "click", person: "p", message: "om_1", key: "k", value: { a: 1 } },
      { action: { tag: "button", value: { a: 1 } } },
    ],
  ] as const satisfies readonly (readonly [HappeningInput, object])[])(
    "verifies, decrypts and understands %j",
    async (happened, data) => {
      const { told, send } = await peer();
      expect(await send(happened)).toEqual({ verdict: "accepted" });
      expect(told).toMatchObject([data]);
    },
  );

  it.each(Object.keys(feishuExamples).filter((name) => name !== "card.action.trigger_v1"))(
    "understands %s",
    async (name) => {
      const { told, send } = await peer();
      await send({ event: "native", name });
      expect(told).toMatchObject([feishuExamples[name]?.event]);
    },
  );

  it("understands what is not encrypted", async () => {
    const { told, send } = await peer({});
    await send(hello, { encrypt_key: undefined });
    expect(told).toHaveLength(1);
  });

  it("answers the challenge, encrypted or not", async () => {
    expect(await (await peer()).send({ event: "verify" })).toEqual({ verdict: "accepted" });
    expect(await (await peer({})).send({ event: "verify" }, { encrypt_key: undefined })).toEqual({
      verdict: "accepted",
    });
  });

  it("hears nothing that is signed with another key", async () => {
    // Looking for a challenge would decrypt before anything is verified, and die of it.
    const { told, send } = await peer({ encryptKey }, false);
    await send(hello, { encrypt_key: "another" });
    expect(told).toEqual([]);
  });

  it("takes the first version's cards for signed", async () => {
    const handler = new CardActionHandler({ verificationToken, ...quiet }, (data: unknown) => data);
    const request = requestOf("feishu", { event: "native", name: "card.action.trigger_v1" });
    const data = Object.assign(Object.create({ headers: request.headers }) as object, JSON.parse(request.body));
    expect(await handler.invoke(data)).toMatchObject({ action: { tag: "button" } });
    const forged = Object.assign(Object.create({ headers: request.headers }) as object, JSON.parse(request.body), {
      a: 1,
    });
    expect(await handler.invoke(forged)).toBeUndefined();
  });
});

describe("a Feishu event", () => {
  it("carries the Verification Token, and stands plain without an Encrypt Key", () => {
    const request = requestOf("feishu", hello, { encrypt_key: undefined });
    expect(request.headers).toEqual({ "content-type": "application/json; charset=utf-8" });
    expect(JSON.parse(request.body)).toMatchObject({
      schema: "2.0",
      header: { token: "vtoken", event_type: "im.message.receive_v1" },
    });
  });

  it("of the first version has its own envelope", () => {
    const native = { event: "native", name: "p2p_chat_create" } as const;
    const body: unknown = JSON.parse(requestOf("feishu", native, { encrypt_key: undefined }).body);
    expect(body).toMatchObject({ token: "vtoken", type: "event_callback", event: { type: "p2p_chat_create" } });
    expect(body).not.toHaveProperty("schema");
  });

  it("keeps its event_id from attempt to attempt", () => {
    const call = callOf("feishu", hello, { encrypt_key: undefined });
    expect(call.request(moment(2)).body).toBe(call.request(moment(1)).body);
  });

  it("is tried again after 15 s, 5 min, 1 h and 6 h, a card's callback never", () => {
    expect(callOf("feishu", hello)).toMatchObject({ deadlineMs: 3_000, retryDelaysMs: [15e3, 300e3, 3600e3, 21600e3] });
    const click = callOf("feishu", { event: "click", person: "p", message: "om_1", key: "k" });
    expect(click).toMatchObject({ deadlineMs: 3_000, retryDelaysMs: [] });
  });

  it("is never signed when it is the challenge", () => {
    expect(requestOf("feishu", { event: "verify" }).headers).not.toHaveProperty("x-lark-signature");
  });

  it("goes to the card's own URL when there is one", () => {
    const click = { event: "click", person: "p", message: "om_1", key: "k" } as const;
    expect(requestOf("feishu", click, { card_url: "http://hub/card" }).url).toBe("http://hub/card");
    expect(requestOf("feishu", hello, { card_url: "http://hub/card" }).url).toBe("http://hub/feishu");
  });
});

describe("an answer to Feishu", () => {
  const click = { event: "click", person: "p", message: "om_1", key: "k" } as const;
  const reply = { toast: { type: "success", content: "ok" }, card: { type: "raw", data: {} } };

  it.each([
    [click, 200, "{}", "accepted"],
    [click, 200, JSON.stringify(reply), "accepted"],
    [click, 200, '{"toast":{"type":"loud"}}', "faulty"],
    [click, 200, '{"card":{"elements":[]}}', "faulty"],
    [click, 200, "", "faulty"],
    [click, 302, "{}", "refused"],
    [hello, 200, "anything", "accepted"],
    [hello, 204, "", "refused"],
    [hello, 301, "", "refused"],
    [{ event: "verify" }, 200, '{"challenge":"other"}', "refused"],
  ] as const)("to %j: %i %s is judged %4$s", (happened, status, body, verdict) => {
    const judged = callOf("feishu", happened).judge({ status, contentType: "", body }, requestOf("feishu", happened));
    expect(judged.verdict).toBe(verdict);
  });
});

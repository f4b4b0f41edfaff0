import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { adaptDefault, EventDispatcher } from "@larksuiteoapi/node-sdk";
import { decrypt, encrypt, getSignature } from "@wecom/crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import type { CallbackRequest } from "../src/sandbox/callers/call.ts";
import { accounts, secrets } from "./receiving/accounts.ts";
import { post, tampered } from "./receiving/platform-caller.ts";
import { callbackUrl, callerOf, eventsOf, receivingWorld } from "./receiving/receiving-world.ts";

const corpId = accounts.app.caller.corp_id;
const ownerKey = accounts.dingtalk.caller.owner_key;

function now(): string {
  return String(Math.floor(Date.now() / 1000));
}

describe("WeCom's own package", () => {
  it("checks the address of an app", async () => {
    const { hub } = await receivingWorld();
    const echostr = encrypt(secrets.wecomKey, "1616140317555161061", corpId);
    const query = signedQuery(secrets.wecomToken, echostr, { echostr });
    const { status, text } = await hub.ask("GET", `${new URL(callbackUrl(hub, "app")).pathname}?${query}`);
    expect([status, text]).toEqual([200, "1616140317555161061"]);
  });

  it("encrypts a message that the hub understands, and one for another corp that it refuses", async () => {
    const { hub } = await receivingWorld();
    const xml = `<xml><ToUserName><![CDATA[${corpId}]]></ToUserName><FromUserName><![CDATA[mycreate]]></FromUserName>
<CreateTime>${now()}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[你好 & <再见> 😀]]></Content>
<MsgId>4561255354251345929</MsgId><AgentID>1000002</AgentID></xml>`;
    const tell = async (id: string) => {
      const sealed = encrypt(secrets.wecomKey, xml, id);
      const url = `${callbackUrl(hub, "app")}?${signedQuery(secrets.wecomToken, sealed)}`;
      const body = `<xml><ToUserName><![CDATA[${id}]]></ToUserName><Encrypt><![CDATA[${sealed}]]></Encrypt></xml>`;
      return (await post({ method: "POST", url, headers: { "content-type": "text/xml" }, body })).status;
    };
    expect(await tell(corpId)).toBe(200);
    expect(await tell("wwanothercorp")).toBe(400);
    expect(await eventsOf(hub)).toMatchObject([
      {
        type: "yizhan.message.received",
        data: { messageId: "4561255354251345929", text: "你好 & <再见> 😀", sender: { id: "mycreate" } },
      },
    ]);
  });

  it("encrypts a robot's message, in JSON and for nobody", async () => {
    const { hub } = await receivingWorld();
    const message = {
      msgid: "CAIQ16HMjQYY",
      aibotid: "aib-test",
      chatid: "group-1",
      chattype: "group",
      from: { userid: "zhangsan" },
      msgtype: "text",
      text: { content: "@Robot hello" },
    };
    const sealed = encrypt(secrets.botKey, JSON.stringify(message), "");
    const url = `${callbackUrl(hub, "robot")}?${signedQuery(secrets.botToken, sealed)}`;
    const answer = await post({ method: "POST", url, headers: json, body: JSON.stringify({ encrypt: sealed }) });
    expect(answer.status).toBe(200);
    expect(await eventsOf(hub)).toMatchObject([{ subject: "group-1", data: { messageId: "CAIQ16HMjQYY" } }]);
  });

  it("encrypts DingTalk's frames as well, and opens the hub's answers", async () => {
    const { hub } = await receivingWorld();
    const tell = async (event: object) => {
      const sealed = encrypt(secrets.dingtalkKey, JSON.stringify(event), ownerKey);
      const timestamp = String(Date.now());
      const signature = getSignature(secrets.dingtalkToken, timestamp, "nonce", sealed);
      const query = new URLSearchParams({ signature, timestamp, nonce: "nonce" });
      const url = `${callbackUrl(hub, "dingtalk")}?${query}`;
      const { status, body } = await post({
        method: "POST",
        url,
        headers: json,
        body: JSON.stringify({ encrypt: sealed }),
      });
      expect(status).toBe(200);
      const answer: { msg_signature: string; timeStamp: string; nonce: string; encrypt: string } = JSON.parse(body);
      const expected = getSignature(secrets.dingtalkToken, answer.timeStamp, answer.nonce, answer.encrypt);
      expect(answer.msg_signature).toBe(expected);
      return decrypt(secrets.dingtalkKey, answer.encrypt);
    };
    expect(await tell({ EventType: "check_url" })).toMatchObject({ message: "success", id: ownerKey });
    expect(await eventsOf(hub)).toEqual([]);
    const joined = { EventType: "chat_add_member", eventId: "e-1", openConversationId: "cid1", userId: ["lisi"] };
    expect(await tell({ ...joined, EventTime: Date.now() })).toMatchObject({ message: "success" });
    expect(await eventsOf(hub)).toMatchObject([
      { type: "yizhan.member.joined", subject: "cid1", data: { people: [{ id: "lisi" }] } },
    ]);
  });

  it("encrypts for an official account", async () => {
    const { hub } = await receivingWorld();
    const { app_id: appId } = accounts.official.settings as { readonly app_id: string };
    const xml = `<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oLisi]]></FromUserName>
<CreateTime>${now()}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event></xml>`;
    const sealed = encrypt(secrets.officialKey, xml, appId);
    const query = signedQuery(secrets.officialToken, sealed, { encrypt_type: "aes" });
    const body = `<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[${sealed}]]></Encrypt></xml>`;
    const url = `${callbackUrl(hub, "official")}?${query}`;
    const answer = await post({ method: "POST", url, headers: { "content-type": "text/xml" }, body });
    expect([answer.status, answer.body]).toEqual([200, "success"]);
    expect(await eventsOf(hub)).toMatchObject([{ type: "yizhan.app.subscribed", subject: "oLisi" }]);
  });
});

describe("Feishu's own SDK", () => {
  it("takes and refuses what the hub takes and refuses, and reads the same in it", async () => {
    const { hub } = await receivingWorld();
    const sdk = await feishuSdk();
    const happened = callerOf(hub, "feishu").happened({ event: "message", person: "ou_lisi", text: "你好" });
    const request = happened.request();
    const forged: CallbackRequest[] = [
      tampered(request, { headers: { "x-lark-signature": "0".repeat(64) } }),
      tampered(request, { headers: { "x-lark-request-nonce": "another" } }),
      tampered(request, { headers: { "x-lark-request-timestamp": "1700000000" } }),
      // Not one of blanks only: the SDK verifies the JSON as it writes it itself, the hub the bytes that came.
      tampered(request, { body: happened.request().body }),
    ];
    for (const each of forged) {
      expect((await post(each)).status).toBe(401);
      await post({ ...each, url: sdk.url });
    }
    expect([sdk.told, await eventsOf(hub)]).toEqual([[], []]);
    expect((await post(request)).status).toBe(200);
    expect((await post({ ...request, url: sdk.url })).status).toBe(200);
    const [read] = sdk.told as { message: { message_id: string; content: string } }[];
    expect(await eventsOf(hub)).toMatchObject([
      { data: { messageId: read?.message.message_id, text: JSON.parse(read?.message.content ?? "{}").text } },
    ]);
  });

  it("answers the address check as the hub does", async () => {
    const { hub } = await receivingWorld();
    const sdk = await feishuSdk();
    const check = callerOf(hub, "feishu").happened({ event: "verify" }).request();
    const answers = [await post(check), await post({ ...check, url: sdk.url })];
    const [ours, theirs] = answers.map(({ body }): unknown => JSON.parse(body));
    expect(ours).toEqual(theirs);
    expect(ours).toMatchObject({ challenge: expect.any(String) });
  });
});

const json = { "content-type": "application/json" };

function signedQuery(token: string, sealed: string, more: Readonly<Record<string, string>> = {}): URLSearchParams {
  const timestamp = now();
  const nonce = String(Math.floor(Math.random() * 1e9));
  const msg_signature = getSignature(token, timestamp, nonce, sealed);
  return new URLSearchParams({ msg_signature, timestamp, nonce, ...more });
}

/** A receiver made of the SDK; `told` is what its handler was given. */
async function feishuSdk(): Promise<{ readonly told: unknown[]; readonly url: string }> {
  const told: unknown[] = [];
  const quiet = { loggerLevel: 0, logger: { error() {}, warn() {}, info() {}, debug() {}, trace() {} } };
  const settings = { verificationToken: secrets.feishuToken, encryptKey: secrets.feishuKey };
  const dispatcher = new EventDispatcher({ ...settings, ...quiet }).register({
    "im.message.receive_v1": (data: unknown) => {
      told.push(data);
      return {};
    },
  });
  const answer = adaptDefault("/feishu", dispatcher, { autoChallenge: true });
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { told, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/feishu` };
}

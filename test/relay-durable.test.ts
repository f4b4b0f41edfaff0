import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { adaptDefault, EventDispatcher } from "@larksuiteoapi/node-sdk";
import { decrypt, encrypt, getSignature } from "@wecom/crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Hub, type World, world } from "./hub.ts";
import { type AccountKey, accounts, allAccounts, secrets } from "./receiving/accounts.ts";
import { post, tampered } from "./receiving/platform-caller.ts";
import { eventsOf } from "./receiving/receiving-world.ts";
import {
  allDelivered,
  callerAt,
  durable,
  forwardsOf,
  type Got,
  innerSystem,
  prefix,
  receiversOf,
} from "./relay/durable-world.ts";
import { until } from "./until.ts";

const message = { event: "message", person: "zhangsan", text: "你好" } as const;
const crmKeys = { token: "crmToken", encoding_aes_key: "crmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C" };
const oaKeys = { token: "oaToken", encoding_aes_key: "oaqYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C" };
const corpId = accounts.app.caller.corp_id;

describe("a callback through a durable relay", () => {
  it("arrives as it came, byte for byte, and says which it is", async () => {
    const inner = await innerSystem();
    const { hub } = await started("app", [{ name: "crm", targets: [`${inner.url}/base`] }]);
    const happened = callerAt(hub, "app", { url: `${hub.url}${prefix}/in%2Fside/` }).happened(message);
    const request = happened.request();
    expect(
      await happened.send({ ...request, headers: { ...request.headers, "X-Odd": "1", "X-Yizhan-Attempt": "99" } }),
    ).toMatchObject({ verdict: "accepted" });
    const [got] = await arrived(inner.got, 1);
    expect(got.method).toBe("POST");
    expect(got.url).toBe(`/base/in%2Fside/${new URL(request.url).search}`);
    expect(got.body.toString()).toBe(request.body);
    expect(got.headers).toMatchObject({
      host: new URL(inner.url).host,
      "content-type": request.headers["content-type"],
      "x-odd": "1",
      "x-yizhan-attempt": "1",
      "x-yizhan-forward-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
      "x-forwarded-for": "127.0.0.1",
    });
    expect(got.rawHeaders.filter((name) => /^x-yizhan-attempt$/i.test(name))).toHaveLength(1);
    expect(await eventsOf(hub)).toMatchObject([{ type: "yizhan.message.received", account: "app" }]);
  });

  it("is answered while nobody is there to take it, and arrives once somebody is, in order", async () => {
    const inner = await innerSystem(() => ({ status: 503 }));
    const { hub } = await started("app", [{ name: "crm", targets: [inner.url] }]);
    for (const text of ["1", "2", "3"]) {
      expect(
        await callerAt(hub, "app")
          .happened({ ...message, text })
          .send(),
      ).toMatchObject({ verdict: "accepted" });
    }
    await arrived(inner.got, 1);
    expect(await receiversOf(hub)).toMatchObject([{ name: "crm", waiting: 3, dead: 0 }]);
    inner.reply = () => ({ status: 200 });
    const before = inner.got.length;
    await allDelivered(hub);
    expect(inner.got.slice(before).map((got) => contentIn(got, secrets.wecomKey))).toEqual(["1", "2", "3"]);
  });

  it("is the hub's to answer when it is the check of an address", async () => {
    const inner = await innerSystem();
    const { hub } = await started("app", [{ name: "crm", targets: [inner.url], answers: true }]);
    expect(await callerAt(hub, "app").happened({ event: "verify" }).send()).toMatchObject({ verdict: "accepted" });
    expect([inner.got, await forwardsOf(hub)]).toEqual([[], []]);
  });

  it("is stored and passed on once however often it is repeated", async () => {
    const inner = await innerSystem();
    const { hub } = await started("app", [{ name: "crm", targets: [inner.url] }]);
    const happened = callerAt(hub, "app").happened(message);
    for (let n = 0; n < 3; n++) expect(await happened.send()).toMatchObject({ verdict: "accepted" });
    await allDelivered(hub);
    expect([inner.got.length, (await forwardsOf(hub)).length]).toEqual([1, 1]);
  });

  it("goes nowhere and is not stored when its signature does not hold, or it is too large", async () => {
    const inner = await innerSystem();
    const { hub } = await started("app", [{ name: "crm", targets: [inner.url] }]);
    const request = callerAt(hub, "app").happened(message).request();
    const forged = callerAt(hub, "app", { token: "anothertoken" }).happened(message).request();
    expect(await post(forged)).toMatchObject({ status: 401, body: expect.stringContaining('"reason":"signature"') });
    expect(await post(tampered(request, { body: "x".repeat(1024 * 1024 + 1) }))).toMatchObject({ status: 413 });
    expect((await fetch(`${hub.url}${prefix}`)).status).toBe(401);
    expect([inner.got, await forwardsOf(hub), await eventsOf(hub)]).toEqual([[], [], []]);
  });
});

describe("a callback that its receiver refuses", () => {
  it("is set aside in time, so that those behind it arrive, and can be replayed or skipped", async () => {
    const inner = await innerSystem((got) => ({ status: contentIn(got, secrets.wecomKey) === "bad" ? 400 : 200 }));
    const { hub } = await started("app", [{ name: "crm", targets: [inner.url] }], { refusals: 2 });
    for (const text of ["bad", "good"])
      await callerAt(hub, "app")
        .happened({ ...message, text })
        .send();
    await allDelivered(hub);
    expect(inner.got.map((got) => contentIn(got, secrets.wecomKey))).toEqual(["bad", "bad", "good"]);
    expect(await receiversOf(hub)).toMatchObject([{ state: "up", waiting: 0, dead: 1 }]);
    const [dead] = await forwardsOf(hub, "&state=dead");
    expect(dead).toMatchObject({ receiver: "crm", chat: "zhangsan", attempts: 2 });

    inner.reply = () => ({ status: 200 });
    expect(await replay(hub, { id: dead?.id })).toEqual([202, 1]);
    await allDelivered(hub);
    const again = inner.got.at(-1);
    expect(again && contentIn(again, secrets.wecomKey)).toBe("bad");
    expect(again?.headers).toMatchObject({
      "x-yizhan-forward-id": dead?.id,
      "x-yizhan-attempt": "3",
      "x-yizhan-replay": "1",
    });
    expect((await hub.ask("POST", `/api/v1/relays/wework/forwards/${dead?.id}/skip`)).status).toBe(409);
  });
});

describe("a replay of a span", () => {
  it("sends what came in it again, to one receiver, in order", async () => {
    const [crm, oa] = [await innerSystem(), await innerSystem()];
    const { hub } = await started("app", [
      { name: "crm", targets: [crm.url] },
      { name: "oa", targets: [oa.url] },
    ]);
    for (const text of ["1", "2", "3"])
      await callerAt(hub, "app")
        .happened({ ...message, text })
        .send();
    await allDelivered(hub);
    expect(await replay(hub, { since: "2020-01-01T00:00:00Z", until: "2020-01-02T00:00:00Z" })).toEqual([202, 0]);
    expect(await replay(hub, { since: "2020-01-01T00:00:00Z", receiver: "oa" })).toEqual([202, 3]);
    await allDelivered(hub);
    expect(oa.got.map((got) => contentIn(got, secrets.wecomKey))).toEqual(["1", "2", "3", "1", "2", "3"]);
    expect(crm.got).toHaveLength(3);
  });
});

describe("three systems that share one WeCom app", () => {
  it("get what they ask for, each under its own keys, and one of them answers the platform", async () => {
    const crm = await innerSystem((got) => ({ status: 200, body: wecomReply(got) }));
    const [oa, audit] = [await innerSystem(), await innerSystem()];
    const { hub } = await started("app", [
      {
        name: "crm",
        targets: [crm.url],
        path: "/hook",
        seal: crmKeys,
        answers: true,
        types: ["yizhan.message.received"],
      },
      { name: "oa", targets: [oa.url], seal: { ...oaKeys, receive_id: "suite" }, types: ["yizhan.app.menu"] },
      { name: "audit", targets: [audit.url] },
    ]);
    const said = callerAt(hub, "app").happened(message);
    const sent = said.request();
    expect(await said.send(sent)).toMatchObject({
      verdict: "accepted",
      said: expect.stringContaining("<![CDATA[收到：你好]]>"),
    });
    await callerAt(hub, "app").happened({ event: "menu", person: "zhangsan", key: "V1" }).send();
    await allDelivered(hub);

    expect(crm.got).toHaveLength(1);
    expect(crm.got[0]?.url).toMatch(/^\/hook\?/);
    expect(crm.got.map((got) => contentIn(got, crmKeys.encoding_aes_key, crmKeys.token))).toEqual(["你好"]);
    expect(oa.got.map((got) => openedBy(got, oaKeys.encoding_aes_key, oaKeys.token))).toMatchObject([
      { id: "suite", message: expect.stringContaining("<![CDATA[V1]]>") },
    ]);
    expect(audit.got).toHaveLength(2);
    expect(audit.got[0]?.body.toString()).toBe(sent.body);
  });

  it("have a platform that is answered in time when the one that answers is late, and it gets the callback again", async () => {
    const late = Promise.withResolvers<void>();
    const crm = await innerSystem(async () => {
      await late.promise;
      return { status: 500 };
    });
    const { hub } = await started("app", [{ name: "crm", targets: [crm.url], seal: crmKeys, answers: true }]);
    expect(await callerAt(hub, "app").happened(message).send()).toMatchObject({ verdict: "accepted", body: "" });
    crm.reply = (got) => ({ status: 200, body: wecomReply(got) });
    late.resolve();
    await allDelivered(hub);
    expect(crm.got.map(({ headers }) => headers["x-yizhan-attempt"])).toEqual(["1", "2"]);
  });

  it("leave the platform its usual answer when what one answers is sealed with other keys", async () => {
    const crm = await innerSystem((got) => ({ status: 200, body: wecomReply(got, oaKeys) }));
    const { hub } = await started("app", [{ name: "crm", targets: [crm.url], seal: crmKeys, answers: true }]);
    expect(await callerAt(hub, "app").happened(message).send()).toMatchObject({ verdict: "accepted", body: "" });
    await allDelivered(hub);
    await until(() => /keys do not fit/.test(hub.process.stdout + hub.process.stderr), { what: "a word in the log" });
  });
});

describe("another platform's app that is shared", () => {
  it("Feishu: its own SDK takes the event under another Encrypt Key and Verification Token", async () => {
    const sdk = await feishuSdk("crm-token", "crm-key");
    const seal = { verification_token: "crm-token", encrypt_key: "crm-key" };
    const { hub } = await started("feishu", [{ name: "crm", targets: [sdk.url], path: "/feishu", seal }]);
    await callerAt(hub, "feishu").happened(message).send();
    await allDelivered(hub);
    expect(sdk.told).toMatchObject([{ message: { content: JSON.stringify({ text: "你好" }) } }]);
  });

  it("DingTalk: events and the robot's messages are signed with the other secrets", async () => {
    const inner = await innerSystem();
    const seal = { token: "crmToken", aes_key: crmKeys.encoding_aes_key, client_secret: "crm-secret" };
    const { hub } = await started("dingtalk", [{ name: "crm", targets: [inner.url], seal }]);
    await callerAt(hub, "dingtalk").happened(message).send();
    await callerAt(hub, "dingtalk")
      .happened({ event: "join", people: ["lisi"], chat: "cid1" })
      .send();
    await allDelivered(hub);
    const [robot, event] = inner.got;
    const { timestamp, sign } = robot?.headers ?? {};
    expect(sign).toBe(createHmac("sha256", "crm-secret").update(`${timestamp}\ncrm-secret`).digest("base64"));
    expect(event && openedBy(event, seal.aes_key, seal.token)).toMatchObject({
      id: accounts.dingtalk.caller.owner_key,
      message: expect.stringContaining("lisi"),
    });
  });
});

describe("a configuration that is read again", () => {
  it("keeps what waits for a receiver that was taken out, and delivers it when it is back", async () => {
    const inner = await innerSystem(() => ({ status: 503 }));
    const receiver = { name: "crm", targets: [inner.url] };
    const { hub, hubs } = await started("app", [receiver]);
    await callerAt(hub, "app").happened(message).send();
    await arrived(inner.got, 1);
    const other = { name: "other", targets: [inner.url] };
    hubs.configure({ accounts: allAccounts, relays: durable("app", [other]) });
    expect((await hub.ask("POST", "/api/v1/reload")).status).toBe(200);
    expect(await receiversOf(hub)).toMatchObject([{ name: "other" }, { name: "crm", state: "removed", waiting: 1 }]);
    inner.reply = () => ({ status: 200 });
    hubs.configure({ accounts: allAccounts, relays: durable("app", [receiver, other]) });
    await hub.ask("POST", "/api/v1/reload");
    await allDelivered(hub);
    expect(await forwardsOf(hub, "&state=done")).toHaveLength(1);
  });
});

/** A system made of Feishu's SDK; `told` is what its handler was given. */
async function feishuSdk(verificationToken: string, encryptKey: string) {
  const told: unknown[] = [];
  const quiet = { loggerLevel: 0, logger: { error() {}, warn() {}, info() {}, debug() {}, trace() {} } };
  const dispatcher = new EventDispatcher({ verificationToken, encryptKey, ...quiet }).register({
    "im.message.receive_v1": (data: unknown) => {
      told.push(data);
      return {};
    },
  });
  const answer = adaptDefault("/feishu", dispatcher);
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { told, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function started(
  name: AccountKey,
  receivers: readonly object[],
  more: object = {},
): Promise<{ hub: Hub; hubs: World }> {
  const hubs = await world({ accounts: allAccounts, relays: durable(name, receivers, more) });
  return { hub: await hubs.start(), hubs };
}

async function replay(hub: Hub, body: object): Promise<[number, unknown]> {
  const { status, body: answered } = await hub.ask<{ count: number }>("POST", "/api/v1/relays/wework/replay", {
    json: body,
  });
  return [status, answered.data.count];
}

function arrived(got: readonly Got[], count: number): Promise<[Got, ...Got[]]> {
  return until(() => (got.length >= count ? (got as [Got, ...Got[]]) : undefined), { what: `${count} callbacks` });
}

/** What WeCom's own package reads, once the signature under this token holds. */
function openedBy({ url, body }: Got, key: string, token?: string): { message: string; id: string } {
  const encrypted = /<Encrypt><!\[CDATA\[(.*?)\]\]>|"encrypt":"(.*?)"/.exec(body.toString());
  const sealed = encrypted?.[1] ?? encrypted?.[2] ?? "";
  const query = new URL(url, "http://inner").searchParams;
  const [at, nonce] = [query.get("timestamp") ?? "", query.get("nonce") ?? ""];
  if (token !== undefined) expect(query.get("msg_signature")).toBe(getSignature(token, at, nonce, sealed));
  return decrypt(key, sealed);
}

function contentIn(got: Got, key: string, token?: string): string | undefined {
  return /<Content><!\[CDATA\[(.*?)\]\]>/.exec(openedBy(got, key, token).message)?.[1];
}

/** A passive reply to what was said, as WeCom's own package seals it. */
function wecomReply(got: Got, keys = crmKeys): string {
  const said = contentIn(got, crmKeys.encoding_aes_key);
  const xml = `<xml><ToUserName><![CDATA[zhangsan]]></ToUserName><FromUserName><![CDATA[${corpId}]]></FromUserName><CreateTime>1700000000</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[收到：${said}]]></Content></xml>`;
  const sealed = encrypt(keys.encoding_aes_key, xml, corpId);
  const at = String(Math.floor(Date.now() / 1000));
  return `<xml><Encrypt><![CDATA[${sealed}]]></Encrypt><MsgSignature><![CDATA[${getSignature(keys.token, at, "n", sealed)}]]></MsgSignature><TimeStamp>${at}</TimeStamp><Nonce><![CDATA[n]]></Nonce></xml>`;
}

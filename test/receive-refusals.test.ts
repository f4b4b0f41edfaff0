import { describe, expect, it } from "vitest";
import type { CallbackRequest } from "../src/sandbox/callers/call.ts";
import { feishuEventSignature } from "../src/sandbox/callers/feishu.ts";
import { sealFrame, sha1OfSorted } from "../src/sandbox/callers/frame.ts";
import type { HappeningInput } from "../src/sandbox/callers/happening.ts";
import type { Hub } from "./hub.ts";
import { metricsOf } from "./metrics.ts";
import { type AccountKey, accounts, allAccounts, secrets } from "./receiving/accounts.ts";
import { post, tampered } from "./receiving/platform-caller.ts";
import { callbackPath, callbackUrl, callerOf, eventsOf, receivingWorld } from "./receiving/receiving-world.ts";
import { until } from "./until.ts";
import { run } from "./yizhan.ts";

const HOUR_MS = 3_600_000;
const hello = { event: "message", person: "zhangsan", text: "words that nobody may log" } as const;
const joining: HappeningInput = { event: "join", people: ["zhangsan"], chat: "cid1" };

/** A key of the same form that is not the account's. */
const anotherKey = "Q".repeat(43);
const anotherToken = "someoneElsesToken";

interface Refused {
  readonly what: string;
  readonly account: AccountKey;
  readonly request: (hub: Hub) => CallbackRequest | Promise<CallbackRequest>;
  readonly status: number;
  readonly reason: string;
}

function signedWith(changes: Readonly<Record<string, unknown>>, happening: HappeningInput = hello, agoMs = 0) {
  return (account: AccountKey) => (hub: Hub) =>
    callerOf(hub, account, changes)
      .happened(happening)
      .request(Date.now() - agoMs);
}

function each(
  names: readonly AccountKey[],
  what: string,
  request: (account: AccountKey) => Refused["request"],
  [status, reason]: readonly [number, string],
): Refused[] {
  return names.map((account) => ({ what, account, request: request(account), status, reason }));
}

const signature = [401, "signature"] as const;
const stale = [401, "stale"] as const;
const replayed = [401, "replayed"] as const;
const undecryptable = [400, "undecryptable"] as const;
const malformed = [400, "malformed"] as const;

const tencent = ["app", "robot", "official", "compatible"] as const satisfies readonly AccountKey[];

const refused: readonly Refused[] = [
  ...each([...tencent, "plain"], "signed with another Token", signedWith({ token: anotherToken }), signature),
  ...each(["feishu"], "signed with another Encrypt Key", signedWith({ encrypt_key: "another" }), signature),
  ...each(
    ["feishu", "lark"],
    "with another Verification Token",
    signedWith({ verification_token: "another" }),
    signature,
  ),
  ...each(["dingtalk"], "signed with another Client Secret", signedWith({ app_secret: "another" }), signature),
  ...each(["dingtalk"], "an event under another token", signedWith({ token: anotherToken }, joining), signature),
  ...each(
    ["dingtalk"],
    "a click under another apiSecret",
    signedWith({ api_secret: "another" }, { event: "click", person: "zhangsan", message: "track", key: "yes" }),
    signature,
  ),
  ...each(
    names(),
    "signed for another body",
    (account) => (hub) => {
      const request = callerOf(hub, account).happened(hello).request();
      const other = callerOf(hub, account, forgery(account)).happened(hello).request();
      return tampered(request, { body: other.body });
    },
    signature,
  ),
  ...each(["feishu"], "in the clear, where everything is encrypted", () => plainFeishu, signature),
  ...each(
    ["feishu"],
    "encrypted but not signed",
    () => (hub) => ({ ...plainHeaders(callerOf(hub, "feishu").happened(hello).request()) }),
    signature,
  ),
  ...each(
    [...tencent, "plain", "feishu", "dingtalk"],
    "signed nine hours ago",
    signedWith({}, hello, 9 * HOUR_MS),
    stale,
  ),
  ...each(
    [...tencent, "plain", "feishu", "dingtalk"],
    "signed two hours from now",
    signedWith({}, hello, -2 * HOUR_MS),
    stale,
  ),
  ...each(
    [...tencent, "plain"],
    "under a nonce that came before",
    (account) => (hub) => replay(hub, account),
    replayed,
  ),
  ...each(tencent, "encrypted with another key", signedWith({ encoding_aes_key: anotherKey }), undecryptable),
  ...each(
    ["dingtalk"],
    "encrypted with another key",
    signedWith({ encoding_aes_key: anotherKey }, joining),
    undecryptable,
  ),
  ...each(["app"], "for another corp", signedWith({ corp_id: "wwsomebodyelse" }), undecryptable),
  ...each(["official"], "for another official account", signedWith({ app_id: "wxsomebodyelse" }), undecryptable),
  ...each(["dingtalk"], "for another app", signedWith({ owner_key: "dingelse" }, joining), undecryptable),
  ...each(["feishu"], "signed rightly over what is no ciphertext", () => signedGarbage, undecryptable),
  ...each(
    ["app", "official", "compatible", "plain"],
    "an XML body with a DTD",
    (account) => (hub) =>
      tampered(callerOf(hub, account).happened(hello).request(), {
        body: '<!DOCTYPE xml [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Encrypt>&e;</Encrypt></xml>',
      }),
    malformed,
  ),
  ...each(
    ["app"],
    "encrypted XML with a DTD",
    () => sealed('<!DOCTYPE xml [<!ENTITY a "b">]><xml><MsgType>text</MsgType><Content>&a;</Content></xml>'),
    malformed,
  ),
  ...each(
    ["app"],
    "encrypted XML with an entity of its own",
    () => sealed("<xml><ToUserName>ww</ToUserName><MsgType>text</MsgType><Content>&secret;</Content></xml>"),
    malformed,
  ),
  ...each(
    ["feishu", "lark", "dingtalk"],
    "a body that is no JSON",
    (account) => (hub) => tampered(callerOf(hub, account).happened(hello).request(), { body: "{" }),
    malformed,
  ),
];

describe("a callback that is", () => {
  it.each(refused)(
    "$what for $account is refused with $status $reason",
    async ({ account, request, status, reason }) => {
      const { hub } = await receivingWorld();
      const sent = await request(hub);
      const before = await eventsOf(hub);
      const answer = await post(sent);
      expect([answer.status, JSON.parse(answer.body)]).toEqual([
        status,
        { code: status, message: "回调被拒绝", data: { reason } },
      ]);
      expect(await eventsOf(hub)).toEqual(before);
      const { name, platform } = { name: account, platform: accounts[account].platform };
      const { body } = await hub.ask<{ accounts: { name: string; health: { refusals: object } }[] }>(
        "GET",
        "/api/v1/status",
      );
      expect(body.data.accounts.find((shown) => shown.name === name)?.health.refusals).toEqual({ [reason]: 1 });
      const count = metricsOf((await hub.ask("GET", "/metrics")).text);
      expect(count(`yizhan_callbacks_total{platform="${platform}",outcome="${reason}"}`)).toBe(1);
      const line = /^.*WARN.*a callback was refused: (.+)$/m;
      const [, advice = ""] = await hub.process.printed(line);
      expect(advice).toMatch(/\w+ \w+ \w+/);
      expectNothingTold(hub.process.stdout + hub.process.stderr + answer.body, sent);
    },
  );
});

describe("a callback for an account that does not exist", () => {
  it("is refused with 404, whatever is wrong with the name", async () => {
    const { hub } = await receivingWorld();
    const request = callerOf(hub, "app").happened(hello).request();
    const elsewhere = [
      "default/wecom/nobody",
      "default/nothing/app",
      "other/wecom/app",
      `default/wecom/${"x".repeat(200)}`,
    ];
    for (const path of elsewhere) {
      const { search } = new URL(request.url);
      const answer = await post({ ...request, url: `${hub.url}/callbacks/${path}${search}` });
      expect([path, answer.status, JSON.parse(answer.body)]).toEqual([
        path,
        404,
        { code: 404, message: "回调账号不存在", data: null },
      ]);
    }
    expect(await eventsOf(hub)).toEqual([]);
    const count = metricsOf((await hub.ask("GET", "/metrics")).text);
    expect(count('yizhan_callbacks_total{platform="unknown",outcome="unknown-account"}')).toBe(elsewhere.length);
    await hub.process.printed(/WARN.*account that does not exist/);
    expectNothingTold(hub.process.stdout, request);
  });

  it("is answered like any other by paths of deployments that have none", async () => {
    const { start } = await receivingWorld({ accounts: {} });
    const hub = await start({ args: ["--data", "other-data"] });
    for (const path of ["/wechat/callback", "/api/v1/webhooks/wechat/api", "/api/v1/webhooks/wechat/bot", "/"]) {
      expect([path, (await hub.ask("POST", path, { json: {} })).status]).toEqual([path, 404]);
    }
  });
});

describe("a callback of more than 1 MiB", () => {
  it("is refused with 413, counted, and told in the log", async () => {
    const { hub } = await receivingWorld();
    const request = callerOf(hub, "feishu").happened(hello).request();
    const answer = await post({ ...request, body: `{"encrypt":"${"x".repeat(1_048_577)}"}` });
    expect(answer.status).toBe(413);
    expect(await eventsOf(hub)).toEqual([]);
    const count = metricsOf((await hub.ask("GET", "/metrics")).text);
    expect(count('yizhan_callbacks_total{platform="feishu",outcome="too-large"}')).toBe(1);
    const { body } = await hub.ask<{ accounts: { name: string; health: { refusals: object } }[] }>(
      "GET",
      "/api/v1/status",
    );
    expect(body.data.accounts.find(({ name }) => name === "feishu")?.health.refusals).toEqual({ "too-large": 1 });
    await hub.process.printed(/WARN.*a callback was refused: .*1048576 bytes/);
  });

  it.each([4_096, 67_108_864])("is what is refused, whatever the API's own limit is: %i bytes", async (body_limit) => {
    const { hub } = await receivingWorld({ server: { body_limit } });
    const long = callerOf(hub, "app").happened({ ...hello, text: "长".repeat(20_000) });
    expect((await long.send()).verdict).toBe("accepted");
    const larger = tampered(long.request(), { body: "x".repeat(1_048_577) });
    expect((await post(larger)).status).toBe(413);
    expect(await eventsOf(hub)).toHaveLength(1);
  });
});

describe("an account that names the addresses it is called from", () => {
  const fenced = (server: object) => {
    const app = { ...allAccounts.app, allowed_addresses: ["203.0.113.0/24", "2001:db8::/32"] };
    return receivingWorld({ accounts: { app }, server: { ...server } });
  };

  it("refuses another with 403, also one that only claims to be forwarded", async () => {
    const { hub } = await fenced({});
    const happened = callerOf(hub, "app").happened(hello);
    for (const headers of [{}, { "x-forwarded-for": "203.0.113.7" }]) {
      const answer = await post(tampered(happened.request(), { headers }));
      expect([answer.status, JSON.parse(answer.body)]).toEqual([
        403,
        { code: 403, message: "回调被拒绝", data: { reason: "forbidden" } },
      ]);
    }
    expect(await eventsOf(hub)).toEqual([]);
    await hub.process.printed(/WARN.*127\.0\.0\.1 is not in this account's list/);
  });

  it("believes a trusted proxy, and only what that one saw", async () => {
    const { hub } = await fenced({ trust_proxy: ["127.0.0.1"] });
    const caller = callerOf(hub, "app");
    const from = async (forwarded: string) => {
      const request = tampered(caller.happened(hello).request(), { headers: { "x-forwarded-for": forwarded } });
      return (await post(request)).status;
    };
    expect(await from("203.0.113.7")).toBe(200);
    expect(await from("2001:db8::7")).toBe(200);
    expect(await from("198.51.100.1")).toBe(403);
    // The caller wrote the first address itself; the proxy added the last.
    expect(await from("203.0.113.7, 198.51.100.1")).toBe(403);
    expect(await eventsOf(hub)).toHaveLength(2);
  });
});

describe("yizhan doctor", () => {
  it("says what to fix of each reason, and for which account", async () => {
    const { hub, folder } = await receivingWorld();
    await post(signedWith({ token: anotherToken })("app")(hub));
    await post(signedWith({}, hello, 9 * HOUR_MS)("official")(hub));
    await post(signedWith({ encoding_aes_key: anotherKey })("robot")(hub));
    await post({ ...callerOf(hub, "app").happened(hello).request(), url: `${hub.url}/callbacks/default/wecom/nobody` });
    await post({ ...callerOf(hub, "lark").happened(hello).request(), body: "x".repeat(1_048_577) });
    const { code, stdout } = await run(["doctor", "--url", hub.url], { cwd: folder });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^! wecom app: 1 callback\(s\) refused since the start: signature\n {4}.*Token/m);
    expect(stdout).toMatch(/^! wechat-official official: 1 .*: stale\n {4}.*clock/m);
    expect(stdout).toMatch(/^! wecom robot: 1 .*: undecryptable\n {4}.*EncodingAESKey/m);
    expect(stdout).toMatch(/^! feishu lark: 1 .*: too-large\n {4}.*1 MiB/m);
    expect(stdout).toMatch(/^! 1 callback\(s\) for accounts that do not exist\n/m);
    for (const secret of Object.values(secrets)) expect(stdout).not.toContain(secret);
  });
});

describe("the log of refused callbacks", () => {
  it("says the same thing of the same account once a minute, however many there are", async () => {
    const { hub } = await receivingWorld();
    for (let time = 0; time < 10; time++) await post(signedWith({ token: anotherToken })("app")(hub));
    await post(signedWith({ token: anotherToken })("robot")(hub));
    await until(() => hub.process.stdout.split("a callback was refused").length > 2, { what: "both accounts' lines" });
    expect(hub.process.stdout.split("a callback was refused")).toHaveLength(3);
  });
});

function names(): AccountKey[] {
  return [...tencent, "feishu"];
}

/** Changes that make another ciphertext of the same message; the signature stays the first one's. */
function forgery(account: AccountKey): Readonly<Record<string, unknown>> {
  return account === "feishu" ? { encrypt_key: secrets.feishuKey } : {};
}

function plainFeishu(hub: Hub): CallbackRequest {
  const { url } = callerOf(hub, "feishu").happened(hello).request();
  return { ...callerOf(hub, "lark", { verification_token: secrets.feishuToken }).happened(hello).request(), url };
}

function plainHeaders(request: CallbackRequest): CallbackRequest {
  return { ...request, headers: { "content-type": "application/json" } };
}

function signedGarbage(hub: Hub): CallbackRequest {
  const body = JSON.stringify({ encrypt: Buffer.alloc(64, 7).toString("base64") });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const headers = {
    "content-type": "application/json",
    "x-lark-request-timestamp": timestamp,
    "x-lark-request-nonce": "nonce",
    "x-lark-signature": feishuEventSignature(timestamp, "nonce", secrets.feishuKey, body),
  };
  return { method: "POST", url: callbackUrl(hub, "feishu"), headers, body };
}

/** An XML text, signed and encrypted as the app's own. */
function sealed(xml: string): (hub: Hub) => CallbackRequest {
  return (hub) => {
    const key = { encodingAesKey: secrets.wecomKey, receiveId: accounts.app.caller.corp_id };
    const encrypt = sealFrame(xml, key, Buffer.alloc(16, 1));
    const timestamp = String(Math.floor(Date.now() / 1000));
    const msg_signature = sha1OfSorted(secrets.wecomToken, timestamp, "nonce", encrypt);
    const query = new URLSearchParams({ msg_signature, timestamp, nonce: "nonce" });
    const body = `<xml><Encrypt><![CDATA[${encrypt}]]></Encrypt></xml>`;
    return {
      method: "POST",
      url: `${hub.url}${callbackPath("app")}?${query}`,
      headers: { "content-type": "text/xml" },
      body,
    };
  };
}

/** Sends one message, and gives another one signed under the same timestamp and nonce. */
async function replay(hub: Hub, account: AccountKey): Promise<CallbackRequest> {
  const moment = { nowMs: Date.now(), random: (bytes: number) => Buffer.alloc(bytes, 9) };
  const caller = callerOf(hub, account);
  const first = caller.happened(hello).call.request(moment);
  const second = caller.happened({ ...hello, text: "another" }).call.request(moment);
  const nonce = (request: CallbackRequest) => new URL(request.url).searchParams.get("nonce");
  expect([nonce(second), (await post(first)).status]).toEqual([nonce(first), 200]);
  return second;
}

/** No secret, no part of a body, no query: neither to the caller nor in the log. */
function expectNothingTold(said: string, { url, body }: CallbackRequest): void {
  for (const [name, secret] of Object.entries(secrets)) expect(said.includes(secret), name).toBe(false);
  expect(said).not.toContain("words that nobody may log");
  const { search } = new URL(url);
  if (search !== "") expect(said).not.toContain(search);
  for (let start = 0; start + 40 <= body.length; start += 40) expect(said).not.toContain(body.slice(start, start + 40));
}

import { describe, expect, it, onTestFinished } from "vitest";
import { type ScriptedAnswer, scriptedServer } from "../testing/scripted-server.ts";
import { accounts } from "./callers/moment-for-tests.ts";
import { visit } from "./sandbox-fixture.ts";

async function setup(answer: ScriptedAnswer = { status: 200, body: "success" }) {
  const hub = await scriptedServer(() => answer);
  onTestFinished(() => hub[Symbol.asyncDispose]());
  const world = await visit();
  const put = (platform: keyof typeof accounts) =>
    world.ask("PUT", `/sandbox/callbacks/${platform}/main`, { ...accounts[platform], url: `${hub.origin}/callback` });
  return { ...world, hub, put };
}

describe("PUT /sandbox/callbacks/{platform}/{account}", () => {
  it("says where callbacks go, and shows no secrets", async () => {
    const { ask, hub, put } = await setup();
    const callback = { platform: "wecom", account: "main", url: `${hub.origin}/callback` };
    expect(await put("wecom")).toMatchObject({ status: 200, body: { callback } });
    await put("feishu");
    expect((await ask("GET", "/sandbox/callbacks")).body).toEqual({
      callbacks: [callback, { ...callback, platform: "feishu" }],
    });
  });

  it.each([
    ["wecom", { url: "ftp://a" }, "url", "expected an http or https URL"],
    [
      "wecom",
      { encoding_aes_key: "abc" },
      "encoding_aes_key",
      "expected 43 letters and digits, as the admin page makes them",
    ],
    ["wecom", { token: "a-b" }, "token", "expected 3 to 32 letters and digits"],
    ["wecom", { encodingAesKey: "abc" }, "encodingAesKey", expect.stringContaining("encodingAesKey")],
    ["wechat-official", { encoding_aes_key: undefined }, "encoding_aes_key", "mode safe needs one"],
    ["wechat-official", { original_id: "main" }, "original_id", "expected an original id, as in gh_97417a04a28d"],
  ] as const)("for %s with %j says which field is wrong", async (platform, changes, field, problem) => {
    const { ask } = await setup();
    const answered = await ask("PUT", `/sandbox/callbacks/${platform}/main`, { ...accounts[platform], ...changes });
    expect(answered).toMatchObject({ status: 400, body: { problems: [{ field, problem }] } });
  });

  it("is undone by DELETE", async () => {
    const { ask, put } = await setup();
    await put("wecom");
    expect((await ask("DELETE", "/sandbox/callbacks/wecom/main")).status).toBe(200);
    expect((await ask("DELETE", "/sandbox/callbacks/wecom/main")).status).toBe(404);
  });
});

describe("POST /sandbox/callbacks/{platform}/{account}", () => {
  it("sends a callback and tells the hub's answer and what the platform makes of it", async () => {
    const { ask, hub, put } = await setup();
    await put("wecom");
    const message = { event: "message", person: "zhangsan", text: "你好", message: "4561255354251345929" };
    expect(await ask("POST", "/sandbox/callbacks/wecom/main", message)).toMatchObject({
      status: 200,
      body: {
        call: {
          name: "text",
          messageId: "4561255354251345929",
          outcome: "accepted",
          content: { Content: "你好", MsgId: "4561255354251345929" },
          attempts: [{ status: 200, body: "success", verdict: "accepted" }],
        },
      },
    });
    expect(hub.requests).toHaveLength(1);
  });

  it("answers after the first attempt; GET tells when the next one comes", async () => {
    const { ask, put, clock } = await setup({ status: 503, body: "busy" });
    await put("feishu");
    const attempt = { status: 503, body: "busy", verdict: "refused", nextAt: clock.now + 15_000 };
    const call = { outcome: "waiting", attempts: [attempt] };
    const join = { event: "join", people: ["a"], chat: "oc_1" };
    expect((await ask("POST", "/sandbox/callbacks/feishu/main", join)).body).toMatchObject({ call });
    expect((await ask("GET", "/sandbox/callbacks/feishu/main")).body).toMatchObject({ calls: [call] });
  });

  it("with attempts gives up sooner", async () => {
    const { ask, put } = await setup({ status: 503, body: "busy" });
    await put("feishu");
    const verify = { event: "message", person: "a", attempts: 1 };
    const { body } = await ask("POST", "/sandbox/callbacks/feishu/main", verify);
    expect(body).toMatchObject({ call: { outcome: "given-up" } });
  });

  it.each([
    [
      "wecom/other",
      { event: "verify" },
      404,
      "wecom/other is not registered: PUT /sandbox/callbacks/wecom/other with its url first",
    ],
    [
      "email/main",
      { event: "verify" },
      400,
      '"email" calls nobody; expected one of wecom, wecom-bot, wechat-official, feishu, dingtalk',
    ],
    ["wecom/main", [], 400, 'the body must be an object such as {"event": "verify"}'],
    ["wecom/main", { event: "message", person: "a", kind: "image" }, 400, "media: missing; an image has a media id"],
    ["wecom/main", { event: "native", name: "x", fields: { "a b": "1" } }, 400, '"a b" is no name for an XML element'],
  ])("to %s with %j says what is wrong", async (where, body, status, error) => {
    const { ask, hub, put } = await setup();
    await put("wecom");
    expect(await ask("POST", `/sandbox/callbacks/${where}`, body)).toMatchObject({ status, body: { error } });
    expect(hub.requests).toEqual([]);
  });

  it.each([
    [{ event: "sing" }, "event"],
    [{ event: "message" }, "person"],
    [{ event: "message", person: "a", colour: "red" }, "colour"],
    [{ event: "verify", attempts: 0 }, "attempts"],
    [{ event: "verify", repeats: "often" }, "repeats"],
  ])("with %j names the field %s", async (body, field) => {
    const { ask, put } = await setup();
    await put("wecom");
    const answered = await ask("POST", "/sandbox/callbacks/wecom/main", body);
    expect(answered).toMatchObject({ status: 400, body: { problems: [{ field }] } });
  });
});

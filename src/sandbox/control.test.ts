import { get } from "node:http";
import { describe, expect, it } from "vitest";
import { newYear, visit } from "./sandbox-fixture.ts";

const feishu = "/open-apis/bot/v2/hook/ops";
const dingtalk = "/robot/send?access_token=ops";
const feishuHello = { msg_type: "text", content: { text: "hello" } };
const hello = { msgtype: "text", text: { content: "hello" } };

describe("GET /sandbox/messages", () => {
  it("lists what arrived, in order, as it was read", async () => {
    const { post, ask } = await visit();
    await post(feishu, feishuHello, { traceparent: "00-1-2-01", "x-secret": "s" });
    await post(dingtalk, hello);
    const answered = await ask("GET", "/sandbox/messages");
    expect(answered).toMatchObject({ status: 200, body: { last: 2, kept: 2, fellOut: 0 } });
    expect(answered.body).toMatchObject({
      messages: [
        {
          seq: 1,
          time: newYear,
          platform: "feishu",
          token: "ops",
          type: "text",
          text: "hello",
          body: feishuHello,
          headers: { "content-type": "application/json", traceparent: "00-1-2-01" },
        },
        { seq: 2, platform: "dingtalk" },
      ],
    });
    expect(JSON.stringify(answered.body)).not.toContain("x-secret");
  });

  it.each([
    ["?platform=feishu", [1, 3]],
    ["?token=other", [3]],
    ["?since=1", [2, 3]],
    ["?since=1&limit=1", [2]],
  ])("%s lists those", async (query, seqs) => {
    const { post, ask } = await visit();
    for (const path of [feishu, dingtalk, "/open-apis/bot/v2/hook/other"])
      await post(path, path === dingtalk ? hello : feishuHello);
    const { body } = await ask("GET", `/sandbox/messages${query}`);
    expect((body as { messages: { seq: number }[] }).messages.map(({ seq }) => seq)).toEqual(seqs);
  });

  it("is emptied by DELETE, and goes on counting", async () => {
    const { post, ask, sandbox } = await visit();
    await post(feishu, feishuHello);
    expect(await ask("DELETE", "/sandbox/messages")).toMatchObject({ status: 200, body: { last: 1 } });
    await post(feishu, feishuHello);
    expect(sandbox.inbox.list().map(({ seq }) => seq)).toEqual([2]);
  });
});

describe("PUT /sandbox/robots/{platform}/{token}", () => {
  it("declares a robot, which GET then shows and DELETE forgets", async () => {
    const { post, ask } = await visit();
    const put = await ask("PUT", "/sandbox/robots/feishu/ops", { keywords: ["alert"], limits: [] });
    const robot = { platform: "feishu", token: "ops", declared: true, keywords: ["alert"], limits: [] };
    expect(put).toMatchObject({ status: 200, body: { robot } });
    expect((await post(feishu, feishuHello)).body).toMatchObject({ code: 19024 });
    await post(dingtalk, hello);
    expect((await ask("GET", "/sandbox/robots")).body).toEqual({
      robots: [robot, { platform: "dingtalk", token: "ops", declared: false }],
    });
    expect((await ask("DELETE", "/sandbox/robots/feishu/ops")).status).toBe(200);
    expect((await post(feishu, feishuHello)).body).toMatchObject({ code: 0 });
    expect((await ask("DELETE", "/sandbox/robots/feishu/ops")).status).toBe(404);
  });

  it("gives a robot limits of its own", async () => {
    const { post, ask } = await visit();
    await ask("PUT", "/sandbox/robots/feishu/ops", { limits: [{ messages: 1, perMs: 10 }] });
    expect((await post(feishu, feishuHello)).body).toMatchObject({ code: 0 });
    expect((await post(feishu, feishuHello)).body).toMatchObject({ code: 11232 });
  });
});

describe("PUT /sandbox/limits", () => {
  it("switches the published limits off, and on again", async () => {
    const { post, ask } = await visit();
    await ask("PUT", "/sandbox/limits", { enabled: false });
    for (let n = 0; n < 30; n++) expect((await post(dingtalk, hello)).body).toMatchObject({ errcode: 0 });
    await ask("PUT", "/sandbox/limits", {});
    for (let n = 0; n < 20; n++) expect((await post(dingtalk, hello)).body).toMatchObject({ errcode: 0 });
    expect((await post(dingtalk, hello)).body).toMatchObject({ errcode: 130101 });
  });

  it("shortens one platform's", async () => {
    const { post, ask, clock } = await visit();
    const answered = await ask("PUT", "/sandbox/limits", {
      platform: "dingtalk",
      messageFactor: 0.05,
      timeFactor: 0.01,
    });
    expect(answered.body).toEqual({
      limits: {
        feishu: { enabled: true, messageFactor: 1, timeFactor: 1 },
        dingtalk: { enabled: true, messageFactor: 0.05, timeFactor: 0.01 },
        wecom: { enabled: true, messageFactor: 1, timeFactor: 1 },
      },
    });
    expect((await post(dingtalk, hello)).body).toMatchObject({ errcode: 0 });
    expect((await post(dingtalk, hello)).body).toMatchObject({ errcode: 130101 });
    clock.now += 6_000;
    expect((await post(dingtalk, hello)).body).toMatchObject({ errcode: 0 });
  });
});

describe("POST /sandbox/faults", () => {
  it("adds a fault, which GET shows and DELETE ends", async () => {
    const { post, ask } = await visit();
    const added = await post("/sandbox/faults", { mode: "fail", platform: "feishu", code: 19021 });
    const fault = { id: 1, mode: "fail", platform: "feishu", code: "19021", struck: 0 };
    expect(added).toMatchObject({ status: 201, body: { fault } });
    expect((await post(feishu, feishuHello)).body).toMatchObject({ code: 19021 });
    expect((await ask("GET", "/sandbox/faults")).body).toEqual({ faults: [{ ...fault, struck: 1 }] });
    expect((await ask("DELETE", "/sandbox/faults/1")).status).toBe(200);
    expect((await ask("DELETE", "/sandbox/faults/1")).status).toBe(404);
    expect((await post(feishu, feishuHello)).body).toMatchObject({ code: 0 });
  });
});

describe("GET /sandbox/statistics, /sandbox/callbacks, /sandbox/callbacks/{platform}/{account}", () => {
  it("counts what happened", async () => {
    const { post, ask } = await visit();
    await post(feishu, feishuHello);
    await post(feishu, {});
    const { body } = await ask("GET", "/sandbox/statistics");
    expect(body).toMatchObject({
      platforms: { feishu: { requests: 2, accepted: 1, repeated: 0, refused: { 19002: 1 }, faults: {} } },
      inbox: { kept: 1, fellOut: 0, last: 1 },
    });
  });
});

describe("a control request that is wrong", () => {
  it.each<[string, string, unknown, string, string?]>([
    [
      "POST",
      "/sandbox/faults",
      { mode: "explode" },
      "mode",
      'Invalid option: expected one of "fail"|"stall"|"throttle"|"drop"|"garbage"',
    ],
    ["POST", "/sandbox/faults", { mode: "fail", often: 1 }, "often"],
    ["POST", "/sandbox/faults", { mode: "fail", times: 0 }, "times", "Too small: expected number to be >=1"],
    [
      "POST",
      "/sandbox/faults",
      { mode: "fail", code: "busy" },
      "code",
      "expected a whole number, such as 19021 or 451",
    ],
    ["POST", "/sandbox/faults", { mode: "drop", delayMs: 5 }, "delayMs", "only with mode stall, not drop"],
    [
      "POST",
      "/sandbox/faults",
      { mode: "fail", platform: "feishu", stage: "rcpt" },
      "stage",
      "only with platform email",
    ],
    [
      "POST",
      "/sandbox/faults",
      { mode: "fail", platform: "email", code: 250 },
      "code",
      "an SMTP reply code of 400 to 599, such as 451",
    ],
    ["GET", "/sandbox/messages?limit=many", undefined, "limit"],
    ["GET", "/sandbox/messages?platform=slack", undefined, "platform"],
    ["PUT", "/sandbox/robots/feishu/ops", { limits: [{ messages: 0, perMs: 1 }] }, "limits.0.messages"],
    ["PUT", "/sandbox/limits", { timeFactor: 0 }, "timeFactor"],
  ])("%s %s %j names the field", async (method, path, body, field, problem) => {
    const { ask } = await visit();
    const answered = await ask(method, path, body);
    expect(answered).toMatchObject({ status: 400, body: { error: "the request is not valid", problems: [{ field }] } });
    if (problem !== undefined) expect(answered.body).toMatchObject({ problems: [{ problem }] });
  });

  it.each<[string, string, unknown, number, string]>([
    [
      "GET",
      "/sandbox/nothing",
      undefined,
      404,
      "there is no /sandbox/nothing; there are /sandbox/messages, /sandbox/robots, /sandbox/robots/{platform}/{token}, /sandbox/limits, /sandbox/faults, /sandbox/faults/{id}, /sandbox/statistics, /sandbox/callbacks, /sandbox/callbacks/{platform}/{account}, /sandbox/apps, /sandbox/apps/{platform}/{id}, /sandbox/tokens, /sandbox/files, /sandbox/files/{platform}/{ref}, /sandbox/statuses/{platform}/{message}, /sandbox/addresses, /sandbox/addresses/{platform}, /sandbox/streams, /sandbox/streams/{platform}, /sandbox/streams/{platform}/{app}",
    ],
    ["POST", "/sandbox/messages", {}, 405, "POST is not possible here; use GET, DELETE"],
    ["PUT", "/sandbox/robots/email/ops", {}, 400, '"email" has no robots; expected one of feishu, dingtalk, wecom'],
    [
      "PUT",
      "/sandbox/robots/wecom/ops",
      { keywords: ["x"] },
      400,
      "keywords: wecom robots have no such setting; leave it out",
    ],
    [
      "PUT",
      "/sandbox/robots/feishu/ops",
      { ips: ["10.0.0.0/33"] },
      400,
      '"10.0.0.0/33" is not an IPv4 address, range or wildcard: write 10.1.2.3, 10.1.2.0/24 or 10.1.2.*',
    ],
    [
      "PUT",
      "/sandbox/robots/feishu/ops",
      { ips: ["10.*.0.1"] },
      400,
      '"10.*.0.1" is not an IPv4 address, range or wildcard: write 10.1.2.3, 10.1.2.0/24 or 10.1.2.*',
    ],
    ["PUT", "/sandbox/robots/feishu/%ff", {}, 400, "the path is not percent-encoded UTF-8"],
  ])("%s %s %j says what would be right", async (method, path, body, status, error) => {
    const { ask } = await visit();
    expect(await ask(method, path, body)).toMatchObject({ status, body: { error, problems: [] } });
  });

  it("without JSON is refused", async () => {
    const { post } = await visit();
    expect(await post("/sandbox/faults", "{")).toMatchObject({
      status: 400,
      body: { error: expect.stringMatching(/^the body is no JSON: /) },
    });
    const plain = await post("/sandbox/faults", "{}", { "content-type": "text/plain" });
    expect(plain).toMatchObject({ status: 400, body: { error: "content-type must be application/json" } });
  });
});

describe("a control request under another machine's name", () => {
  it.each([
    ["attacker.example", undefined, 403],
    ["localhost:1", undefined, 200],
    ["attacker.example", "anyone", 200],
  ] as const)("%s, with control for %s, gets %d", async (host, control, status) => {
    const { sandbox } = await visit(control ? { control } : {});
    const answered = await new Promise<number | undefined>((resolve, reject) => {
      const asked = get(`${sandbox.url}/sandbox/statistics`, { headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.on("error", reject);
    });
    expect(answered).toBe(status);
  });
});

describe("a body that is larger than anything a platform takes", () => {
  it("is refused with 413", async () => {
    const { post } = await visit();
    expect((await post(feishu, "x".repeat(5 * 1024 * 1024))).status).toBe(413);
  });
});

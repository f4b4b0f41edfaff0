import { describe, expect, it } from "vitest";
import { visit } from "./sandbox-fixture.ts";

const feishu = "/open-apis/bot/v2/hook/ops";
const dingtalk = "/robot/send?access_token=ops";
const wecom = "/cgi-bin/webhook/send?key=ops";
const feishuHello = { msg_type: "text", content: { text: "hello" } };
const hello = { msgtype: "text", text: { content: "hello" } };

describe("a fault that fails", () => {
  it.each<[string, string, unknown, object, number, unknown]>([
    [
      "Feishu's code",
      feishu,
      feishuHello,
      { code: 19021 },
      200,
      { code: 19021, data: {}, msg: "sign match fail or timestamp is not within one hour from current time" },
    ],
    ["Feishu's internal error", feishu, feishuHello, {}, 200, { code: 1500, data: {}, msg: "internal error" }],
    ["DingTalk's system error", dingtalk, hello, {}, 200, { errcode: -1, errmsg: "系统繁忙" }],
    [
      "DingTalk's code in own words",
      dingtalk,
      hello,
      { code: "430102", message: "unsafe" },
      200,
      { errcode: 430102, errmsg: "unsafe" },
    ],
    ["WeCom's system error", wecom, hello, {}, 200, { errcode: -1 }],
    ["a status with a code", wecom, hello, { code: 93000, status: 400 }, 400, { errcode: 93000 }],
    ["a bare status", dingtalk, hello, { status: 502 }, 502, "HTTP 502"],
  ])("answers %s, and shows nothing", async (_, path, body, fault, status, answer) => {
    const { post, sandbox } = await visit();
    sandbox.faults.add({ mode: "fail", ...fault, ...("code" in fault ? { code: String(fault.code) } : {}) });
    const answered = await post(path, body);
    expect(answered.status).toBe(status);
    if (typeof answer === "object" && answer !== null) expect(answered.body).toMatchObject(answer);
    else expect(answered.body).toBe(answer);
    expect(sandbox.inbox.kept).toBe(0);
  });

  it("can tell when to come back", async () => {
    const { post, sandbox } = await visit();
    sandbox.faults.add({ mode: "fail", status: 503, retryAfterSeconds: 7 });
    expect((await post(wecom, hello)).headers.get("retry-after")).toBe("7");
  });

  it("after accepting, shows the message all the same", async () => {
    const { post, sandbox } = await visit();
    sandbox.faults.add({ mode: "fail", status: 502, beforeAccepting: false, times: 1 });
    expect((await post(wecom, hello)).status).toBe(502);
    expect((await post(wecom, hello)).status).toBe(200);
    expect(sandbox.inbox.list().map(({ seq, duplicateOf }) => [seq, duplicateOf])).toEqual([
      [1, undefined],
      [2, 1],
    ]);
  });
});

describe("a fault", () => {
  it("strikes as often as it says, and only where it says", async () => {
    const { post, sandbox } = await visit();
    sandbox.faults.add({ mode: "fail", platform: "wecom", token: "ops", code: "93000", times: 2 });
    const codeOf = async (path: string) => (await post(path, hello)).body;
    expect(await codeOf("/cgi-bin/webhook/send?key=other")).toMatchObject({ errcode: 0 });
    expect(await codeOf(dingtalk)).toMatchObject({ errcode: 0 });
    expect(await codeOf(wecom)).toMatchObject({ errcode: 93000 });
    expect(sandbox.faults.list()).toMatchObject([{ struck: 1, left: 1 }]);
    expect(await codeOf(wecom)).toMatchObject({ errcode: 93000 });
    expect(await codeOf(wecom)).toMatchObject({ errcode: 0 });
    expect(sandbox.faults.list()).toEqual([]);
    expect(sandbox.statistics().platforms.wecom).toMatchObject({
      requests: 4,
      accepted: 2,
      refused: {},
      faults: { fail: 2 },
    });
  });

  it("waits its turn behind older ones", async () => {
    const { post, sandbox } = await visit();
    sandbox.faults.add({ mode: "fail", code: "1", times: 1 });
    sandbox.faults.add({ mode: "fail", code: "2", times: 1 });
    expect((await post(wecom, hello)).body).toMatchObject({ errcode: 1 });
    expect((await post(wecom, hello)).body).toMatchObject({ errcode: 2 });
  });
});

describe("a fault that throttles", () => {
  it.each([
    ["Feishu", feishu, feishuHello, { code: 11232 }],
    ["DingTalk", dingtalk, hello, { errcode: 130101, errmsg: "send too fast, exceed 20 times per minute" }],
    ["WeCom", wecom, hello, { errcode: 45009 }],
  ])("answers as %s does to who sends too fast", async (_, path, body, answer) => {
    const { post, sandbox } = await visit();
    sandbox.faults.add({ mode: "throttle" });
    expect(await post(path, body)).toMatchObject({ status: 200, body: answer });
  });

  it("with a waiting time answers as Feishu's gateway", async () => {
    const { post, sandbox } = await visit();
    sandbox.faults.add({ mode: "throttle", retryAfterSeconds: 3 });
    const answered = await post(feishu, feishuHello);
    expect(answered).toMatchObject({ status: 429, body: { code: 99991400, msg: "request trigger frequency limit" } });
    expect(answered.headers.get("x-ogw-ratelimit-reset")).toBe("3");
  });
});

describe("a fault that drops", () => {
  it.each([
    ["before accepting shows nothing", undefined, 0],
    ["after accepting shows the message", false, 1],
  ])("the connection %s", async (_, beforeAccepting, kept) => {
    const { post, sandbox } = await visit();
    sandbox.faults.add({ mode: "drop", beforeAccepting, times: 1 });
    await expect(post(wecom, hello)).rejects.toThrow();
    expect(sandbox.inbox.kept).toBe(kept);
    expect((await post(wecom, hello)).status).toBe(200);
  });
});

describe("a fault that answers garbage", () => {
  it("looks like success to who only reads the status", async () => {
    const { post, sandbox } = await visit();
    sandbox.faults.add({ mode: "garbage" });
    const answered = await post(wecom, hello);
    expect(answered.status).toBe(200);
    expect(answered.type).toMatch(/^text\/html/);
    expect(sandbox.inbox.kept).toBe(0);
  });
});

describe("a fault that stalls", () => {
  it("answers after its delay", async () => {
    const { post, sandbox } = await visit();
    sandbox.faults.add({ mode: "stall", delayMs: 30, times: 1 });
    const started = performance.now();
    expect((await post(wecom, hello)).body).toMatchObject({ errcode: 0 });
    expect(performance.now() - started).toBeGreaterThanOrEqual(29);
    expect(sandbox.inbox.kept).toBe(1);
  });

  it("without a delay answers when it is deleted, even when it is used up", async () => {
    const { post, ask, sandbox } = await visit();
    sandbox.faults.add({ mode: "stall", times: 1 });
    const stalled = post(wecom, hello);
    await expect.poll(() => sandbox.statistics().platforms.wecom.faults.stall).toBe(1);
    expect(sandbox.inbox.kept).toBe(0);
    await ask("DELETE", "/sandbox/faults");
    expect((await stalled).body).toMatchObject({ errcode: 0 });
    expect(sandbox.inbox.kept).toBe(1);
  });

  it.each([
    ["before accepting has sent nothing", undefined, 0],
    ["after accepting has sent its message", false, 1],
  ])("a client that gives up %s", async (_, beforeAccepting, kept) => {
    const { sandbox } = await visit();
    sandbox.faults.add({ mode: "stall", beforeAccepting, times: 1 });
    const impatience = new AbortController();
    const headers = { "content-type": "application/json" };
    const stalled = fetch(sandbox.url + wecom, {
      method: "POST",
      headers,
      body: JSON.stringify(hello),
      signal: impatience.signal,
    });
    await expect.poll(() => sandbox.statistics().platforms.wecom.faults.stall).toBe(1);
    impatience.abort();
    await expect(stalled).rejects.toThrow();
    await expect.poll(() => sandbox.statistics().platforms.wecom.abandoned).toBe(1);
    expect(sandbox.inbox.kept).toBe(kept);
  });

  it("does not keep the sandbox from closing", async () => {
    const { sandbox, post } = await visit();
    sandbox.faults.add({ mode: "stall" });
    const stalled = post(wecom, hello);
    const settled = expect(stalled).rejects.toThrow();
    await expect.poll(() => sandbox.statistics().platforms.wecom.faults.stall).toBe(1);
    await sandbox.close();
    await settled;
    expect(sandbox.inbox.kept).toBe(0);
  });
});

describe("an upload that a fault strikes", () => {
  it("fails like a message", async () => {
    const { post, sandbox } = await visit();
    sandbox.faults.add({ mode: "fail", code: "45009" });
    expect((await post("/cgi-bin/webhook/upload_media?key=ops&type=file", "x")).body).toMatchObject({ errcode: 45009 });
  });
});

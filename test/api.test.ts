import { connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Hub, world } from "./hub.ts";
import { until } from "./until.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const second = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

const good = {
  recipient_alias: "ops",
  type: "warning",
  strategy: "failover",
  style: "card",
  content: { title: "系统告警", msg: "CPU 85%" },
};

describe("POST /api/v1/push", () => {
  it("answers 200 with the task", async () => {
    const hub = await aHub();
    const { status, headers, body } = await hub.ask("POST", "/api/v1/push", { json: good });
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(body).toEqual({
      code: 200,
      message: "消息推送任务已创建",
      data: {
        task_id: expect.stringMatching(uuid),
        recipient: "接收者 ops",
        strategy: "failover",
        style: "card",
        created_at: expect.stringMatching(second),
      },
    });
  });

  it("takes failover when no strategy is named", async () => {
    const hub = await aHub();
    const { body } = await hub.ask("POST", "/api/v1/push", { json: { ...good, strategy: undefined } });
    expect(body.data).toMatchObject({ strategy: "failover" });
  });

  const wrong: [name: string, fields: object, error: string | RegExp][] = [
    ["no alias", { recipient_alias: undefined }, "recipient_alias不能为空"],
    ["an empty alias", { recipient_alias: "" }, "recipient_alias不能为空"],
    ["an alias that is a number", { recipient_alias: 7 }, "recipient_alias必须是字符串"],
    ["no type", { type: undefined }, "type不能为空"],
    ["an unknown type", { type: "fatal" }, "type必须是info、warning、error之一"],
    ["an unknown strategy", { strategy: "random" }, /^strategy必须是all、failover、webhook_failover、mixed之一$/],
    ["an unknown platform", { platform: "slack" }, /^platform必须是.*feishu.*wechat.*之一$/],
    ["a platform the recipient lacks", { platform: "email" }, /^platform无效：接收者ops没有启用email，可用的是feishu/],
    ["no style", { style: undefined }, "style不能为空"],
    ["an unknown style", { style: "html" }, "style必须是text、card之一"],
    ["no content", { content: undefined }, "content不能为空"],
    ["no title", { content: { msg: "正文" } }, "content.title不能为空"],
    ["no text", { content: { title: "标题" } }, "content.msg不能为空"],
    ["a blank text", { content: { title: "标题", msg: " \n" } }, "content.msg不能为空"],
  ];
  it("answers 400 naming the field and the rule", async () => {
    const hub = await aHub();
    for (const [name, fields, error] of wrong) {
      const { status, body } = await hub.ask<{ error: string }>("POST", "/api/v1/push", {
        json: { ...good, ...fields },
      });
      expect([name, status, body.code, body.message]).toEqual([name, 400, 400, "请求参数错误"]);
      if (typeof error === "string") expect(body.data.error, name).toBe(error);
      else expect(body.data.error, name).toMatch(error);
    }
  });

  it("reports every bad field at once", async () => {
    const hub = await aHub();
    const json = { type: "fatal", style: "html", content: { title: "", msg: 1 } };
    const { body } = await hub.ask<{ error: string; errors: { field: string }[] }>("POST", "/api/v1/push", { json });
    expect(body.data.error).toBe("recipient_alias不能为空");
    const fields = body.data.errors.map(({ field }) => field);
    expect(fields).toEqual(["recipient_alias", "type", "style", "content.title", "content.msg"]);
  });

  it("answers 400 for a body that is no JSON, and says where", async () => {
    const hub = await aHub();
    const { status, body } = await hub.ask<{ error: string }>("POST", "/api/v1/push", {
      text: '{"recipient_alias":"ops",}',
      headers: { "content-type": "application/json" },
    });
    expect(status).toBe(400);
    expect(body.data.error).toMatch(/第1行第26列/);
  });

  it("answers 404 for an unknown alias", async () => {
    const hub = await aHub();
    const { status, body } = await hub.push({ recipient_alias: "nobody" });
    expect([status, body.code]).toEqual([404, 404]);
    expect(body.data).toEqual({ error: "接收者nobody不存在", recipient_alias: "nobody" });
  });

  it("answers 405 for another method, with those that there are", async () => {
    const hub = await aHub();
    const { status, headers, body } = await hub.ask("PUT", "/api/v1/push", { json: good });
    expect([status, body.code]).toEqual([405, 405]);
    expect(headers.get("allow")).toBe("POST, OPTIONS");
  });

  it("answers 404 for an unknown path", async () => {
    const hub = await aHub();
    const { status, body } = await hub.ask("GET", "/api/v2/push");
    expect([status, body.code, body.message]).toEqual([404, 404, "接口不存在"]);
  });

  it("answers 413 for a body over the limit of 1 MiB", async () => {
    const hub = await aHub();
    const { status, body } = await hub.push({ content: { title: "长", msg: "x".repeat(1_048_577) } });
    expect([status, body.code]).toEqual([413, 413]);
    expect(body.data).toMatchObject({ error: expect.stringContaining("1048576") });
  });

  it("takes a body just under the limit", async () => {
    const hub = await aHub();
    const { status } = await hub.push({ content: { title: "长", msg: "x".repeat(1_048_000) } });
    expect(status).toBe(200);
  });

  it("answers 415 for another type of body", async () => {
    const hub = await aHub();
    for (const type of ["text/plain", "application/x-www-form-urlencoded"]) {
      const { status, body } = await hub.push({}, { headers: { "content-type": type } });
      expect([type, status, body.code]).toEqual([type, 415, 415]);
    }
  });

  it("answers 429 with Retry-After when the backlog is full, and takes pushes again when it is not", async () => {
    const { sandbox, start } = await world({ recipients: { ops: { feishu: ["a"] } }, queue: { buffer_size: 3 } });
    const hub = await start();
    const stall = sandbox.faults.add({ mode: "stall" });
    const ids = [await hub.accepted(), await hub.accepted(), await hub.accepted()];
    const { status, headers, body } = await hub.push();
    expect([status, body.code, body.message]).toEqual([429, 429, "任务队列已满"]);
    expect(Number(headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect((await hub.ask("GET", "/metrics")).text).toMatch(/^yizhan_queue_depth 3$/m);
    sandbox.faults.clear(stall.id);
    for (const id of ids) expect((await hub.settled(id)).status).toBe("completed");
    expect((await hub.push()).status).toBe(200);
    expect(sandbox.inbox.list().length).toBeGreaterThanOrEqual(3);
  });

  it("answers 503 with Retry-After while stopping", async () => {
    const { sandbox, start } = await world({ recipients: { ops: { feishu: ["a"] } } });
    const hub = await start();
    sandbox.faults.add({ mode: "stall" });
    await hub.accepted();
    const late = await beginPush(hub);
    hub.process.signal("SIGTERM");
    await hub.process.printed(/stopping/);
    const answer = await late.finish();
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    expect(answer).toMatch(/^retry-after: \d+\r$/im);
    expect(answer).toContain('{"code":503,"message":"服务正在停止"');
    sandbox.faults.clear();
    expect(await hub.process.exited).toEqual({ code: 0, signal: null });
  });
});

describe("an Idempotency-Key", () => {
  it("answers the first task again for the same body, also after a restart", async () => {
    const { sandbox, start } = await world();
    const first = await start();
    const headers = { "idempotency-key": "deploy-42" };
    const id = await first.accepted({}, { headers });
    await first.settled(id);
    expect(await first.accepted({}, { headers })).toBe(id);
    await first.kill();
    const second = await start();
    const { headers: answered, body } = await second.push({}, { headers });
    expect(body.data.task_id).toBe(id);
    expect(answered.get("idempotency-replayed")).toBe("true");
    expect(sandbox.inbox.last).toBe(1);
  });

  it("makes one task of requests that arrive together", async () => {
    const { sandbox, start } = await world();
    const hub = await start();
    const headers = { "idempotency-key": "together" };
    const ids = await Promise.all(Array.from({ length: 20 }, () => hub.accepted({}, { headers })));
    expect(new Set(ids).size).toBe(1);
    await hub.settled(ids[0] ?? "");
    expect(sandbox.inbox.last).toBe(1);
  });

  it("is refused with 409 for another body", async () => {
    const hub = await aHub();
    const headers = { "idempotency-key": "deploy-42" };
    await hub.accepted({}, { headers });
    const { status, body } = await hub.push({ type: "error" }, { headers });
    expect([status, body.code, body.message]).toEqual([409, 409, "幂等键冲突"]);
  });

  it("is refused with 400 when it is no key", async () => {
    const hub = await aHub();
    const { status, body } = await hub.push({}, { headers: { "idempotency-key": "x".repeat(256) } });
    expect(status).toBe(400);
    expect(body.data).toMatchObject({ error: expect.stringMatching(/^Idempotency-Key必须是/) });
  });
});

describe("GET /api/v1/task/{id}", () => {
  it("shows what became of each channel", async () => {
    const hub = await aHub();
    const id = await hub.accepted({ strategy: "all", style: "card" });
    await hub.settled(id);
    const { status, body } = await hub.ask("GET", `/api/v1/task/${id}`);
    expect(status).toBe(200);
    const result = { status: "success", message: "消息发送成功", timestamp: expect.stringMatching(second) };
    expect(body).toEqual({
      code: 200,
      message: "任务查询成功",
      data: {
        task_id: id,
        status: "completed",
        recipient: "接收者 ops",
        strategy: "all",
        style: "card",
        created_at: expect.stringMatching(second),
        updated_at: expect.stringMatching(second),
        results: [
          { platform: "feishu", webhook: "a", ...result },
          { platform: "feishu", webhook: "b", ...result },
          { platform: "wechat", webhook: "c", ...result },
          { platform: "wechat", webhook: "d", ...result },
        ],
      },
    });
  });

  it("says processing while a channel is being tried", async () => {
    const { sandbox, start } = await world({ recipients: { ops: { feishu: ["a"] } } });
    const hub = await start();
    sandbox.faults.add({ mode: "stall" });
    const id = await hub.accepted();
    const task = await hub.task(id);
    expect(task).toMatchObject({ status: "processing", results: [{ webhook: "a", status: "processing" }] });
    sandbox.faults.clear();
    expect((await hub.settled(id)).status).toBe("completed");
  });

  it.each(["no-such-task", "01a1fc1a-2851-7e18-9d20-204676a43872"])("answers 404 with the id for %s", async (id) => {
    const hub = await aHub();
    const { status, body } = await hub.ask("GET", `/api/v1/task/${id}`);
    expect(status).toBe(404);
    expect(body).toEqual({ code: 404, message: "任务不存在", data: { task_id: id } });
  });
});

async function aHub(): Promise<Hub> {
  return (await world()).start();
}

/** Sends a push but for its last byte; `finish` sends that, and answers everything that came back. */
async function beginPush(hub: Hub): Promise<{ finish(): Promise<string> }> {
  const { hostname, port } = new URL(hub.url);
  const body = Buffer.from(JSON.stringify(good));
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  let received = "";
  let ended = false;
  socket.setEncoding("utf8").on("data", (text: string) => {
    received += text;
  });
  socket.on("close", () => {
    ended = true;
  });
  const head = [
    "POST /api/v1/push HTTP/1.1",
    `Host: ${hostname}`,
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
    // Its answer proves that the hub has read the headers.
    "Expect: 100-continue",
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  await until(() => received.includes("100 Continue"), { what: "the hub reading the headers" });
  received = "";
  socket.write(body.subarray(0, -1));
  return {
    async finish() {
      socket.write(body.subarray(-1));
      await until(() => ended, { what: "the answer" });
      return received;
    },
  };
}

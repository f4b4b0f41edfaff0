import { describe, expect, it } from "vitest";
import { StoreError } from "../store/errors.ts";
import { accept, startHub, taskId } from "./hub-for-tests.ts";
import type { PushOutcome } from "./ports.ts";

const path = "/api/v1/push";
const example = {
  recipient_alias: "ops_alert",
  type: "warning",
  strategy: "failover",
  style: "card",
  content: { title: "系统告警", msg: "服务器CPU使用率达到85%，请及时处理" },
};

describe("a push", () => {
  it("is answered with its task, as the manual prints it", async () => {
    const hub = await startHub();
    const { status, headers, body } = await hub.ask("POST", path, { body: example });
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(body).toEqual({
      code: 200,
      message: "消息推送任务已创建",
      data: {
        task_id: taskId,
        recipient: "运维告警组",
        strategy: "failover",
        style: "card",
        created_at: "2025-01-04T01:30:00Z",
      },
    });
    expect(hub.pushed).toEqual([
      {
        tenant: "default",
        alias: "ops_alert",
        route: { strategy: "failover" },
        message: { title: "系统告警", body: "服务器CPU使用率达到85%，请及时处理", level: "warning", style: "card" },
        idempotency: undefined,
      },
    ]);
  });

  it("escapes what a recipient is called", async () => {
    const hub = await startHub({
      outcome: (request) => {
        const outcome = accept(request);
        return outcome.outcome === "accepted"
          ? { ...outcome, task: { ...outcome.task, recipientName: 'a "b"\\\n' } }
          : outcome;
      },
    });
    expect((await hub.ask("POST", path, { body: example })).body.data.recipient).toBe('a "b"\\\n');
  });

  it.each([
    [{}, { strategy: "failover" }],
    [{ strategy: null }, { strategy: "failover" }],
    [{ strategy: "", platform: "" }, { strategy: "failover" }],
    [{ strategy: "mixed", platform: null }, { strategy: "mixed" }],
    [{ strategy: "webhook_failover" }, { strategy: "webhook_failover" }],
    [{ platform: "feishu" }, { platform: "feishu" }],
    [{ platform: "wechat" }, { platform: "wecom" }],
    [{ platform: "wecom" }, { platform: "wecom" }],
    [{ platform: "system", strategy: "all" }, { platform: "system" }],
    [{ platform: "email", strategy: "platform" }, { platform: "email" }],
  ])("of %j goes the way %j", async (asked, route) => {
    const hub = await startHub();
    const { strategy: _left, ...rest } = example;
    expect((await hub.ask("POST", path, { body: { ...rest, ...asked } })).status).toBe(200);
    expect(hub.pushed[0]?.route).toEqual(route);
  });

  it("carries mentions and actions", async () => {
    const hub = await startHub();
    const content = {
      ...example.content,
      mentions: { all: true, users: ["ou_1"], mobiles: null },
      actions: [{ text: "查看", url: "https://example.com/a?b=c" }],
    };
    expect((await hub.ask("POST", path, { body: { ...example, content } })).status).toBe(200);
    expect(hub.pushed[0]?.message.mentions).toEqual({ all: true, users: ["ou_1"] });
    expect(hub.pushed[0]?.message.actions).toEqual([{ text: "查看", url: "https://example.com/a?b=c" }]);
  });

  it("with half a surrogate pair becomes text that every platform can write", async () => {
    const hub = await startHub();
    const body = JSON.stringify({ ...example, content: { title: "a\ud800", msg: "\udc00b" } });
    expect((await hub.ask("POST", path, { headers: { "content-type": "application/json" }, body })).status).toBe(200);
    expect(hub.pushed[0]?.message).toMatchObject({ title: "a\ufffd", body: "\ufffdb" });
  });

  it("may hold fields that nobody knows", async () => {
    const hub = await startHub();
    const body = `{"__proto__":{"type":"error"},"constructor":{"prototype":1},"deep":${"[".repeat(50_000)}${"]".repeat(50_000)},${JSON.stringify(example).slice(1)}`;
    const { status } = await hub.ask("POST", path, { headers: { "content-type": "application/json" }, body });
    expect(status).toBe(200);
    expect(hub.pushed[0]?.message.level).toBe("warning");
    expect(hub.pushed[0]?.message).not.toHaveProperty("deep");
  });

  it.each([
    "application/json",
    "application/json; charset=utf-8",
    'Application/JSON;charset="UTF8"',
    "application/json;",
  ])("may be sent as %s", async (type) => {
    const hub = await startHub();
    const answer = await hub.ask("POST", path, { headers: { "content-type": type }, body: JSON.stringify(example) });
    expect(answer.status).toBe(200);
  });

  it("may start with a byte order mark", async () => {
    const hub = await startHub();
    const body = `\uFEFF${JSON.stringify(example)}`;
    const { status } = await hub.ask("POST", path, { headers: { "content-type": "application/json" }, body });
    expect(status).toBe(200);
  });
});

describe("a push with a mistake", () => {
  it("is told of every bad field, the first one apart", async () => {
    const hub = await startHub();
    const { status, body } = await hub.ask("POST", path, { body: { type: "fatal", style: 1, content: { msg: null } } });
    expect(status).toBe(400);
    expect(body).toEqual({
      code: 400,
      message: "请求参数错误",
      data: {
        error: "recipient_alias不能为空",
        errors: [
          { field: "recipient_alias", message: "recipient_alias不能为空" },
          { field: "type", message: "type必须是info、warning、error之一" },
          { field: "style", message: "style必须是text、card之一" },
          { field: "content.title", message: "content.title不能为空" },
          { field: "content.msg", message: "content.msg不能为空" },
        ],
      },
    });
    expect(hub.pushed).toEqual([]);
  });

  const content = (changes: object) => ({ content: { ...example.content, ...changes } });
  it.each<[object, string]>([
    [{ recipient_alias: "" }, "recipient_alias不能为空"],
    [{ recipient_alias: " \t" }, "recipient_alias不能为空"],
    [{ recipient_alias: 7 }, "recipient_alias必须是字符串"],
    [{ recipient_alias: "x".repeat(256) }, "recipient_alias长度不能超过255个字符"],
    [{ type: null }, "type不能为空"],
    [{ type: "" }, "type不能为空"],
    [{ strategy: "random" }, "strategy必须是all、failover、webhook_failover、mixed之一"],
    [{ platform: "slack" }, "platform必须是feishu、dingtalk、wechat、wecom、email、system之一"],
    [{ platform: "constructor" }, "platform必须是feishu、dingtalk、wechat、wecom、email、system之一"],
    [{ platform: 3 }, "platform必须是feishu、dingtalk、wechat、wecom、email、system之一"],
    [{ style: "html" }, "style必须是text、card之一"],
    [{ content: null }, "content不能为空"],
    [{ content: "hello" }, "content必须是对象"],
    [{ content: [] }, "content必须是对象"],
    [content({ title: "x".repeat(1001) }), "content.title长度不能超过1000个字符"],
    [content({ msg: { a: 1 } }), "content.msg必须是字符串"],
    [content({ msg: "a\0b" }), "content.msg不能包含空字符（U+0000）"],
    [content({ mentions: { all: "yes" } }), "content.mentions.all必须是布尔值true或false"],
    [content({ mentions: { users: "ou_1" } }), "content.mentions.users必须是数组"],
    [content({ mentions: { users: [""] } }), "content.mentions.users[0]不能为空"],
    [
      content({ actions: [{ text: "a", url: "javascript:1" }] }),
      "content.actions[0].url必须是以http://或https://开头的完整网址",
    ],
    [content({ actions: Array(11).fill({ text: "a", url: "https://a.cn" }) }), "content.actions不能超过10项"],
  ])("%j", async (changes, message) => {
    const hub = await startHub();
    const { status, body } = await hub.ask("POST", path, { body: { ...example, ...changes } });
    expect(status).toBe(400);
    expect(body.data.error).toBe(message);
    expect(body.data.errors).toEqual([{ field: /^[\w.[\]]+/.exec(message)?.[0], message }]);
  });

  it.each([
    ["", "请求体不能为空，应为JSON对象"],
    ["[]", "请求体必须是对象"],
    ["null", "请求体不能为空"],
    ['"text"', "请求体必须是对象"],
    ['{"type":', "请求体不是有效的JSON：第1行第9列，内容不完整"],
    ['{\n  "type": info}', '请求体不是有效的JSON：第2行第11列，不应出现"i"'],
    ["{'type':1}", '请求体不是有效的JSON：第1行第2列，不应出现"\'"'],
  ])("body %j", async (text, error) => {
    const hub = await startHub();
    const sent = { headers: { "content-type": "application/json" }, body: text };
    const { status, body } = await hub.ask("POST", path, sent);
    expect([status, body.data.error]).toEqual([400, error]);
  });

  it("is told when its text is not UTF-8", async () => {
    const hub = await startHub();
    const response = await fetch(`${hub.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: Buffer.concat([Buffer.from('{"type":"'), Buffer.from([0xc4, 0xe3]), Buffer.from('"}')]),
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("请求体不是有效的UTF-8编码");
  });

  it.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/json; charset=gbk",
    "application/jsonp",
    "???",
  ])("of type %s is 415", async (type) => {
    const hub = await startHub();
    const { status, body } = await hub.ask("POST", path, {
      headers: { "content-type": type },
      body: JSON.stringify(example),
    });
    expect([status, body.code, body.message]).toEqual([415, 415, "不支持的请求类型"]);
    expect(body.data.error).toContain("application/json");
  });

  it("of no type is 415, with or without a body", async () => {
    const hub = await startHub();
    for (const length of [0, 2]) {
      const answer = await hub.raw(
        `POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n${"{}".slice(0, length)}`,
      );
      expect(answer).toContain("HTTP/1.1 415 ");
      expect(answer).toContain("Content-Type必须是application/json（UTF-8），收到的是空");
    }
  });

  it("that is compressed is 415", async () => {
    const hub = await startHub();
    const { status } = await hub.ask("POST", path, { headers: { "content-encoding": "gzip" }, body: example });
    expect(status).toBe(415);
  });

  it("that is too large is 413, however its length is told", async () => {
    const hub = await startHub({ limits: { bodyBytes: 1000 } });
    const body = JSON.stringify({ ...example, content: { title: "t", msg: "x".repeat(1000) } });
    const declared = await hub.ask("POST", path, { headers: { "content-type": "application/json" }, body });
    expect(declared.body).toEqual({ code: 413, message: "请求体过大", data: { error: "请求体超过上限1000字节" } });
    const chunked = await hub.raw(
      `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
      `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    );
    expect(chunked).toContain("HTTP/1.1 413 ");
    expect(hub.pushed).toEqual([]);
  });
});

describe("a push that the hub cannot take", () => {
  it.each<[PushOutcome, number, string, string]>([
    [{ outcome: "unknown-recipient" }, 404, "接收者不存在", "接收者ops_alert不存在"],
    [
      { outcome: "unknown-platform", known: ["feishu", "wecom"] },
      400,
      "请求参数错误",
      "platform无效：接收者ops_alert没有启用email，可用的是feishu、wechat",
    ],
    [
      { outcome: "unknown-platform", known: [] },
      400,
      "请求参数错误",
      "platform无效：接收者ops_alert没有启用email，它没有启用任何平台",
    ],
    [{ outcome: "key-conflict" }, 409, "幂等键冲突", "Idempotency-Key在24小时内已用于另一个请求，请换一个键"],
    [
      { outcome: "backlog-full", retryAfterSeconds: 2.1 },
      429,
      "任务队列已满",
      "等待发送的消息已达上限queue.buffer_size，请稍后重试",
    ],
    [{ outcome: "stopping" }, 503, "服务正在停止", "服务正在停止，请求未保存，请稍后重试"],
  ])("because of %j", async (outcome, code, message, error) => {
    const hub = await startHub({ outcome: () => outcome });
    const { status, headers, body } = await hub.ask("POST", path, { body: { ...example, platform: "email" } });
    expect([status, body.code, body.message, body.data.error]).toEqual([code, code, message, error]);
    expect(headers.get("retry-after")).toBe({ 429: "3", 503: "5" }[code] ?? null);
  });

  it.each([
    ["STORE_FULL", 503, "存储不可用"],
    ["STORE_BUSY", 503, "存储不可用"],
    ["STORE_FAILED", 503, "存储不可用"],
    ["STORE_LOCKED", 503, "存储不可用"],
    ["STORE_CLOSED", 503, "服务正在停止"],
  ] as const)("because of %s, without what the store said", async (code, status, message) => {
    const hub = await startHub({
      outcome: () => {
        throw new StoreError(code, "secret path /var/x");
      },
    });
    const answer = await hub.ask("POST", path, { body: example });
    expect([answer.status, answer.body.code, answer.body.message]).toEqual([status, status, message]);
    expect(answer.text).not.toContain("/var/x");
    expect(answer.headers.get("retry-after")).toBe("5");
    expect(hub.logged).toHaveLength(1);
  });

  it("because of a mistake of ours, without details", async () => {
    const hub = await startHub({ outcome: () => Promise.reject(new TypeError("x.y is undefined")) });
    const { status, body } = await hub.ask("POST", path, { body: example });
    expect(status).toBe(500);
    expect(body).toEqual({ code: 500, message: "服务器内部错误", data: { error: "请查看服务日志" } });
  });
});

describe("an Idempotency-Key", () => {
  const keyed = (key: string, body: unknown = example) => ({ headers: { "idempotency-key": key }, body });

  it("comes with a hash that is the same for the same push", async () => {
    const hub = await startHub();
    const { content, ...rest } = example;
    const other = { unknown: 1, content: { msg: content.msg, title: content.title }, ...rest, platform: null };
    for (const body of [example, other, { ...example, type: "info" }, { ...example, platform: "feishu" }]) {
      expect((await hub.ask("POST", path, keyed("key-1", body))).status).toBe(200);
    }
    const [first, same, ...different] = hub.pushed.map(({ idempotency }) => idempotency);
    expect(first).toEqual({ key: "key-1", bodyHash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(same).toEqual(first);
    expect(new Set([first, ...different].map((one) => one?.bodyHash)).size).toBe(3);
  });

  it("that was used is answered as before, and says so", async () => {
    const hub = await startHub({
      outcome: (request) => {
        const outcome = accept(request);
        return outcome.outcome === "accepted" ? { ...outcome, replayed: true } : outcome;
      },
    });
    const { status, headers, body } = await hub.ask("POST", path, keyed("k"));
    expect([status, headers.get("idempotency-replayed"), body.data.task_id]).toEqual([200, "true", taskId]);
  });

  it("is not said to be replayed the first time", async () => {
    const hub = await startHub();
    expect((await hub.ask("POST", path, keyed("k"))).headers.get("idempotency-replayed")).toBeNull();
  });

  it.each(["a b", "x".repeat(256), "é", ""])("%j is refused", async (key) => {
    const hub = await startHub();
    const { status, body } = await hub.ask("POST", path, keyed(key));
    expect([status, body.data.error]).toEqual([400, "Idempotency-Key必须是1到255个可见ASCII字符"]);
  });

  it("of 255 characters is taken", async () => {
    const hub = await startHub();
    expect((await hub.ask("POST", path, keyed("~".repeat(255)))).status).toBe(200);
  });
});

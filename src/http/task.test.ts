import { describe, expect, it } from "vitest";
import type { Delivery } from "../model/delivery.ts";
import { StoreError } from "../store/errors.ts";
import { now, startHub, taskId, taskOf } from "./hub-for-tests.ts";

const path = `/api/v1/task/${taskId}`;

describe("a task that is asked for", () => {
  it("is answered as the manual prints it", async () => {
    const failed = delivery({
      platform: "email",
      name: "运维邮箱",
      status: "failed",
      error: { kind: "rejected", code: "535", message: "bad login", advice: "请检查密码" },
    });
    const taken = delivery({
      leaf: 1,
      platform: "feishu",
      name: "告警机器人",
      status: "success",
      updatedAt: now + 8000,
    });
    const hub = await startHub({ task: taskOf({ status: "completed" }), deliveries: [failed, taken] });
    const { status, body } = await hub.ask("GET", path);
    expect(status).toBe(200);
    expect(body).toEqual({
      code: 200,
      message: "任务查询成功",
      data: {
        task_id: taskId,
        status: "completed",
        recipient: "运维告警组",
        strategy: "failover",
        style: "card",
        created_at: "2025-01-04T01:30:00Z",
        updated_at: "2025-01-04T01:30:05Z",
        results: [
          {
            platform: "email",
            webhook: "运维邮箱",
            status: "failed",
            message: "[535] bad login；请检查密码",
            timestamp: "2025-01-04T01:30:05Z",
          },
          {
            platform: "feishu",
            webhook: "告警机器人",
            status: "success",
            message: "消息发送成功",
            timestamp: "2025-01-04T01:30:08Z",
          },
        ],
      },
    });
  });

  it("may be asked for in capital letters", async () => {
    const hub = await startHub({ task: taskOf() });
    expect((await hub.ask("GET", path.replace(taskId, taskId.toUpperCase()))).status).toBe(200);
  });

  it.each(["invalid-task-id", "00000000-0000-7000-8000-000000000000", "x".repeat(200), "a%2Fb"])(
    "but is not there (%s) is 404 with its id",
    async (id) => {
      const hub = await startHub({ task: taskOf() });
      const { status, body } = await hub.ask("GET", `/api/v1/task/${id}`);
      expect(status).toBe(404);
      expect(body).toEqual({ code: 404, message: "任务不存在", data: { task_id: decodeURIComponent(id) } });
    },
  );

  it("is 503 while the store does not answer", async () => {
    const hub = await startHub({ tasks: { task: () => Promise.reject(new StoreError("STORE_FAILED", "disk")) } });
    const { status, body } = await hub.ask("GET", path);
    expect([status, body.message]).toEqual([503, "存储不可用"]);
  });
});

describe("a result", () => {
  const limited = { kind: "rate-limited", code: "11232", message: "too many", advice: "稍后" } as const;
  const late = { kind: "unavailable", code: "timeout", message: "no answer", advice: "平台未在时限内应答" } as const;
  it.each<[Partial<Delivery>, string, string]>([
    [{ status: "success" }, "success", "消息发送成功"],
    [{ status: "failed", error: late }, "timeout", "[timeout] no answer；平台未在时限内应答"],
    [{ status: "failed", error: limited }, "failed", "[11232] too many；稍后"],
    [{ status: "failed" }, "failed", "消息发送失败"],
    [{ status: "pending", attempts: 0 }, "processing", "等待发送"],
    [
      { status: "pending", attempts: 2, error: late, dueAt: now + 60_000 },
      "processing",
      "已尝试2次，等待重试，不早于2025-01-04T01:31:00Z：[timeout] no answer；平台未在时限内应答",
    ],
    [{ status: "pending", error: limited }, "processing", "等待限流解除：[11232] too many；稍后"],
  ])("of %j is %s", async (changes, status, message) => {
    const hub = await startHub({ task: taskOf(), deliveries: [delivery(changes)] });
    const { body } = await hub.ask("GET", path);
    expect(body.data.results).toEqual([
      { platform: "wechat", webhook: "告警群", status, message, timestamp: "2025-01-04T01:30:05Z" },
    ]);
  });
});

function delivery(changes: Partial<Delivery>): Delivery {
  return {
    task: taskId,
    leaf: 0,
    platform: "wecom",
    channel: "c",
    name: "告警群",
    status: "pending",
    attempts: 1,
    createdAt: now,
    updatedAt: now + 5000,
    ...changes,
  };
}

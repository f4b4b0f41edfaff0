import type { FastifyReply, FastifyRequest } from "fastify";
import * as z from "zod";
import type { Delivery } from "../model/delivery.ts";
import { describe } from "../model/platform-error.ts";
import type { Platform } from "../platforms/definition.ts";
import type { TaskStore } from "../store/store.ts";
import type { Endpoint } from "./endpoint.ts";
import { answer, timeText } from "./envelope.ts";

export interface TaskOptions {
  readonly tenant: string;
  readonly tasks: Pick<TaskStore, "task">;
  readonly platforms: readonly Platform[];
}

/** `GET /api/v1/task/:task_id`. */
export function taskEndpoint({ tenant, tasks, platforms }: TaskOptions): Endpoint {
  const shownName = new Map(platforms.map((platform) => [platform.id, platform.apiName ?? platform.id]));

  async function handle(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { task_id: id } = request.params as { task_id: string };
    const found = uuidPattern.test(id) ? await tasks.task(tenant, id.toLowerCase()) : undefined;
    if (!found) {
      answer(reply, 404, "任务不存在", { task_id: id });
      return;
    }
    const { task, deliveries } = found;
    const data: TaskData = {
      task_id: task.id,
      status: task.status,
      recipient: task.recipientName,
      strategy: task.strategy,
      style: task.message.style,
      created_at: timeText(task.createdAt),
      updated_at: timeText(task.updatedAt),
      results: deliveries.map((delivery) => resultOf(delivery, shownName.get(delivery.platform) ?? delivery.platform)),
    };
    answer(reply, 200, "任务查询成功", data);
  }

  return { method: "GET", path: "/api/v1/task/:task_id", handle, doc };
}

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const result = z.object({
  platform: z.string().describe("平台 | Platform, by the name that a push takes"),
  webhook: z.string().describe("渠道名称 | The recipient's name for the channel"),
  status: z.enum(["success", "failed", "processing", "timeout"]),
  message: z.string().describe("平台的错误码、原话与建议 | The platform's code and words, and what to do"),
  timestamp: z.iso.datetime(),
});

const taskData = z.object({
  task_id: z.uuid(),
  status: z
    .enum(["processing", "completed", "failed"])
    .describe("completed：至少一个渠道成功 | completed: at least one channel took it"),
  recipient: z.string(),
  strategy: z.string(),
  style: z.enum(["text", "card"]),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  results: z.array(result),
});

type TaskData = z.infer<typeof taskData>;

function resultOf(delivery: Delivery, platform: string): z.infer<typeof result> {
  const { name: webhook, updatedAt } = delivery;
  return {
    platform,
    webhook,
    status: statusOf(delivery),
    message: messageOf(delivery),
    timestamp: timeText(updatedAt),
  };
}

function statusOf({ status, error }: Delivery): z.infer<typeof result>["status"] {
  if (status === "pending") return "processing";
  return status === "failed" && error?.code === "timeout" ? "timeout" : status;
}

function messageOf({ status, error, attempts, dueAt }: Delivery): string {
  if (status === "success") return "消息发送成功";
  if (status === "failed") return error ? describe(error) : "消息发送失败";
  if (!error) return "等待发送";
  const when = dueAt === undefined ? "" : `，不早于${timeText(dueAt)}`;
  const tried = error.kind === "rate-limited" ? "等待限流解除" : `已尝试${attempts}次，等待重试`;
  return `${tried}${when}：${describe(error)}`;
}

const doc: Endpoint["doc"] = {
  operationId: "getTask",
  summary: "查询任务 | What became of a push",
  parameters: [{ name: "task_id", in: "path", schema: z.string(), description: "任务ID | Task id" }],
  answers: [
    {
      status: 200,
      message: "任务查询成功",
      data: taskData,
      example: {
        code: 200,
        message: "任务查询成功",
        data: {
          task_id: "0198c0de-0000-7000-8000-000000000001",
          status: "completed",
          recipient: "运维告警组",
          strategy: "failover",
          style: "card",
          created_at: "2026-01-04T01:30:00Z",
          updated_at: "2026-01-04T01:30:10Z",
          results: [
            {
              platform: "email",
              webhook: "运维邮箱",
              status: "timeout",
              message: "[timeout] no answer within 10 s；平台未在时限内应答",
              timestamp: "2026-01-04T01:30:10Z",
            },
          ],
        },
      },
    },
    { status: 404, message: "任务不存在", data: z.object({ task_id: z.string() }) },
  ],
};

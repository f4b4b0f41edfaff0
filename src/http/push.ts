import type { FastifyReply, FastifyRequest } from "fastify";
import * as z from "zod";
import type { Platform } from "../platforms/definition.ts";
import type { AnswerDoc, Endpoint } from "./endpoint.ts";
import { answer, jsonType, timeText } from "./envelope.ts";
import { jsonBodyOf } from "./json-body.ts";
import type { AcceptedTask, Pushes, PushOutcome } from "./ports.ts";
import { hashOf, type ParsedPush, pushReader } from "./push-request.ts";

export interface PushOptions {
  readonly tenant: string;
  readonly pushes: Pushes;
  readonly platforms: readonly Platform[];
  stopping(): boolean;
}

/** `POST /api/v1/push`. */
export function pushEndpoint({ tenant, pushes, platforms, stopping }: PushOptions): Endpoint {
  const reader = pushReader(platforms);
  const shownName = new Map(platforms.map((platform) => [platform.id, platform.apiName ?? platform.id]));

  async function handle(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (stopping()) {
      refuseStopping(reply);
      return;
    }
    const key = request.headers["idempotency-key"];
    if (key !== undefined && !(typeof key === "string" && keyPattern.test(key))) {
      refuseKey(reply);
      return;
    }
    const json = jsonBodyOf(request.headers, request.body as Buffer | undefined);
    if (!json.ok) {
      refuseBody(reply, json.status, json.error);
      return;
    }
    const parsed = reader.parse(json.value);
    if (!parsed.ok) {
      refuseFields(reply, parsed.problems);
      return;
    }
    const { push } = parsed;
    const idempotency = key === undefined ? undefined : { key, bodyHash: hashOf(push) };
    answerOutcome(reply, push, await pushes.push({ tenant, ...push, idempotency }), shownName);
  }

  return { method: "POST", path: "/api/v1/push", handle, doc: doc(reader.schema) };
}

const keyPattern = /^[\x21-\x7e]{1,255}$/;

function refuseStopping(reply: FastifyReply): void {
  reply.header("connection", "close").header("retry-after", "5");
  answer(reply, 503, "服务正在停止", { error: "服务正在停止，请求未保存，请稍后重试" });
}

function refuseKey(reply: FastifyReply): void {
  refuseFields(reply, [{ field: "Idempotency-Key", message: "Idempotency-Key必须是1到255个可见ASCII字符" }]);
}

function refuseBody(reply: FastifyReply, status: 400 | 415, error: string): void {
  if (status === 400) {
    refuseFields(reply, [{ field: "请求体", message: error }]);
    return;
  }
  reply.header("accept", "application/json");
  answer(reply, 415, "不支持的请求类型", { error });
}

function refuseFields(reply: FastifyReply, errors: readonly { field: string; message: string }[]): void {
  answer(reply, 400, "请求参数错误", { error: errors[0]?.message, errors });
}

function answerOutcome(
  reply: FastifyReply,
  { alias, route }: ParsedPush,
  outcome: PushOutcome,
  shownName: ReadonlyMap<string, string>,
): void {
  switch (outcome.outcome) {
    case "accepted":
      if (outcome.replayed) reply.header("idempotency-replayed", "true");
      reply.header("content-type", jsonType).send(acceptedText(outcome.task));
      return;
    case "unknown-recipient":
      answer(reply, 404, "接收者不存在", { error: `接收者${alias}不存在`, recipient_alias: alias });
      return;
    case "unknown-platform": {
      const shown = (id: string) => shownName.get(id) ?? id;
      const asked = "platform" in route ? shown(route.platform) : "";
      const known = outcome.known.length > 0 ? `可用的是${outcome.known.map(shown).join("、")}` : "它没有启用任何平台";
      const message = `platform无效：接收者${alias}没有启用${asked}，${known}`;
      refuseFields(reply, [{ field: "platform", message }]);
      return;
    }
    case "key-conflict":
      answer(reply, 409, "幂等键冲突", { error: "Idempotency-Key在24小时内已用于另一个请求，请换一个键" });
      return;
    case "backlog-full":
      reply.header("retry-after", String(Math.max(1, Math.ceil(outcome.retryAfterSeconds))));
      answer(reply, 429, "任务队列已满", { error: "等待发送的消息已达上限queue.buffer_size，请稍后重试" });
      return;
    case "stopping":
      refuseStopping(reply);
      return;
  }
}

/** The hottest answer, put together by hand: only the name can hold anything that JSON must escape. */
function acceptedText({ id, recipientName, strategy, style, createdAt }: AcceptedTask): string {
  return `{"code":200,"message":"消息推送任务已创建","data":{"task_id":"${id}","recipient":${JSON.stringify(recipientName)},"strategy":"${strategy}","style":"${style}","created_at":"${timeText(createdAt)}"}}`;
}

const createdTask = z.object({
  task_id: z.uuid().describe("任务ID | Task id"),
  recipient: z.string().describe("接收者名称 | Display name of the recipient"),
  strategy: z.string().describe("推送策略，指定平台时为platform | Strategy, or `platform`"),
  style: z.enum(["text", "card"]),
  created_at: z.iso.datetime().describe("UTC"),
});

const errorOnly = z.object({ error: z.string() });

/** What `data` holds beside `请求参数错误`. */
const fieldErrors = z.object({
  error: z.string().describe("第一个问题 | The first problem"),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).describe("所有问题 | Every problem"),
});

/** `请求参数错误`, as every endpoint that reads something answers it. */
export const badRequest: AnswerDoc = {
  status: 400,
  message: "请求参数错误",
  data: fieldErrors,
  example: {
    code: 400,
    message: "请求参数错误",
    data: {
      error: "recipient_alias不能为空",
      errors: [{ field: "recipient_alias", message: "recipient_alias不能为空" }],
    },
  },
};

function doc(schema: z.ZodType): Endpoint["doc"] {
  return {
    operationId: "push",
    summary: "推送消息 | Send a message",
    description: "应答200表示任务已写入稳定存储 | A 200 means that the task is on stable storage.",
    parameters: [
      {
        name: "Idempotency-Key",
        in: "header",
        schema: z.string().regex(keyPattern).optional(),
        description:
          "24小时内同一键同一内容返回同一任务 | The same key and body within 24 h answers the first task again",
      },
    ],
    body: {
      schema,
      examples: {
        "策略 | by strategy": {
          recipient_alias: "ops_alert",
          type: "warning",
          strategy: "failover",
          style: "card",
          content: { title: "系统告警", msg: "服务器CPU使用率达到85%，请及时处理" },
        },
        "平台 | by platform": {
          recipient_alias: "ops_alert",
          type: "info",
          platform: "feishu",
          style: "text",
          content: { title: "部署通知", msg: "应用版本v1.2.0部署完成" },
        },
      },
    },
    answers: [
      {
        status: 200,
        message: "消息推送任务已创建",
        data: createdTask,
        example: {
          code: 200,
          message: "消息推送任务已创建",
          data: {
            task_id: "0198c0de-0000-7000-8000-000000000001",
            recipient: "运维告警组",
            strategy: "failover",
            style: "card",
            created_at: "2026-01-04T01:30:00Z",
          },
        },
      },
      badRequest,
      { status: 404, message: "接收者不存在", data: errorOnly.extend({ recipient_alias: z.string() }) },
      { status: 409, message: "幂等键冲突", data: errorOnly },
      { status: 413, message: "请求体过大", data: errorOnly },
      { status: 415, message: "不支持的请求类型", data: errorOnly },
      { status: 429, message: "任务队列已满", data: errorOnly },
      { status: 503, message: "存储不可用 / 服务正在停止", data: errorOnly },
    ],
  };
}

import * as z from "zod";
import type { Watched, WatchResult } from "../receive/polling.ts";
import type { Endpoint } from "./endpoint.ts";
import { answer, timeText } from "./envelope.ts";
import { fieldProblems } from "./field-problems.ts";
import { jsonBodyOf } from "./json-body.ts";

export interface WatchOptions {
  readonly tenant: string;
  /** @param sentAt Epoch milliseconds; just now, when absent. */
  readonly watch: (message: Watched, sentAt?: number) => Promise<WatchResult>;
}

const text = (most: number) => z.string().min(1).max(most);

const body = z.strictObject({
  platform: text(64).meta({ description: "dingtalk、feishu" }),
  account: text(64).meta({ description: "账号名称 | The account's name" }),
  message_id: text(512).meta({
    description: "平台的消息 ID：processQueryKey、task_id、om_… | The platform's id of the message",
  }),
  kind: text(64).meta({
    description: "消息类型：钉钉 direct、group、work-notification，飞书 group | What sort of message it is",
  }),
  chat: text(512).optional().meta({ description: "钉钉群消息的 openConversationId | For DingTalk's groups" }),
  sent_at: z.iso
    .datetime({ offset: true })
    .optional()
    .meta({ description: "发送时间，缺省为刚刚 | When it was sent; just now, when absent" }),
  agent_id: text(64).optional().meta({ description: "钉钉工作通知的 AgentId | For DingTalk's work notifications" }),
});

/** `POST /api/v1/messages/watch`: asks the platform from now on what became of a message; answers become Events. */
export function watchEndpoints({ tenant, watch }: WatchOptions): Endpoint[] {
  return [
    {
      method: "POST",
      path: "/api/v1/messages/watch",
      doc,
      async handle(request, reply) {
        const read = jsonBodyOf(request.headers, request.body as Buffer | undefined);
        if (!read.ok) {
          answer(reply, read.status, read.status === 415 ? "不支持的请求类型" : "请求参数错误", { error: read.error });
          return;
        }
        const parsed = body.safeParse(read.value);
        if (!parsed.success) {
          const errors = fieldProblems(parsed.error, read.value, "请求体");
          answer(reply, 400, "请求参数错误", { error: errors[0]?.message, errors });
          return;
        }
        const { platform, account, message_id, kind, chat, agent_id: agent, sent_at } = parsed.data;
        const message = { tenant, platform, account, messageId: message_id, kind, chat, agent };
        const result = await watch(message, sent_at === undefined ? undefined : Date.parse(sent_at));
        const refused = refusalOf(result, parsed.data);
        if (refused) answer(reply, refused.status, refused.message, { error: refused.error });
        else {
          const next = result.outcome === "watching" ? { next_at: timeText(result.nextAt) } : {};
          answer(reply, 202, "已开始查询消息状态", { message_id, ...next });
        }
      },
    },
  ];
}

const hourMs = 3_600_000;

interface Refused {
  readonly status: 400 | 404 | 429;
  readonly message: string;
  readonly error: string;
}

function refusalOf(result: WatchResult, { platform, account, kind }: z.infer<typeof body>): Refused | undefined {
  const wrong = (error: string): Refused => ({ status: 400, message: "请求参数错误", error });
  switch (result.outcome) {
    case "watching":
    case "known":
      return undefined;
    case "unknown-account":
      return { status: 404, message: "账号不存在", error: `没有名为${account}的${platform}账号` };
    case "unknown-kind":
      if (result.kinds.length === 0) return wrong(`${platform}不提供消息状态查询`);
      return wrong(`kind为${kind}的消息不能查询，${platform}可用${result.kinds.join("、")}`);
    case "lacking":
      return wrong(`${result.field === "agent" ? "agent_id" : "chat"}不能为空：平台按它查询`);
    case "too-old":
      return wrong(`sent_at已超过${result.limitMs / hourMs}小时：平台不再提供该消息的状态`);
    case "too-many":
      return { status: 429, message: "查询的消息过多", error: "正在查询状态的消息已达上限，请稍后再试" };
  }
}

const problem = z.object({ error: z.string() });

const doc = {
  operationId: "watchMessage",
  summary: "查询消息状态 | Ask what became of a message",
  description:
    "发出后按 30 秒、2 分钟、10 分钟、1 小时……向平台查询，直到平台不再提供（24 小时或 7 天）；结果成为 yizhan.message.status 事件。| Asked 30 s, 2 min, 10 min, 1 h … after sending, until the platform forgets (24 h or 7 days), at once where it was sent a while ago; answers become events.",
  body: {
    schema: body,
    examples: {
      "钉钉单聊 | DingTalk, to a person": {
        platform: "dingtalk",
        account: "default",
        message_id: "wXYZ…==",
        kind: "direct",
      },
    },
  },
  answers: [
    {
      status: 202,
      message: "已开始查询消息状态",
      data: z.object({ message_id: z.string(), next_at: z.iso.datetime().optional() }),
    },
    { status: 400, message: "请求参数错误", data: problem },
    { status: 404, message: "账号不存在", data: problem },
    { status: 415, message: "不支持的请求类型", data: problem },
    { status: 429, message: "查询的消息过多", data: problem },
  ],
} as const satisfies Endpoint["doc"];

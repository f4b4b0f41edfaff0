import type { FastifyReply, FastifyRequest } from "fastify";
import * as z from "zod";
import type { Notification } from "../model/notification.ts";
import type { InboxStore } from "../store/store.ts";
import type { AnswerDoc, Endpoint, ParameterDoc } from "./endpoint.ts";
import { answer, timeText } from "./envelope.ts";
import { fieldProblems } from "./field-problems.ts";
import { badRequest } from "./push.ts";

export interface NotificationOptions {
  readonly tenant: string;
  readonly inbox: Omit<InboxStore, "addNotification">;
}

/** Everything under `/api/v1/notifications`: the in-app inbox. */
export function notificationEndpoints({ tenant, inbox }: NotificationOptions): Endpoint[] {
  return [
    {
      method: "GET",
      path: root,
      doc: docs.list,
      async handle(request, reply) {
        const page = pageQuery.safeParse(request.query);
        if (!page.success) {
          const errors = fieldProblems(page.error, request.query, "查询参数");
          answer(reply, 400, "请求参数错误", { error: errors[0]?.message, errors });
          return;
        }
        const { notifications, total } = await inbox.notifications(tenant, page.data);
        const { limit, offset } = page.data;
        const pagination = { total, limit, offset, count: notifications.length };
        answer(reply, 200, "获取系统通知成功", { notifications: notifications.map(shown), pagination });
      },
    },
    {
      method: "GET",
      path: `${root}/statistics`,
      doc: docs.statistics,
      async handle(_request, reply) {
        answer(reply, 200, "获取通知统计成功", { statistics: await inbox.notificationStatistics(tenant) });
      },
    },
    {
      method: "GET",
      path: `${root}/:id`,
      doc: docs.one,
      async handle(request, reply) {
        const id = idOf(request);
        const item = await inbox.notification(tenant, id);
        if (!item) {
          missing(reply, id);
          return;
        }
        answer(reply, 200, "获取系统通知成功", { notification: shown(item) });
      },
    },
    {
      method: "PUT",
      path: `${root}/:id/read`,
      doc: docs.read,
      async handle(request, reply) {
        const id = idOf(request);
        if (!(await inbox.markRead(tenant, id))) {
          missing(reply, id);
          return;
        }
        answer(reply, 200, "标记已读成功", { id, status: "read" });
      },
    },
    {
      method: "PUT",
      path: `${root}/read-all`,
      doc: docs.readAll,
      async handle(_request, reply) {
        answer(reply, 200, "全部标记已读成功", { count: await inbox.markAllRead(tenant) });
      },
    },
    {
      method: "DELETE",
      path: `${root}/:id`,
      doc: docs.remove,
      async handle(request, reply) {
        const id = idOf(request);
        if (!(await inbox.deleteNotification(tenant, id))) {
          missing(reply, id);
          return;
        }
        answer(reply, 200, "删除通知成功", { id });
      },
    },
    {
      method: "DELETE",
      path: root,
      doc: docs.removeAll,
      async handle(_request, reply) {
        answer(reply, 200, "清空通知成功", { count: await inbox.deleteAllNotifications(tenant) });
      },
    },
  ];
}

const root = "/api/v1/notifications";

function idOf(request: FastifyRequest): string {
  return (request.params as { id: string }).id;
}

function missing(reply: FastifyReply, id: string): void {
  answer(reply, 404, "通知不存在", { id });
}

const shownNotification = z.object({
  id: z.string(),
  title: z.string(),
  message: z.string(),
  type: z.enum(["info", "warning", "error"]),
  strategy: z.string(),
  style: z.enum(["text", "card"]),
  source: z.string(),
  task_id: z.string().describe("产生它的任务 | The task that caused it"),
  reason: z.string().describe("产生原因 | Why it was written"),
  created_at: z.iso.datetime(),
  status: z.enum(["unread", "read"]),
});

function shown(item: Notification): z.infer<typeof shownNotification> {
  return {
    id: item.id,
    title: item.title,
    message: item.message,
    type: item.type,
    strategy: item.strategy,
    style: item.style,
    source: item.source,
    task_id: item.taskId,
    reason: item.reason,
    created_at: timeText(item.createdAt),
    status: item.status,
  };
}

/** A query parameter as a number; what is not one stays text and is refused by the schema. An empty one counts as missing. */
function integerIn(value: unknown): unknown {
  if (value === "") return undefined;
  return typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
}

const pageQuery = z.object({
  status: z.preprocess((value) => (value === "" ? undefined : value), z.enum(["unread", "read", "all"]).default("all")),
  limit: z.preprocess(integerIn, z.int().min(1).max(1000).default(50)),
  offset: z.preprocess(integerIn, z.int().min(0).default(0)),
});

const idParameter: ParameterDoc = {
  name: "id",
  in: "path",
  schema: z.string(),
  description: "通知ID | Notification id",
};

const notFound: AnswerDoc = { status: 404, message: "通知不存在", data: z.object({ id: z.string() }) };
const counted = z.object({ count: z.int().describe("受影响的条数 | How many it concerned") });

const docs = {
  list: {
    operationId: "listNotifications",
    summary: "通知列表，新的在前 | The inbox, newest first",
    parameters: [
      { name: "status", in: "query", schema: pageQuery.shape.status, description: "按状态筛选 | Only these" },
      { name: "limit", in: "query", schema: pageQuery.shape.limit, description: "每页条数 | Items a page" },
      { name: "offset", in: "query", schema: pageQuery.shape.offset, description: "跳过条数 | Items to skip" },
    ],
    answers: [
      {
        status: 200,
        message: "获取系统通知成功",
        data: z.object({
          notifications: z.array(shownNotification),
          pagination: z.object({ total: z.int(), limit: z.int(), offset: z.int(), count: z.int() }),
        }),
      },
      badRequest,
    ],
  },
  statistics: {
    operationId: "notificationStatistics",
    summary: "通知统计 | Counts",
    answers: [
      {
        status: 200,
        message: "获取通知统计成功",
        data: z.object({
          statistics: z.object({
            total: z.int(),
            unread: z.int(),
            read: z.int(),
            by_type: z.record(z.string(), z.int()),
          }),
        }),
      },
    ],
  },
  one: {
    operationId: "getNotification",
    summary: "单个通知 | One notification",
    parameters: [idParameter],
    answers: [
      { status: 200, message: "获取系统通知成功", data: z.object({ notification: shownNotification }) },
      notFound,
    ],
  },
  read: {
    operationId: "markNotificationRead",
    summary: "标记已读 | Mark as read",
    parameters: [idParameter],
    answers: [
      { status: 200, message: "标记已读成功", data: z.object({ id: z.string(), status: z.literal("read") }) },
      notFound,
    ],
  },
  readAll: {
    operationId: "markAllNotificationsRead",
    summary: "全部标记已读 | Mark all as read",
    answers: [{ status: 200, message: "全部标记已读成功", data: counted }],
  },
  remove: {
    operationId: "deleteNotification",
    summary: "删除通知 | Delete one",
    parameters: [idParameter],
    answers: [{ status: 200, message: "删除通知成功", data: z.object({ id: z.string() }) }, notFound],
  },
  removeAll: {
    operationId: "deleteAllNotifications",
    summary: "清空通知 | Delete all",
    answers: [{ status: 200, message: "清空通知成功", data: counted }],
  },
} satisfies Record<string, Endpoint["doc"]>;

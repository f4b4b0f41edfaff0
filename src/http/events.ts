import * as z from "zod";
import { type EventType, eventTypes } from "../model/event.ts";
import type { EventFilter, EventStore, StoredEvent } from "../store/store.ts";
import type { Endpoint } from "./endpoint.ts";
import { answer } from "./envelope.ts";
import { eventSchema } from "./event-schemas.ts";
import { fieldProblems } from "./field-problems.ts";
import { badRequest } from "./push.ts";

export interface EventOptions {
  readonly tenant: string;
  readonly events: Pick<EventStore, "events" | "event">;
}

/** `/api/v1/events`: what happened, newest first, page by page. */
export function eventEndpoints({ tenant, events }: EventOptions): Endpoint[] {
  return [
    {
      method: "GET",
      path: "/api/v1/events",
      doc: docs.list,
      async handle(request, reply) {
        const query = listQuery.safeParse(request.query);
        if (!query.success) {
          const errors = fieldProblems(query.error, request.query, "查询参数");
          answer(reply, 400, "请求参数错误", { error: errors[0]?.message, errors });
          return;
        }
        const { limit, cursor, ...filter } = query.data;
        const found = await events.events(tenant, filterOf(filter), { limit: limit + 1, before: cursor });
        const page = found.slice(0, limit);
        const next = found.length > limit ? String(page.at(-1)?.seq) : null;
        answer(reply, 200, "获取事件成功", { events: page.map(({ event }) => event), next_cursor: next });
      },
    },
    {
      method: "GET",
      path: "/api/v1/events/:id",
      doc: docs.one,
      async handle(request, reply) {
        const { id } = request.params as { id: string };
        const found: StoredEvent | undefined = await events.event(tenant, id);
        if (!found) {
          answer(reply, 404, "事件不存在", { id });
          return;
        }
        answer(reply, 200, "获取事件成功", { event: found.event });
      },
    },
  ];
}

const moment = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

/** What a list of Events can be narrowed by; the stream takes the same. */
export const eventFilter = {
  // Checked as the one parameter that it is for the client, and not item by item.
  type: z
    .string()
    .transform((text, { addIssue }): readonly EventType[] => {
      const types = [...new Set(text.split(","))];
      if (types.every(isEventType)) return types;
      addIssue({ code: "invalid_value", values: [...eventTypes], input: text });
      return z.NEVER;
    })
    .optional(),
  account: z.string().min(1).max(129).optional(),
  channel: z.string().min(1).max(512).optional(),
};

const listQuery = z.object({
  ...eventFilter,
  since: moment.optional(),
  until: moment.optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(50),
  cursor: z.coerce.number().int().min(1).optional(),
});

function isEventType(text: string): text is EventType {
  return (eventTypes as readonly string[]).includes(text);
}

/** `account` may name its platform as well, `feishu/default`: accounts of two platforms may share a name. */
export function filterOf(query: {
  type?: readonly string[] | undefined;
  account?: string | undefined;
  channel?: string | undefined;
  since?: number | undefined;
  until?: number | undefined;
}): EventFilter {
  const { type, account, ...rest } = query;
  const slash = account?.indexOf("/") ?? -1;
  if (slash < 0) return { types: type, account, ...rest };
  return { types: type, platform: account?.slice(0, slash), account: account?.slice(slash + 1), ...rest };
}

const parameters = [
  { name: "type", in: "query", schema: z.string(), description: "事件类型，逗号分隔 | Types, comma-separated" },
  {
    name: "account",
    in: "query",
    schema: z.string(),
    description: "账号，或 平台/账号 | Account, or platform/account",
  },
  { name: "channel", in: "query", schema: z.string(), description: "会话或用户 | Chat or user: the event's subject" },
  { name: "since", in: "query", schema: z.iso.datetime(), description: "到达时间不早于 | Arrived at or after" },
  { name: "until", in: "query", schema: z.iso.datetime(), description: "到达时间早于 | Arrived before" },
  { name: "limit", in: "query", schema: z.int().min(1).max(1000), description: "每页数量，默认 50 | Page size" },
  { name: "cursor", in: "query", schema: z.string(), description: "上一页的 next_cursor | From the page before" },
] as const;

const docs = {
  list: {
    operationId: "listEvents",
    summary: "事件列表 | What happened, newest first",
    parameters,
    answers: [
      {
        status: 200,
        message: "获取事件成功",
        data: z.object({ events: z.array(eventSchema), next_cursor: z.string().nullable() }),
      },
      badRequest,
    ],
  },
  one: {
    operationId: "getEvent",
    summary: "单个事件 | One event",
    parameters: [{ name: "id", in: "path", schema: z.string(), description: "事件 ID | Event id" }],
    answers: [
      { status: 200, message: "获取事件成功", data: z.object({ event: eventSchema }) },
      { status: 404, message: "事件不存在", data: z.object({ id: z.string() }) },
    ],
  },
} as const satisfies Record<string, Endpoint["doc"]>;

import * as z from "zod";
import { eventTypes } from "../model/event.ts";
import type { ParkedEvent, Subscription, SubscriptionState } from "../store/store.ts";
import type { AnswerDoc, Endpoint, ParameterDoc } from "./endpoint.ts";
import { timeText } from "./envelope.ts";
import { badRequest } from "./push.ts";

const url = z.string().min(1).max(2_048).describe("接收地址 | Where Events are posted");
const common = {
  types: z.array(z.enum(eventTypes)).max(64).default([]).describe("事件类型，空为全部 | Event types; empty for all"),
  accounts: z
    .array(z.string().min(1).max(128))
    .min(1)
    .max(100)
    .optional()
    .describe("账号名或 平台/账号名，缺省为全部 | Accounts, or platform/account; absent for all"),
  secret: z.string().max(200).optional().describe("whsec_…；缺省自动生成 | Made when absent"),
  enabled: z.boolean().default(true),
};

export const newBody = z.object({ url, ...common });

export const changedBody = z.object({
  url: url.optional().describe("缺省保持不变 | Kept when absent"),
  ...common,
  secret: z
    .string()
    .max(200)
    .optional()
    .describe("新密钥；旧密钥继续签名 24 小时 | The old one signs for 24 more hours"),
  rotate_secret: z.boolean().optional().describe("生成新密钥 | Make a new secret"),
});

const moment = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

export const replayBody = z.object({
  event_id: z.string().min(1).max(64).optional(),
  since: moment.optional(),
  until: moment.optional(),
});

export const deadLetterPage = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(50),
  cursor: z.coerce.number().int().min(1).optional(),
});

export type DeadLetterPage = z.infer<typeof deadLetterPage>;

const subscriptionSchema = z.object({
  id: z.string(),
  url: z.string().describe("不含查询参数 | Without its query, which may hold a credential"),
  types: z.array(z.enum(eventTypes)),
  accounts: z.array(z.string()).nullable(),
  enabled: z.boolean(),
  disabled_reason: z.string().nullable().describe("被自动停用的原因 | Why the hub switched it off"),
  state: z.enum(["ok", "failing", "disabled"]),
  failures: z.int().describe("连续失败次数 | Failures in a row"),
  retry_at: z.iso.datetime().nullable().describe("在此之前不发送 | Nothing is sent before this"),
  waiting: z.int().describe("待发送的事件 | Events not sent yet"),
  retrying: z.int().describe("等待重试的事件 | Events that wait for another attempt"),
  dead_letters: z.int(),
  replays: z.int().describe("进行中的重放 | Replays under way"),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});

export function shownSubscription(
  { id, url: address, types, accounts, enabled, disabledReason, failures, holdUntil, ...rest }: Subscription,
  { behind, parked, dead, replays }: SubscriptionState,
  now: number,
): z.infer<typeof subscriptionSchema> {
  return {
    id,
    url: withoutQuery(address),
    types: types as z.infer<typeof subscriptionSchema>["types"],
    accounts: accounts === undefined ? null : [...accounts],
    enabled,
    disabled_reason: disabledReason ?? null,
    state: enabled ? (failures > 0 ? "failing" : "ok") : "disabled",
    failures,
    retry_at: enabled && holdUntil > now ? timeText(holdUntil) : null,
    waiting: behind,
    retrying: parked,
    dead_letters: dead,
    replays,
    created_at: timeText(rest.createdAt),
    updated_at: timeText(rest.updatedAt),
  };
}

function withoutQuery(address: string): string {
  const parsed = URL.parse(address);
  if (!parsed) return "";
  return `${parsed.origin}${parsed.pathname}${parsed.search === "" ? "" : "?…"}`;
}

const deadLetterSchema = z.object({
  event_id: z.string(),
  type: z.enum(eventTypes),
  attempts: z.int(),
  error: z.string().describe("最后一次失败的原因 | Why the last attempt failed"),
  at: z.iso.datetime(),
});

export function shownDeadLetter(letter: ParkedEvent): z.infer<typeof deadLetterSchema> {
  const { id, type, attempts, error, updatedAt } = letter;
  return { event_id: id, type, attempts, error, at: timeText(updatedAt) };
}

const idParameter: ParameterDoc = { name: "id", in: "path", schema: z.string(), description: "订阅 ID | Subscription" };
const notFound: AnswerDoc = { status: 404, message: "订阅不存在", data: z.object({ id: z.string() }) };
const oneSubscription = z.object({ subscription: subscriptionSchema });
const withSecret = z.object({
  subscription: subscriptionSchema,
  secret: z.string().optional().describe("仅在生成时显示一次 | Shown once, when it was made"),
});
const example = { url: "https://example.com/hooks/yizhan", types: ["yizhan.message.received"] };

/** How the documents describe these endpoints. */
export const subscriptionDocs = {
  create: {
    operationId: "createSubscription",
    summary: "创建订阅 | Have Events posted to an address",
    description:
      "事件以 CloudEvents JSON 投递，按 Standard Webhooks 签名，至少一次；2xx 以外视为失败并在 27 小时内重试 | CloudEvents as JSON, signed per Standard Webhooks, at least once; anything but 2xx is retried for 27 hours",
    body: { schema: newBody, examples: { messages: example } },
    answers: [
      { status: 201, message: "创建订阅成功", data: withSecret },
      badRequest,
      { status: 409, message: "订阅过多", data: z.object({ error: z.string() }) },
    ],
  },
  list: {
    operationId: "listSubscriptions",
    summary: "订阅列表 | All subscriptions",
    answers: [{ status: 200, message: "获取订阅成功", data: z.object({ subscriptions: z.array(subscriptionSchema) }) }],
  },
  one: {
    operationId: "getSubscription",
    summary: "单个订阅 | One subscription",
    parameters: [idParameter],
    answers: [{ status: 200, message: "获取订阅成功", data: oneSubscription }, notFound],
  },
  change: {
    operationId: "replaceSubscription",
    summary: "更新订阅 | Replace its settings",
    parameters: [idParameter],
    body: { schema: changedBody, examples: { rotate: { ...example, rotate_secret: true } } },
    answers: [{ status: 200, message: "更新订阅成功", data: withSecret }, badRequest, notFound],
  },
  remove: {
    operationId: "deleteSubscription",
    summary: "删除订阅 | Delete one, with what waits for it",
    parameters: [idParameter],
    answers: [{ status: 200, message: "删除订阅成功", data: z.object({ id: z.string() }) }, notFound],
  },
  replay: {
    operationId: "replaySubscription",
    summary: "重放事件 | Send one Event, or what arrived in a span, again",
    parameters: [idParameter],
    body: {
      schema: replayBody,
      examples: {
        one: { event_id: "01941a2b-3c4d-7e5f-8a6b-7c8d9e0f1a2b" },
        span: { since: "2026-01-04T00:00:00Z", until: "2026-01-05T00:00:00Z" },
      },
    },
    answers: [
      { status: 202, message: "开始重放", data: z.object({ count: z.int() }) },
      badRequest,
      notFound,
      { status: 422, message: "事件不在订阅范围内", data: z.object({ error: z.string(), event_id: z.string() }) },
    ],
  },
  deadLetters: {
    operationId: "listDeadLetters",
    summary: "死信列表，新的在前 | Events that were given up, newest first",
    parameters: [
      idParameter,
      { name: "limit", in: "query", schema: z.int().min(1).max(1000), description: "每页数量，默认 50 | Page size" },
      { name: "cursor", in: "query", schema: z.string(), description: "上一页的 next_cursor | From the page before" },
    ],
    answers: [
      {
        status: 200,
        message: "获取死信成功",
        data: z.object({ dead_letters: z.array(deadLetterSchema), next_cursor: z.string().nullable() }),
      },
      badRequest,
      notFound,
    ],
  },
  retry: {
    operationId: "retryDeadLetter",
    summary: "重新投递死信 | Start over with a dead letter",
    parameters: [idParameter, { name: "event", in: "path", schema: z.string(), description: "事件 ID | Event id" }],
    answers: [
      { status: 200, message: "已重新投递", data: z.object({ event_id: z.string() }) },
      { status: 403, message: "禁止访问", data: z.object({ error: z.string() }) },
      { status: 404, message: "死信不存在", data: z.object({ event_id: z.string() }) },
    ],
  },
} satisfies Record<string, Endpoint["doc"]>;

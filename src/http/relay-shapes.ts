import * as z from "zod";
import { type Forward, forwardStates } from "../model/forward.ts";
import type { ForwardCounts } from "../store/store.ts";
import type { AnswerDoc, Endpoint, ParameterDoc } from "./endpoint.ts";
import { timeText } from "./envelope.ts";
import { badRequest } from "./push.ts";

/** One relay as whoever runs it tells of it. */
export interface RelayStatus {
  readonly name: string;
  readonly prefix: string;
  readonly mode: "transparent" | "durable";
  /** `platform/name`. */
  readonly account?: string | undefined;
  /** Of a transparent relay. */
  readonly targets: readonly TargetStatus[];
  /** Of a durable one. */
  readonly receivers: readonly ReceiverStatus[];
}

export interface TargetStatus {
  readonly name: string;
  readonly weight: number;
  readonly state: "up" | "down" | "ejected" | "on-trial";
  /** Epoch milliseconds. */
  readonly ejectedUntil: number | undefined;
  readonly pending: number;
  readonly failures: number;
}

export interface ReceiverStatus {
  readonly name: string;
  readonly types: readonly string[];
  readonly answers: boolean;
  /** Does it get callbacks under keys of its own? */
  readonly isSealed: boolean;
  /** Set while it takes nothing and is asked rarely. `untilMs`: epoch milliseconds. */
  readonly trouble?: { readonly error: string; readonly untilMs: number } | undefined;
  readonly targets: readonly TargetStatus[];
}

const moment = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const receiverName = z.string().min(1).max(64);

export const forwardQuery = z.object({
  state: z
    .string()
    .transform((text) => text.split(","))
    .pipe(z.array(z.enum(forwardStates)).max(forwardStates.length))
    .optional(),
  receiver: receiverName.optional(),
  since: moment.optional(),
  until: moment.optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(50),
  cursor: z.coerce.number().int().min(1).optional(),
});

export const replayBody = z.object({
  id: z.string().min(1).max(64).optional().describe("单条转发 | One forward"),
  since: moment.optional().describe("回调到达时间不早于 | Callbacks that came at or after"),
  until: moment.optional().describe("早于；缺省为现在 | Before; now when absent"),
  receiver: receiverName.optional().describe("缺省为全部接收方 | Every receiver when absent"),
  states: z
    .array(z.enum(forwardStates).exclude(["waiting"]))
    .min(1)
    .max(3)
    .optional()
    .describe("缺省为全部 | All when absent"),
});

const targetSchema = z.object({
  name: z.string(),
  weight: z.int(),
  state: z.enum(["up", "down", "ejected", "on-trial"]),
  ejected_until: z.iso.datetime().nullable(),
  pending: z.int(),
  failures: z.int().describe("启动以来 | Since the start"),
});

const receiverSchema = z.object({
  name: z.string(),
  state: z
    .enum(["up", "down", "removed"])
    .describe("down：暂停并定期试探；removed：已不在配置中 | down: probed now and then; removed: configured no more"),
  error: z.string().nullable().describe("最近的失败 | Why it is down"),
  retry_at: z.iso.datetime().nullable(),
  types: z.array(z.string()),
  answers: z.boolean(),
  sealed: z.boolean().describe("使用自己的密钥 | Under keys of its own"),
  waiting: z.int(),
  dead: z.int(),
  oldest_waiting_at: z.iso.datetime().nullable(),
  targets: z.array(targetSchema),
});

const relaySchema = z.object({
  name: z.string(),
  path: z.string(),
  mode: z.enum(["transparent", "durable"]),
  account: z.string().nullable(),
  targets: z.array(targetSchema),
  receivers: z.array(receiverSchema),
});

const forwardSchema = z.object({
  id: z.string(),
  receiver: z.string(),
  chat: z.string().describe("会话或用户，空为无 | Chat or user; empty for none"),
  state: z.enum(forwardStates),
  attempts: z.int(),
  refusals: z.int().describe("被拒绝的次数 | How often it was refused"),
  replays: z.int(),
  error: z.string().nullable().describe("最近的失败 | What went wrong last"),
  next_attempt_at: z.iso.datetime().nullable(),
  received_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});

/** @param counts What waits at which of this relay's receivers. */
export function shownRelay(
  { name, prefix, mode, account, targets, receivers }: RelayStatus,
  counts: readonly ForwardCounts[],
): z.infer<typeof relaySchema> {
  const removed = counts.filter(({ receiver }) => !receivers.some((one) => one.name === receiver));
  return {
    name,
    path: prefix,
    mode,
    account: account ?? null,
    targets: targets.map(shownTarget),
    receivers: [
      ...receivers.map((one) => shownReceiver(one, counts)),
      ...removed.map(({ receiver }) => ({
        ...shownReceiver({ name: receiver, types: [], answers: false, isSealed: false, targets: [] }, counts),
        state: "removed" as const,
      })),
    ],
  };
}

function shownReceiver(
  { name, types, answers, isSealed, trouble, targets }: ReceiverStatus,
  counts: readonly ForwardCounts[],
): z.infer<typeof receiverSchema> {
  const counted = counts.find(({ receiver }) => receiver === name);
  return {
    name,
    state: trouble ? "down" : "up",
    error: trouble?.error ?? null,
    retry_at: trouble ? timeText(trouble.untilMs) : null,
    types: [...types],
    answers,
    sealed: isSealed,
    waiting: counted?.waiting ?? 0,
    dead: counted?.dead ?? 0,
    oldest_waiting_at: counted?.oldestWaiting === undefined ? null : timeText(counted.oldestWaiting),
    targets: targets.map(shownTarget),
  };
}

function shownTarget({ name, weight, state, ejectedUntil, pending, failures }: TargetStatus) {
  const ejected_until = ejectedUntil === undefined ? null : timeText(ejectedUntil);
  return { name, weight, state, ejected_until, pending, failures };
}

export function shownForward(forward: Forward): z.infer<typeof forwardSchema> {
  const { id, receiver, chat, state, attempts, refusals, replays, error, dueAt, receivedAt, updatedAt } = forward;
  return {
    id,
    receiver,
    chat,
    state,
    attempts,
    refusals,
    replays,
    error: error ?? null,
    next_attempt_at: state === "waiting" ? timeText(dueAt) : null,
    received_at: timeText(receivedAt),
    updated_at: timeText(updatedAt),
  };
}

const nameParameter: ParameterDoc = { name: "name", in: "path", schema: z.string(), description: "转发名称 | Relay" };
const noRelay: AnswerDoc = { status: 404, message: "转发不存在", data: z.object({ name: z.string() }) };
const noForward: AnswerDoc = { status: 404, message: "转发记录不存在", data: z.object({ id: z.string() }) };
const oneForward = z.object({ forward: forwardSchema });

/** How the documents describe these endpoints. */
export const relayDocs = {
  list: {
    operationId: "listRelays",
    summary: "回调转发列表 | Relays, their targets and receivers, and what waits",
    answers: [{ status: 200, message: "获取转发成功", data: z.object({ relays: z.array(relaySchema) }) }],
  },
  forwards: {
    operationId: "listForwards",
    summary: "转发记录，新的在前 | Callbacks on their way to receivers, newest first",
    parameters: [
      nameParameter,
      {
        name: "state",
        in: "query",
        schema: z.string(),
        description: "waiting、done、dead、skipped，逗号分隔 | States, comma-separated",
      },
      { name: "receiver", in: "query", schema: z.string(), description: "接收方 | Receiver" },
      { name: "since", in: "query", schema: z.iso.datetime(), description: "到达时间不早于 | Came at or after" },
      { name: "until", in: "query", schema: z.iso.datetime(), description: "到达时间早于 | Came before" },
      { name: "limit", in: "query", schema: z.int().min(1).max(1000), description: "每页数量，默认 50 | Page size" },
      { name: "cursor", in: "query", schema: z.string(), description: "上一页的 next_cursor | From the page before" },
    ],
    answers: [
      {
        status: 200,
        message: "获取转发记录成功",
        data: z.object({ forwards: z.array(forwardSchema), next_cursor: z.string().nullable() }),
      },
      badRequest,
      noRelay,
    ],
  },
  replay: {
    operationId: "replayForwards",
    summary: "重放回调 | Send one callback, or those that came in a span, again",
    description:
      "按原有顺序重新投递，X-Yizhan-Forward-Id 不变，X-Yizhan-Replay 加一；接收方若处于暂停状态则立即重试 | In their order and under the same X-Yizhan-Forward-Id, with X-Yizhan-Replay one higher; a receiver that is down is asked at once",
    parameters: [nameParameter],
    body: {
      schema: replayBody,
      examples: {
        one: { id: "01941a2b-3c4d-7e5f-8a6b-7c8d9e0f1a2b" },
        span: { since: "2026-01-04T00:00:00Z", until: "2026-01-05T00:00:00Z", receiver: "crm", states: ["dead"] },
      },
    },
    answers: [{ status: 202, message: "开始重放", data: z.object({ count: z.int() }) }, badRequest, noRelay, noForward],
  },
  skip: {
    operationId: "skipForward",
    summary: "跳过一条回调 | A callback need not go to its receiver any more",
    parameters: [nameParameter, { name: "id", in: "path", schema: z.string(), description: "转发记录 ID | Forward" }],
    answers: [
      { status: 200, message: "已跳过", data: oneForward },
      { status: 403, message: "禁止访问", data: z.object({ error: z.string() }) },
      noRelay,
      noForward,
      { status: 409, message: "已送达", data: oneForward },
    ],
  },
} satisfies Record<string, Endpoint["doc"]>;

import type { FastifyReply, FastifyRequest } from "fastify";
import * as z from "zod";
import { type MessageState, messageStates } from "../model/event-data.ts";
import type { Knowable } from "../model/tracking.ts";
import type { Platform } from "../platforms/definition.ts";
import { type ChannelRecord, furthest, type Step } from "../track/message-record.ts";
import type { MessageRecord } from "../track/tracker.ts";
import type { Endpoint } from "./endpoint.ts";
import { answer, timeText } from "./envelope.ts";

export interface MessageOptions {
  readonly tenant: string;
  readonly messages: { message(tenant: string, id: string): Promise<MessageRecord | undefined> };
  readonly platforms: readonly Platform[];
  /** What a platform can tell of a message that was sent the way a record's was. */
  readonly knowable: (record: ChannelRecord) => Knowable | undefined;
}

/** `/api/v1/messages/{id}/…`: what became of a message, and what people did with it. */
export function messageEndpoints(options: MessageOptions): Endpoint[] {
  const apiNames = new Map(options.platforms.map(({ id, apiName }) => [id, apiName ?? id]));
  const channelOf = (record: ChannelRecord) => ({
    platform: apiNames.get(record.platform) ?? record.platform,
    channel: record.channel,
    message_id: record.messageId ?? null,
  });
  const view =
    (message: string, shown: (record: ChannelRecord) => object) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      const { id } = request.params as { id: string };
      const found = await options.messages.message(options.tenant, id);
      if (!found) {
        answer(reply, 404, "消息不存在", { message_id: id });
        return;
      }
      const channels = found.channels.map((record) => ({ ...channelOf(record), ...shown(record) }));
      answer(reply, 200, message, { message_id: id, task_id: found.task ?? null, channels });
    };
  return [
    {
      method: "GET",
      path: "/api/v1/messages/:id/status",
      doc: docs.status,
      handle: view("获取消息状态成功", (record) => statusOf(record, options.knowable(record))),
    },
    {
      method: "GET",
      path: "/api/v1/messages/:id/history",
      doc: docs.history,
      handle: view("获取消息历史成功", ({ steps }) => ({ history: steps.map(stepOf) })),
    },
    {
      method: "GET",
      path: "/api/v1/messages/:id/interactions",
      doc: docs.interactions,
      handle: view("获取消息互动成功", ({ interactions }) => ({
        interactions: interactions.map(({ at, event, ...rest }) => ({ ...rest, time: timeText(at), event_id: event })),
      })),
    },
  ];
}

/** Each state with its time, or why there is none: not yet, or never by this platform. Never a guess. */
function statusOf({ steps }: ChannelRecord, knowable: Knowable | undefined): object {
  const states = Object.fromEntries(messageStates.map((state) => [state, stateOf(state, steps, knowable)]));
  const people = steps
    .filter(({ person }) => person !== undefined)
    .map(({ state, at, person, reason }) => ({ ...person, state, time: timeText(at), ...(reason ? { reason } : {}) }));
  return { status: furthest(steps) ?? "unknown", ...states, people };
}

function stateOf(state: MessageState, steps: readonly Step[], knowable: Knowable | undefined): string | object | null {
  const first = steps.find((step) => step.state === state);
  if (first) return { time: timeText(first.at), ...(first.reason ? { reason: first.reason } : {}) };
  return knowable?.[state] === "not reported by this platform" ? "not reported by this platform" : null;
}

function stepOf({ state, at, person, reason, event }: Step): object {
  return {
    state,
    time: timeText(at),
    ...(person ? { person } : {}),
    ...(reason ? { reason } : {}),
    ...(event ? { event_id: event } : {}),
  };
}

const parameters = [
  {
    name: "id",
    in: "path",
    schema: z.string(),
    description: "任务 ID 或平台的消息 ID | Our task id or the platform's message id",
  },
] as const;

const person = z.object({ id: z.string(), name: z.string().optional() });
const stateShown = z.union([
  z.object({ time: z.iso.datetime(), reason: z.string().optional() }),
  z.literal("not reported by this platform"),
  z.null(),
]);
const channel = { platform: z.string(), channel: z.string(), message_id: z.string().nullable() };

function dataOf(shape: z.ZodRawShape) {
  return z.object({
    message_id: z.string(),
    task_id: z.string().nullable(),
    channels: z.array(z.object({ ...channel, ...shape })),
  });
}

const missing = { status: 404, message: "消息不存在", data: z.object({ message_id: z.string() }) } as const;

const docs = {
  status: {
    operationId: "getMessageStatus",
    summary: "消息状态 | What became of a message",
    parameters,
    answers: [
      {
        status: 200,
        message: "获取消息状态成功",
        data: dataOf({
          status: z.enum([...messageStates, "unknown"]),
          ...Object.fromEntries(messageStates.map((state) => [state, stateShown])),
          people: z.array(person.extend({ state: z.enum(messageStates), time: z.iso.datetime() })),
        }),
      },
      missing,
    ],
  },
  history: {
    operationId: "getMessageHistory",
    summary: "消息历史 | Each step of a message, oldest first",
    parameters,
    answers: [
      {
        status: 200,
        message: "获取消息历史成功",
        data: dataOf({
          history: z.array(
            z.object({
              state: z.enum(messageStates),
              time: z.iso.datetime(),
              person: person.optional(),
              reason: z.string().optional(),
              event_id: z.string().optional(),
            }),
          ),
        }),
      },
      missing,
    ],
  },
  interactions: {
    operationId: "getMessageInteractions",
    summary: "消息互动 | What people did with a message",
    parameters,
    answers: [
      {
        status: 200,
        message: "获取消息互动成功",
        data: dataOf({
          interactions: z.array(
            z.object({
              kind: z.enum(["click", "reply", "forward", "reaction", "reaction-removed", "menu"]),
              person,
              key: z.string().optional(),
              value: z.unknown().optional(),
              time: z.iso.datetime(),
              event_id: z.string(),
            }),
          ),
        }),
      },
      missing,
    ],
  },
} as const satisfies Record<string, Endpoint["doc"]>;

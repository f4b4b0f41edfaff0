import * as z from "zod";
import type { HandlerReport } from "../dispatch/handler.ts";
import type { ReplierReport } from "../dispatch/replier.ts";
import { eventTypes } from "../model/event.ts";
import type { Endpoint } from "./endpoint.ts";
import { answer, timeText } from "./envelope.ts";

export interface HandlerOptions {
  readonly handlers: { reports(): Promise<HandlerReport[]> };
  readonly repliers: { reports(): ReplierReport[] };
}

/** `GET /api/v1/webhooks/handlers`: the code that is told of Events, who replies to people, and how they are doing. */
export function handlerEndpoints({ handlers, repliers }: HandlerOptions): Endpoint[] {
  return [
    {
      method: "GET",
      path: "/api/v1/webhooks/handlers",
      doc,
      async handle(_request, reply) {
        const told = (await handlers.reports()).map(shown);
        answer(reply, 200, "获取处理器成功", { handlers: told, repliers: repliers.reports().map(shownReplier) });
      },
    },
  ];
}

const handlerSchema = z.object({
  name: z.string().nullable().describe("有名字的处理器不漏事件 | A named one misses nothing"),
  types: z.array(z.enum(["*", ...eventTypes])),
  calls: z.int(),
  failures: z.int(),
  skipped: z.int().describe("放弃的事件 | Events given up"),
  p50_ms: z.number().nullable(),
  p99_ms: z.number().nullable(),
  last_error: z.object({ at: z.iso.datetime(), message: z.string() }).nullable(),
  lag: z.int().describe("落后的事件数 | Events it is behind by"),
});

function shown(report: HandlerReport): z.infer<typeof handlerSchema> {
  const { name, type, calls, failures, skipped, p50Ms, p99Ms, lastError, behind } = report;
  return {
    name: name ?? null,
    types: [type],
    calls,
    failures,
    skipped,
    p50_ms: p50Ms ?? null,
    p99_ms: p99Ms ?? null,
    last_error: lastError ? { at: timeText(lastError.at), message: lastError.message } : null,
    lag: behind,
  };
}

const replierSchema = z.object({
  types: z.array(z.enum(["*", ...eventTypes])),
  url: z
    .string()
    .nullable()
    .describe("外部回复程序的地址，不含查询参数 | Another program's address, without its query"),
  calls: z.int(),
  failures: z.int(),
  p50_ms: z.number().nullable(),
  p99_ms: z.number().nullable(),
  last_error: z.object({ at: z.iso.datetime(), message: z.string() }).nullable(),
});

function shownReplier(report: ReplierReport): z.infer<typeof replierSchema> {
  const { type, url, calls, failures, p50Ms, p99Ms, lastError } = report;
  return {
    types: [type],
    url: url ?? null,
    calls,
    failures,
    p50_ms: p50Ms ?? null,
    p99_ms: p99Ms ?? null,
    last_error: lastError ? { at: timeText(lastError.at), message: lastError.message } : null,
  };
}

const doc: Endpoint["doc"] = {
  operationId: "listHandlers",
  summary: "事件处理器与回复程序 | Code that is told of Events, and who replies to people",
  answers: [
    {
      status: 200,
      message: "获取处理器成功",
      data: z.object({ handlers: z.array(handlerSchema), repliers: z.array(replierSchema) }),
    },
  ],
};

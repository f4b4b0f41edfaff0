import type { FastifyReply } from "fastify";
import * as z from "zod";
import type { Endpoint } from "./endpoint.ts";
import { jsonType, timeText } from "./envelope.ts";

export interface ProbeOptions {
  readonly version: string;
  now(): number;
  stopping(): boolean;
  /** Rejects when the store cannot take a write. */
  ready(): Promise<void>;
  readonly readyTimeoutMs: number;
  readonly metrics: { render(): Promise<string> };
}

/** What machines ask: `/health` is the process there, `/ready` can it take work, `/metrics` how is it doing. */
export function probeEndpoints({ version, now, stopping, ready, readyTimeoutMs, metrics }: ProbeOptions): Endpoint[] {
  return [
    {
      method: "GET",
      path: "/health",
      open: true,
      doc: docs.health,
      handle(_request, reply) {
        bare(reply, 200, { status: "ok", timestamp: timeText(now()), version });
      },
    },
    {
      method: "GET",
      path: "/ready",
      open: true,
      doc: docs.ready,
      async handle(_request, reply) {
        const status = stopping() ? "stopping" : (await answersInTime(ready, readyTimeoutMs)) ? "ok" : "unavailable";
        bare(reply, status === "ok" ? 200 : 503, { status, timestamp: timeText(now()) });
      },
    },
    {
      method: "GET",
      path: "/metrics",
      doc: docs.metrics,
      async handle(_request, reply) {
        reply
          .header("content-type", metricsType)
          .header("cache-control", "no-store")
          .send(await metrics.render());
      },
    },
  ];
}

/** https://prometheus.io/docs/instrumenting/exposition_formats/ */
const metricsType = "text/plain; version=0.0.4; charset=utf-8";

function bare(reply: FastifyReply, status: number, body: unknown): void {
  reply.code(status).header("content-type", jsonType).header("cache-control", "no-store").send(JSON.stringify(body));
}

/** Why it does not answer is in the log of whoever failed; a probe only needs the fact. */
async function answersInTime(ask: () => Promise<void>, timeoutMs: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(resolve, timeoutMs, false);
  try {
    return await Promise.race([ask().then(() => true), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

const docs = {
  health: {
    operationId: "health",
    summary: "健康检查 | Is the process there",
    answers: [
      {
        status: 200,
        message: "运行中",
        bare: true,
        data: z.object({ status: z.literal("ok"), timestamp: z.iso.datetime(), version: z.string() }),
        example: { status: "ok", timestamp: "2026-01-04T01:30:00Z", version: "1.0.0" },
      },
    ],
  },
  ready: {
    operationId: "ready",
    summary: "就绪检查 | Can it take work",
    answers: [
      {
        status: 200,
        message: "可以接收任务",
        bare: true,
        data: z.object({ status: z.literal("ok"), timestamp: z.iso.datetime() }),
      },
      {
        status: 503,
        message: "存储未应答或正在停止",
        bare: true,
        data: z.object({ status: z.enum(["unavailable", "stopping"]), timestamp: z.iso.datetime() }),
      },
    ],
  },
  metrics: {
    operationId: "metrics",
    summary: "监控指标 | Counters for Prometheus",
    answers: [{ status: 200, message: "Prometheus text", bare: true, type: "text/plain", data: z.string() }],
  },
} satisfies Record<string, Endpoint["doc"]>;

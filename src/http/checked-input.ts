import type { FastifyReply, FastifyRequest } from "fastify";
import { answer } from "./envelope.ts";
import { fieldProblems } from "./field-problems.ts";
import { jsonBodyOf } from "./json-body.ts";

interface Schema<T> {
  safeParse(
    value: unknown,
  ): { success: true; data: T } | { success: false; error: Parameters<typeof fieldProblems>[0] };
}

/** The body as the schema reads it; undefined when the refusal has been answered. */
export function bodyOf<T>(request: FastifyRequest, reply: FastifyReply, schema: Schema<T>): T | undefined {
  const json = jsonBodyOf(request.headers, request.body as Buffer | undefined);
  if (!json.ok) {
    answer(reply, json.status, json.status === 415 ? "不支持的请求类型" : "请求参数错误", { error: json.error });
    return undefined;
  }
  const parsed = schema.safeParse(json.value);
  if (parsed.success) return parsed.data;
  refuse(reply, fieldProblems(parsed.error, json.value, "请求体"));
  return undefined;
}

/** The query as the schema reads it; undefined when the refusal has been answered. */
export function queryOf<T>(request: FastifyRequest, reply: FastifyReply, schema: Schema<T>): T | undefined {
  const parsed = schema.safeParse(request.query);
  if (parsed.success) return parsed.data;
  refuse(reply, fieldProblems(parsed.error, request.query, "查询参数"));
  return undefined;
}

/** 400, with what is wrong field by field. */
export function refuse(reply: FastifyReply, errors: readonly { field: string; message: string }[]): void {
  answer(reply, 400, "请求参数错误", { error: errors[0]?.message, errors });
}

/**
 * Does it come from a page of another site? A browser sends a POST without a body anywhere and asks nobody; it does say
 * where it comes from. Then the refusal has been answered.
 */
export function isFromElsewhere(request: FastifyRequest, reply: FastifyReply): boolean {
  const site = request.headers["sec-fetch-site"];
  if (site !== "cross-site" && site !== "same-site") return false;
  answer(reply, 403, "禁止访问", { error: "不接受其他网站页面发起的请求" });
  return true;
}

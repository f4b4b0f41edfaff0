import type { FastifyReply } from "fastify";

export const jsonType = "application/json; charset=utf-8";

/** Answers with the envelope that every API path uses; `code` repeats the HTTP status. */
export function answer(reply: FastifyReply, code: number, message: string, data: unknown): void {
  reply
    .code(code)
    .header("content-type", jsonType)
    .header("cache-control", "no-store")
    .send(envelope(code, message, data));
}

export function envelope(code: number, message: string, data: unknown): string {
  return JSON.stringify({ code, message, data: data ?? null });
}

/**
 * RFC 3339 in UTC, to the second: existing clients parse exactly this form.
 *
 * @param epochMs Epoch milliseconds.
 */
export function timeText(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}

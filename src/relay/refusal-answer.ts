import type { IncomingMessage, ServerResponse } from "node:http";
import type { FailureCause } from "./failure.ts";
import { closeAfter } from "./lingering.ts";
import { causes, type RefusalCause } from "./refusals.ts";

export interface RefusalAnswer {
  readonly cause: RefusalCause | FailureCause;
  readonly requestId: string;
  /** Methods that would have been right. */
  readonly allow?: Iterable<string>;
  readonly retryAfterMs?: number | undefined;
}

/**
 * Answers in the relay's own name, in the envelope of the hub's API: the cause in words, and the request's id, which is
 * in the log too. The target's address is in neither. Where bytes of the request may still come, or nobody can say where
 * it ends, the connection is closed.
 */
export function refuse(request: IncomingMessage, response: ServerResponse, answer: RefusalAnswer): void {
  const { cause, requestId, allow, retryAfterMs } = answer;
  const { status, message, zh, en } = causes[cause];
  const data = { cause, error: `${zh} | ${en}`, request_id: requestId };
  const body = Buffer.from(JSON.stringify({ code: status, message, data }));
  const headers = ["Content-Type", "application/json; charset=utf-8", "Content-Length", String(body.length)];
  headers.push("Cache-Control", "no-store", "X-Request-Id", requestId);
  if (allow) headers.push("Allow", [...allow].join(", "));
  if (status === 503) headers.push("Retry-After", String(Math.max(1, Math.ceil((retryAfterMs ?? 1_000) / 1_000))));
  if (unclear.has(cause) || isUnfinished(request)) closeAfter(request, response);
  response.writeHead(status, headers);
  response.end(body);
}

/** May some of its body still come? Node tells of the end of a request without one only after its head was handled. */
function isUnfinished({ complete, headers }: IncomingMessage): boolean {
  return !complete && (headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0);
}

/** What follows such a head may be its body, or not. */
const unclear: ReadonlySet<string> = new Set(["host-unclear", "transfer-coding-unknown", "too-many-header-lines"]);

import type { ServerResponse } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import * as z from "zod";
import type { EventFilter, EventStore, HandlerStore } from "../store/store.ts";
import type { Endpoint } from "./endpoint.ts";
import { answer } from "./envelope.ts";
import { eventFilter, filterOf } from "./events.ts";
import { fieldProblems } from "./field-problems.ts";
import { badRequest } from "./push.ts";

export interface EventStreamOptions {
  readonly tenant: string;
  readonly events: StreamedEvents;
  /** Calls back whenever something arrived; gives the function that ends it. */
  readonly listen: (onArrival: () => void) => () => void;
  /** Streams open at once. */
  readonly most?: number;
  /** A comment this often keeps proxies from closing a quiet stream. */
  readonly heartbeatMs?: number;
}

type StreamedEvents = Pick<EventStore, "events"> & Pick<HandlerStore, "newestEvent">;

/** Events read from the store at a time. */
const PAGE = 200;

/**
 * `/api/v1/events/stream`: server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). The
 * `id` is the place in the order of arrival, so a client that comes back with `Last-Event-ID` misses nothing.
 */
export function eventStreamEndpoint(options: EventStreamOptions): Endpoint & { closeAll(): void } {
  const { tenant, events, listen, most = 100, heartbeatMs = 15_000 } = options;
  const open = new Set<ServerResponse>();
  return {
    method: "GET",
    path: "/api/v1/events/stream",
    doc,
    async handle(request, reply) {
      const query = streamQuery.safeParse({ ...(request.query as object), ...lastEventId(request) });
      if (!query.success) {
        const errors = fieldProblems(query.error, request.query, "查询参数");
        answer(reply, 400, "请求参数错误", { error: errors[0]?.message, errors });
        return;
      }
      if (open.size >= most) {
        answer(reply.header("retry-after", "5"), 429, "事件流连接过多", { limit: most });
        return;
      }
      const { last_event_id: from, ...filter } = query.data;
      const after = from ?? (await events.newestEvent(tenant));
      const response = begin(reply);
      open.add(response);
      const stop = stream(response, { tenant, events, listen, heartbeatMs, filter: filterOf(filter), after });
      response.once("close", () => {
        stop();
        open.delete(response);
      });
    },
    closeAll() {
      for (const response of open) response.end();
    },
  };
}

const streamQuery = z.object({ ...eventFilter, last_event_id: z.coerce.number().int().min(0).optional() });

function lastEventId(request: FastifyRequest): object {
  const header = request.headers["last-event-id"];
  return typeof header === "string" && header !== "" ? { last_event_id: header } : {};
}

function begin(reply: FastifyReply): ServerResponse {
  reply.hijack();
  const response = reply.raw;
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    // nginx would hold the events back otherwise.
    "x-accel-buffering": "no",
  });
  response.write(": yizhan\n\n");
  return response;
}

interface Stream {
  readonly tenant: string;
  readonly events: StreamedEvents;
  readonly listen: EventStreamOptions["listen"];
  readonly heartbeatMs: number;
  readonly filter: EventFilter;
  readonly after: number;
}

/** Writes what arrived since, then waits to be told of more. At most one reading goes on at a time. */
function stream(response: ServerResponse, { tenant, events, listen, heartbeatMs, filter, after }: Stream): () => void {
  let last = after;
  let reading = false;
  let again = false;

  const drain = async (): Promise<void> => {
    if (reading) {
      again = true;
      return;
    }
    reading = true;
    try {
      do {
        again = false;
        await writeAll();
      } while (again);
    } catch {
      // The store failed: the client comes back with its last id and misses nothing.
      response.destroy();
    } finally {
      reading = false;
    }
  };

  const writeAll = async (): Promise<void> => {
    for (;;) {
      const newest = await events.newestEvent(tenant);
      const page = await events.events(tenant, filter, { after: last, limit: PAGE });
      for (const { seq, event } of page) {
        last = seq;
        const taken = response.write(`id: ${seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
        if (!taken && !(await drained(response))) return;
      }
      if (page.length === PAGE) continue;
      // Otherwise a stream that wants little would look at everything it passed over again with each arrival.
      last = Math.max(last, newest);
      return;
    }
  };

  const unlisten = listen(() => void drain());
  const heartbeat = setInterval(() => response.write(": still here\n\n"), heartbeatMs);
  void drain();
  return () => {
    unlisten();
    clearInterval(heartbeat);
  };
}

/** False when the client left instead. */
function drained(response: ServerResponse): Promise<boolean> {
  if (response.destroyed) return Promise.resolve(false);
  return new Promise((resolve) => {
    const onDrain = () => done(true);
    const onClose = () => done(false);
    const done = (taken: boolean) => {
      response.off("drain", onDrain).off("close", onClose);
      resolve(taken);
    };
    response.once("drain", onDrain).once("close", onClose);
  });
}

const doc = {
  operationId: "streamEvents",
  summary: "事件流 | Events as they arrive",
  description: "服务器推送事件；断线后以 Last-Event-ID 续传 | Server-sent events, resumed with Last-Event-ID",
  parameters: [
    { name: "type", in: "query", schema: z.string(), description: "事件类型，逗号分隔 | Types, comma-separated" },
    {
      name: "account",
      in: "query",
      schema: z.string(),
      description: "账号，或 平台/账号 | Account, or platform/account",
    },
    { name: "channel", in: "query", schema: z.string(), description: "会话或用户 | Chat or user" },
    { name: "Last-Event-ID", in: "header", schema: z.string(), description: "续传位置 | Where to go on" },
  ],
  answers: [
    { status: 200, message: "事件流", bare: true, type: "text/event-stream" },
    badRequest,
    { status: 429, message: "事件流连接过多" },
  ],
} as const satisfies Endpoint["doc"];

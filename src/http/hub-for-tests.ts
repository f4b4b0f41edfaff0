import { connect } from "node:net";
import { onTestFinished } from "vitest";
import * as z from "zod";
import type { Delivery } from "../model/delivery.ts";
import type { Notification } from "../model/notification.ts";
import { numbered, send } from "../model/plan.ts";
import type { Task } from "../model/task.ts";
import { definePlatform, type Platform } from "../platforms/definition.ts";
import type { PushOutcome, PushRequest } from "./ports.ts";
import { createServer, type HttpServer, type HttpServerOptions } from "./server.ts";

/** What the hub under test says the time is. */
export const now = Date.parse("2025-01-04T01:30:00.999Z");

export const taskId = "f029b7c4-e0a2-4a35-8fd0-247542bab4b6";

/** A real server over memory. Everything is closed when the test ends. */
export interface TestHub {
  readonly url: string;
  readonly port: number;
  readonly server: HttpServer;
  readonly pushed: PushRequest[];
  readonly logged: unknown[];
  readonly inbox: Map<string, Notification>;
  ask(method: string, path: string, options?: { headers?: Record<string, string>; body?: unknown }): Promise<Answered>;
  /** Sends bytes as they are; answers what came until the connection closed. */
  raw(...chunks: string[]): Promise<string>;
}

interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON. */
  readonly body: { code: number; message: string; data: Record<string, unknown> } & Record<string, unknown>;
}

export interface World extends Partial<HttpServerOptions> {
  readonly outcome?: (request: PushRequest) => PushOutcome | Promise<PushOutcome>;
  /** Default: a free one. */
  readonly port?: number;
  readonly task?: Task;
  readonly deliveries?: Delivery[];
  readonly notifications?: readonly Notification[];
}

export async function startHub(world: World = {}): Promise<TestHub> {
  const { outcome = accept, port: asked = 0, task, deliveries = [], notifications = [], ...options } = world;
  const pushed: PushRequest[] = [];
  const logged: unknown[] = [];
  const inbox = new Map(notifications.map((item) => [item.id, item]));
  const server = await createServer({
    tenant: "default",
    pushes: {
      async push(request) {
        pushed.push(request);
        return outcome(request);
      },
    },
    reloads: { reload: async () => ({ problems: [], notes: [] }) },
    tasks: { task: async (_tenant, id) => (task?.id === id ? { task, deliveries } : undefined) },
    inbox: inboxOver(inbox),
    ready: async () => {},
    platforms: [
      platform("feishu"),
      platform("dingtalk"),
      platform("wecom", "wechat"),
      platform("email"),
      platform("system"),
    ],
    metrics: { render: async () => "yizhan_build_info 1\n" },
    auth: { keys: () => [] },
    loopback: true,
    version: "1.0.0",
    now: () => now,
    log: { error: (...line: unknown[]) => logged.push(line), debug: () => {} },
    ...options,
  });
  onTestFinished(() => server.close(0));
  const url = await server.listen("127.0.0.1", asked);
  const port = Number(new URL(url).port);
  return {
    url,
    port,
    server,
    pushed,
    logged,
    inbox,
    ask: (...request) => ask(url, ...request),
    raw: (...chunks) => raw(port, chunks),
  };
}

/** Takes every push for `ops_alert`. */
export function accept({ alias, route, message }: PushRequest): PushOutcome {
  if (alias !== "ops_alert") return { outcome: "unknown-recipient" };
  const strategy = "platform" in route ? "platform" : route.strategy;
  const task = { id: taskId, recipientName: "运维告警组", strategy, style: message.style, createdAt: now };
  return { outcome: "accepted", replayed: false, task };
}

export function taskOf(changes: Partial<Task> = {}): Task {
  return {
    tenant: "default",
    id: taskId,
    recipient: "ops_alert",
    recipientName: "运维告警组",
    strategy: "failover",
    message: { title: "t", body: "b", level: "info", style: "card" },
    plan: numbered(send({ channel: "c", platform: "wecom", name: "告警群" })),
    status: "processing",
    createdAt: now,
    updatedAt: now + 5000,
    ...changes,
  };
}

function platform(id: string, apiName?: string): Platform {
  return definePlatform({
    id,
    aliases: [],
    ...(apiName === undefined ? {} : { apiName }),
    label: { en: id, zh: id },
    capabilities: { markdown: "none", cards: false, buttons: "none", mentions: [], messageId: false },
    limits: { bytes: { text: 1000, card: 1000 }, rate: [] },
    errors: {},
    channel: z.unknown(),
    listKey: "webhooks",
    address: () => id,
    render: () => [],
    connect: () => ({ send: async () => ({ ok: true }) }),
  });
}

function inboxOver(items: Map<string, Notification>): HttpServerOptions["inbox"] {
  const all = () => [...items.values()];
  return {
    async notifications(_tenant, { status, limit, offset }) {
      const chosen = all().filter((item) => status === "all" || item.status === status);
      return { notifications: chosen.slice(offset, offset + limit), total: chosen.length };
    },
    notification: async (_tenant, id) => items.get(id),
    async markRead(_tenant, id) {
      const item = items.get(id);
      if (item) items.set(id, { ...item, status: "read" });
      return item !== undefined;
    },
    async markAllRead() {
      const unread = all().filter((item) => item.status === "unread");
      for (const item of unread) items.set(item.id, { ...item, status: "read" });
      return unread.length;
    },
    deleteNotification: async (_tenant, id) => items.delete(id),
    async deleteAllNotifications() {
      const count = items.size;
      items.clear();
      return count;
    },
    async notificationStatistics() {
      const read = all().filter((item) => item.status === "read").length;
      const by_type: Record<string, number> = {};
      for (const { type } of items.values()) by_type[type] = (by_type[type] ?? 0) + 1;
      return { total: items.size, unread: items.size - read, read, by_type };
    },
  };
}

async function ask(
  url: string,
  method: string,
  path: string,
  { headers = {}, body }: { headers?: Record<string, string>; body?: unknown } = {},
): Promise<Answered> {
  const json: Record<string, string> =
    body === undefined || typeof body === "string" ? {} : { "content-type": "application/json" };
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { ...json, ...headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    get body() {
      return JSON.parse(text) as Answered["body"];
    },
  };
}

function raw(port: number, chunks: readonly string[]): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(port, "127.0.0.1");
  let received = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk) => {
    received += chunk;
  });
  socket.on("error", reject);
  socket.on("close", () => resolve(received));
  for (const chunk of chunks) socket.write(chunk);
  return promise;
}

import { parseArgs } from "node:util";
import { directoryOf } from "../src/config/directory.ts";
import { loadConfig } from "../src/config/load.ts";
import { Backlog } from "../src/deliver/backlog.ts";
import { Directory } from "../src/deliver/directory.ts";
import { idMaker } from "../src/deliver/new-id.ts";
import { Pushes } from "../src/deliver/pushes.ts";
import { createMetrics } from "../src/http/metrics.ts";
import { createServer } from "../src/http/server.ts";
import { defaultTenant } from "../src/model/recipient.ts";
import { platforms } from "../src/platforms/registry.ts";

// The ceiling process: the hub's own server and Pushes, over a store that says yes at once and keeps nothing.

const { values } = parseArgs({
  options: { config: { type: "string" }, data: { type: "string" }, port: { type: "string" } },
});
const loaded = await loadConfig({ file: values.config, env: {}, cwd: process.cwd(), platforms });
if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
const directory = new Directory(directoryOf(loaded.config, platforms));
const metrics = createMetrics({ version: "ceiling", queueDepth: () => 0 });
const created = { outcome: "created" } as const;

const pushes = new Pushes({
  store: { accept: async () => created, task: async () => undefined },
  queue: { wake() {} },
  directory: () => directory,
  backlog: new Backlog(Number.POSITIVE_INFINITY, 0),
  observer: metrics,
  now: Date.now,
  newId: idMaker(),
});

const server = await createServer({
  tenant: defaultTenant,
  pushes,
  reloads: { reload: async () => ({ problems: [], notes: [] }) },
  tasks: { task: async () => undefined },
  inbox: {
    notifications: async () => ({ notifications: [], total: 0 }),
    notification: async () => undefined,
    markRead: async () => false,
    markAllRead: async () => 0,
    deleteNotification: async () => false,
    deleteAllNotifications: async () => 0,
    notificationStatistics: async () => ({ total: 0, unread: 0, read: 0, by_type: {} }),
  },
  ready: async () => {},
  platforms,
  metrics,
  auth: { keys: () => [] },
  loopback: true,
  version: "ceiling",
  now: Date.now,
  log: { error: console.error, debug: () => {} },
});
await server.listen("127.0.0.1", Number(values.port));

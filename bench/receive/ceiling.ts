import { parseArgs } from "node:util";
import { loadConfig } from "../../src/config/load.ts";
import { receivingAccountsOf } from "../../src/config/receiving.ts";
import { idMaker } from "../../src/deliver/new-id.ts";
import { callbackEndpoints } from "../../src/http/callbacks.ts";
import { createMetrics } from "../../src/http/metrics.ts";
import { RefusalCounts } from "../../src/http/reception-metrics.ts";
import { createServer } from "../../src/http/server.ts";
import { defaultTenant } from "../../src/model/recipient.ts";
import { receivers } from "../../src/platforms/receivers.ts";
import { platforms } from "../../src/platforms/registry.ts";
import { ReceivingAccounts } from "../../src/receive/accounts.ts";
import { EventFeed } from "../../src/receive/feed.ts";
import { Reception } from "../../src/receive/reception.ts";

// The ceiling process: the hub's own server and Reception, over a store that says yes at once and keeps nothing.

const { values } = parseArgs({
  options: { config: { type: "string" }, data: { type: "string" }, port: { type: "string" } },
});
const loaded = await loadConfig({ file: values.config, env: {}, cwd: process.cwd(), platforms });
if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
const accounts = new ReceivingAccounts(receivingAccountsOf(loaded.config, receivers));
const counts = new RefusalCounts({ now: Date.now, log: { warn: console.error } });
const feed = new EventFeed(console.error);
feed.listen(counts.heard);
let seq = 0;

const reception = new Reception({
  store: {
    arrive: async ({ events }) => ({ outcome: "stored", fresh: events.map(({ id }) => ({ seq: ++seq, id })) }),
  },
  accounts: () => accounts,
  observer: counts,
  now: Date.now,
  newId: idMaker(),
  onStored: feed.tell,
});

const server = await createServer({
  tenant: defaultTenant,
  pushes: { push: () => Promise.reject(new Error("nothing is pushed here")) },
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
  metrics: createMetrics({ version: "ceiling", queueDepth: () => 0 }),
  more: callbackEndpoints({ tenant: defaultTenant, reception }),
  auth: { keys: () => [] },
  loopback: true,
  version: "ceiling",
  now: Date.now,
  log: { error: console.error, debug: () => {} },
});
await server.listen("127.0.0.1", Number(values.port));

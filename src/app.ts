import { resolve } from "node:path";
import { composeReceiving } from "./app-receiving.ts";
import { composeRelays } from "./app-relays.ts";
import type { Config } from "./config/config.ts";
import { directoryOf } from "./config/directory.ts";
import type { Logger } from "./config/logging.ts";
import { isLoopback } from "./config/loopback.ts";
import { builtIn, type KnownPlatforms } from "./config/own-platforms.ts";
import { formatProblem } from "./config/problem.ts";
import type { Loaded } from "./config/read.ts";
import { Backlog } from "./deliver/backlog.ts";
import { Deliverer } from "./deliver/deliverer.ts";
import { Directory } from "./deliver/directory.ts";
import { lazyHttpClient } from "./deliver/lazy-http-client.ts";
import { idMaker } from "./deliver/new-id.ts";
import { Pushes, type PushOutcome, type PushRequest } from "./deliver/pushes.ts";
import { Senders } from "./deliver/senders.ts";
import type { Handlers } from "./dispatch/handlers.ts";
import type { Repliers } from "./dispatch/repliers.ts";
import { createMetrics } from "./http/metrics.ts";
import { createServer } from "./http/server.ts";
import { defaultTenant } from "./model/recipient.ts";
import type { SystemPorts } from "./platforms/system/ports.ts";
import { systemClock } from "./queue/clock.ts";
import { MemoryQueue } from "./queue/memory-queue.ts";
import { openSqliteStore } from "./store/sqlite/sqlite-store.ts";
import type { Store } from "./store/store.ts";
import { version } from "./version.ts";

export interface HubOptions {
  readonly config: Config;
  /** Reads the configuration again, for a reload. */
  readonly reread: () => Promise<Loaded>;
  /** What it speaks; the built-in platforms, when absent. */
  readonly known?: KnownPlatforms;
  /** What relative paths of the configuration are relative to. */
  readonly cwd: string;
  /** Seals stored secrets; without it the data folder's own key does. */
  readonly secret?: Uint8Array | undefined;
  readonly logger: Logger;
  /** Where console notifications go. */
  readonly print: (text: string) => void;
  /** Registers code that is told of Events, or replies to people, before there are any. */
  readonly register?: ((code: Pick<Hub, "handlers" | "repliers">) => void) | undefined;
}

export interface Hub {
  /** Without a slash at its end. */
  readonly url: string;
  /** Code that is told of Events. */
  readonly handlers: Handlers;
  /** Code that replies to people in the answers to callbacks. */
  readonly repliers: Repliers;
  /** Resolves with `accepted` once the Task is on stable storage. @throws StoreError */
  push(request: PushRequest): Promise<PushOutcome>;
  /** Answers what was wrong; then nothing changed. */
  reload(): Promise<{ readonly problems: readonly string[]; readonly notes: readonly string[] }>;
  /** Stops accepting, finishes what is under way within the configured time, leaves the rest stored. */
  stop(): Promise<void>;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * Puts a hub together and starts it: the only place that knows every concrete class.
 *
 * @throws StoreError when the data folder is in use or unreadable, and Node's error when the address is taken.
 */
export async function startHub(options: HubOptions): Promise<Hub> {
  const { cwd, secret, logger, known = builtIn } = options;
  const { log } = logger;
  let config = options.config;
  const clock = systemClock;
  const store = openSqliteStore({ folder: resolve(cwd, config.store.directory), secret });
  const closing: (() => Promise<void> | void)[] = [() => store.close()];
  const stopAll = async () => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  try {
    let directory = await configured(store, config, known, clock.now());

    const http = lazyHttpClient(async () => (await import("./deliver/http-client.ts")).createHttpClient());
    const senders = new Senders(known.platforms, { http, now: clock.now, system: systemPorts(options, store) });
    closing.push(
      () => http.close(),
      () => senders.close(),
    );

    const backlog = new Backlog(config.queue.bufferSize, await store.backlog());
    const metrics = createMetrics({ version, queueDepth: () => backlog.waiting });
    const onError = (what: string, error: unknown) => log.error({ err: error }, what);
    const queue = new MemoryQueue({
      drain: (lane) => deliverer.drain(lane),
      clock,
      concurrency: config.queue.workers,
      groupOf: (lane) => directory.channel(lane)?.platform ?? "",
      groupConcurrency: config.queue.maxConcurrentPerPlatform,
      onError: (lane, error) => onError(`lane ${lane} stopped; it is tried again`, error),
      retryMs: 1_000,
    });
    const shared = { store, queue, directory: () => directory, backlog, observer: metrics };
    const deliverer = new Deliverer({
      ...shared,
      senders,
      clock,
      random: Math.random,
      retry: config.queue.retry,
      breaker: config.queue.breaker,
      timeoutMs: config.queue.timeoutMs,
      batchSize: config.queue.batchSize,
      onError,
    });
    const newId = idMaker();
    const pushes = new Pushes({ ...shared, now: clock.now, newId });

    const reload = async () => {
      const loaded = await options.reread();
      if (!loaded.ok) return { problems: loaded.problems.map(formatProblem), notes: [] };
      const notes = [...loaded.notes, ...needRestart(config, loaded.config)];
      directory = await configured(store, loaded.config, known, clock.now());
      const { server, queue, subscriptions } = config;
      config = { ...loaded.config, server, queue, subscriptions, store: config.store };
      await receiving.configure(config);
      await relays.configure(config);
      logger.setLevel(config.log.level);
      return { problems: [], notes };
    };

    const receiving = composeReceiving(config, {
      known,
      store,
      clock,
      newId,
      http,
      cwd,
      log,
      onError,
      waiting: () => backlog.waiting,
    });
    const { reception, account } = receiving;
    const relays = composeRelays({
      store,
      clock,
      newId,
      logger,
      onError,
      trustProxy: config.server.trustProxy,
      receive: reception.receive.bind(reception),
      account,
    });
    const server = await createServer({
      tenant: defaultTenant,
      pushes,
      reloads: { reload },
      tasks: store,
      inbox: store,
      ready: () => store.ping(),
      platforms: known.platforms,
      metrics: {
        render: async () => (await metrics.render()) + receiving.render() + (await relays.render()),
      },
      front: relays.front,
      onAnswered: relays.leave,
      more: [...receiving.endpoints, ...relays.endpoints],
      auth: { keys: () => config.auth.keys },
      loopback: isLoopback(config.server.host),
      limits: { bodyBytes: config.server.bodyLimitBytes, requestTimeoutMs: config.server.requestTimeoutMs },
      trustProxy: config.server.trustProxy,
      version,
      now: clock.now,
      log,
    });
    closing.push(
      () => server.close(0),
      () => receiving.stop(),
      () => relays.stopForwarding(),
      () => relays.stop(),
    );

    for (const { lane, dueAt } of await store.lanes()) queue.wake(lane, dueAt);
    queue.start();
    options.register?.(receiving);
    await receiving.start();
    await relays.configure(config);
    const stopPurging = purgeHourly(store, () => config.store.retentionDays * DAY_MS, onError);
    const url = await server.listen(config.server.host, config.server.port);

    let stopped: Promise<void> | undefined;
    const stop = async () => {
      const timeoutMs = config.server.shutdownTimeoutMs;
      stopPurging();
      server.stopAccepting();
      pushes.stop();
      deliverer.stop();
      const answered = server.close(timeoutMs).then(() => relays.stop());
      const done = Promise.all([receiving.stop(), relays.stopForwarding(), answered, queue.stop()]);
      if (await within(done, timeoutMs)) return stopAll();
      log.warn("some deliveries did not end in time; they go on at the next start");
      // The clients' own close would wait for them for as long as a request may take.
      await store.close();
      void stopAll().catch((error: unknown) => onError("not everything could be closed", error));
    };
    return {
      url,
      handlers: receiving.handlers,
      repliers: receiving.repliers,
      push: (request) => pushes.push(request),
      reload,
      stop: () => {
        stopped ??= stop();
        return stopped;
      },
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

/** Makes the store say what the configuration says, and reads it back: the store is what counts. */
async function configured(store: Store, config: Config, { platforms }: KnownPlatforms, at: number): Promise<Directory> {
  await store.applyDirectory(defaultTenant, directoryOf(config, platforms), at);
  return new Directory(await store.directory(defaultTenant));
}

function systemPorts({ cwd, logger: { log }, print }: HubOptions, store: Store): SystemPorts {
  return {
    console: print,
    log: (level, fields, text) => log[level === "warning" ? "warn" : level](fields, text),
    inbox: { add: (item, key) => store.addNotification(defaultTenant, item, key) },
    directory: resolve(cwd, "notifications"),
  };
}

/** What a reload cannot change, told rather than ignored. */
function needRestart(running: Config, wanted: Config): string[] {
  return (["server", "queue", "store", "subscriptions", "sandbox"] as const)
    .filter((section) => JSON.stringify(running[section]) !== JSON.stringify(wanted[section]))
    .map((section) => `${section}: changes take effect at the next start`);
}

function purgeHourly(store: Store, retentionMs: () => number, onError: (what: string, error: unknown) => void) {
  const purge = () => {
    const now = Date.now();
    store.purge({ tasks: now - retentionMs(), keys: now - DAY_MS }).catch((error: unknown) => {
      onError("old tasks could not be deleted; tried again in an hour", error);
    });
  };
  const timer = setInterval(purge, HOUR_MS).unref();
  return () => clearInterval(timer);
}

/** True when it ended in time. */
async function within(work: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, false);
  });
  const done = await Promise.race([work.then(() => true as const), late]);
  clearTimeout(timer);
  return done;
}

import { onTestFinished } from "vitest";
import * as z from "zod";
import { Backlog } from "../deliver/backlog.ts";
import type { BreakerPolicy } from "../deliver/breaker-policy.ts";
import { Deliverer } from "../deliver/deliverer.ts";
import { Directory } from "../deliver/directory.ts";
import { idMaker } from "../deliver/new-id.ts";
import { Pushes } from "../deliver/pushes.ts";
import { Senders } from "../deliver/senders.ts";
import type { RetryPolicy } from "../model/backoff.ts";
import type { PlatformError } from "../model/platform-error.ts";
import type { RateWindow } from "../model/rate.ts";
import { accepted, type Receipt, refused } from "../model/receipt.ts";
import type { Channel, Recipient } from "../model/recipient.ts";
import type { Route } from "../model/strategy.ts";
import { definePlatform, type Platform, type Ports } from "../platforms/definition.ts";
import { MemoryQueue } from "../queue/memory-queue.ts";
import { StoreError } from "../store/errors.ts";
import type { Recorded, Store } from "../store/store.ts";
import { testClock } from "./clock.ts";
import { aMessage, aRecipient } from "./samples.ts";
import { sqliteWorld } from "./sqlite-world.ts";
import { worldOf } from "./store/worlds.ts";

/** One request as a scripted platform saw it. */
export interface Sent {
  /** Milliseconds since the world began. */
  readonly at: number;
  readonly channel: string;
  readonly text: string;
  readonly key: string;
  readonly reason: string | undefined;
  /** How many requests this Channel saw before. */
  readonly nth: number;
}

export interface DeliverWorldOptions {
  readonly recipients?: readonly Recipient[];
  readonly rate?: readonly RateWindow[];
  readonly retry?: Partial<RetryPolicy>;
  readonly breaker?: Partial<BreakerPolicy>;
  readonly batchSize?: number;
  readonly backlog?: number;
}

/** Answers of a scripted platform. */
export const down: Receipt = refused({ kind: "unavailable", code: "http-502", message: "HTTP 502", advice: "等待" });
export const no: Receipt = refused({ kind: "rejected", code: "19021", message: "sign match fail", advice: "检查密钥" });
export const slowDown = (retryAfterMs: number): Receipt =>
  refused({ kind: "rate-limited", code: "11232", message: "too many", advice: "", retryAfterMs });
export const taken: Receipt = accepted;

/**
 * The deliver room at work: Pushes, a Deliverer, the queue in memory and a real SQLite store, with platforms whose
 * answers a test scripts, on a clock that it moves. A Message's body is sent in as many parts as `|` makes of it.
 */
export async function deliverWorld(options: DeliverWorldOptions = {}) {
  const stored = await worldOf(() => sqliteWorld());
  const clock = testClock();
  const began = clock.now();
  const since = () => clock.now() - began;
  const recipients = options.recipients ?? [aRecipient({ alpha: ["a1", "a2"], beta: ["b1"] }, ["bell"])];
  const channels = new Map(channelsOf(recipients, options.rate).map((channel) => [channel.id, channel]));
  const scripts = new Map<string, (sent: Sent) => Receipt | Promise<Receipt>>();
  const sent: Sent[] = [];
  const errors: string[] = [];
  const observed: string[] = [];
  /** Before a record is written (true) or after it (false): answer what shall happen to it. */
  let onRecord: (recorded: Recorded, before: boolean) => void = () => {};
  let life = begin(stored.store);

  function platform(id: string, isAlive: () => boolean): Platform {
    return definePlatform<never, { name: string }>({
      id,
      aliases: [],
      label: { en: id, zh: id },
      capabilities: { markdown: "full", cards: false, buttons: "none", mentions: [], messageId: false },
      limits: { bytes: { text: 1_000, card: 1_000 }, rate: [] },
      errors: {},
      channel: z.strictObject({ name: z.string() }),
      listKey: "webhooks",
      address: ({ name }) => name,
      render(message, _, { reason }) {
        if (message.body === "unrenderable") throw new Error("cannot render this");
        return message.body.split("|").map((text) => ({ text, reason }));
      },
      connect: () => ({
        async send({ payload, channel, key }) {
          if (!isAlive()) return new Promise(() => {});
          const { text, reason } = payload as { text: string; reason: string | undefined };
          const nth = sent.filter((one) => one.channel === channel.name).length;
          const request = { at: since(), channel: channel.name, text, key, reason, nth };
          sent.push(request);
          return (await scripts.get(channel.name)?.(request)) ?? taken;
        },
      }),
    });
  }

  function begin(store: Store) {
    let alive = true;
    const mortal: Store = Object.create(store, {
      record: {
        value: async (recorded: Recorded) => {
          if (!alive) throw new StoreError("STORE_CLOSED", "this process is dead");
          onRecord(recorded, true);
          if (!alive) throw new StoreError("STORE_CLOSED", "this process died before it wrote");
          await store.record(recorded);
          onRecord(recorded, false);
          if (!alive) throw new StoreError("STORE_CLOSED", "this process died after it wrote");
        },
      },
    });
    for (const method of storeMethods(store)) {
      if (method === "record") continue;
      const value = Reflect.get(store, method).bind(store);
      Object.defineProperty(mortal, method, { value });
    }
    const directory = new Directory({ accounts: [], channels: [...channels.values()], recipients });
    const backlog = new Backlog(options.backlog ?? 1_000_000, 0);
    const observer = {
      accepted: (strategy: string, deliveries: number) => observed.push(`accepted ${strategy} ${deliveries}`),
      attempted: (id: string, ok: boolean) => observed.push(`attempted ${id} ${ok}`),
      delivered: (id: string, ms: number) => observed.push(`delivered ${id} ${ms}`),
      failed: (id: string, kind: string) => observed.push(`failed ${id} ${kind}`),
      waiting: (id: string, why: string) => observed.push(`waiting ${id} ${why}`),
    };
    const onError = (what: string, error: unknown) => {
      if (alive) errors.push(`${what}: ${error instanceof Error ? error.message : error}`);
    };
    const queue = new MemoryQueue({
      drain: (lane) => deliverer.drain(lane),
      clock,
      concurrency: 64,
      groupOf: (lane) => channels.get(lane)?.platform ?? "",
      groupConcurrency: 8,
      retryMs: 1_000,
      onError: (lane, error) => onError(`lane ${lane}`, error),
    });
    const shared = { queue, directory: () => directory, backlog, observer };
    const ports: Ports = { http: unused, now: clock.now, system: unused };
    const deliverer: Deliverer = new Deliverer({
      ...shared,
      store: mortal,
      senders: new Senders(
        ["alpha", "beta", "system"].map((id) => platform(id, () => alive)),
        ports,
      ),
      clock,
      random: () => 0,
      retry: { attempts: 6, initialDelayMs: 5_000, maxDelayMs: 300_000, jitter: 0.2, ...options.retry },
      breaker: { failures: 5, cooldownMs: 60_000, ...options.breaker },
      timeoutMs: 10_000,
      batchSize: options.batchSize ?? 10,
      onError,
    });
    const pushes = new Pushes({ ...shared, store: mortal, now: clock.now, newId: idMaker() });
    const die = () => {
      alive = false;
      deliverer.stop();
      return queue.stop();
    };
    return { store: mortal, queue, deliverer, pushes, backlog, die };
  }

  /** As at a start: the queue is made of what the store says. */
  async function start() {
    life.backlog.add(await life.store.backlog());
    for (const { lane, dueAt } of await life.store.lanes()) life.queue.wake(lane, dueAt);
    life.queue.start();
  }

  await start();
  onTestFinished(async () => {
    // A send that is never answered must not keep the test from ending.
    void life.die();
    await clock.settle();
  });

  return {
    clock,
    sent,
    errors,
    observed,
    since,
    /** The process that runs now. */
    life: () => life,
    /** What a Channel's platform answers from now on. */
    script(channel: string, answer: Receipt | ((sent: Sent) => Receipt | Promise<Receipt>)): void {
      scripts.set(channel, typeof answer === "function" ? answer : () => answer);
    },
    /** Makes the platform think for this long before it takes a message. */
    takes: (ms: number) => (): Promise<Receipt> =>
      new Promise((resolve) => clock.at(clock.now() + ms, () => resolve(taken))),
    onRecord(look: typeof onRecord): void {
      onRecord = look;
    },
    removeChannel: (id: string) => channels.delete(id),
    push: (body: string, route: Route = { strategy: "failover" }, alias = "ops") =>
      life.pushes.push({ tenant: "default", alias, route, message: aMessage({ body }) }),
    /** Ends the process without letting it write another word. */
    die: () => void life.die(),
    /** A new process over what the store has. */
    async restart() {
      void life.die();
      await clock.settle();
      life = begin(await stored.reopen());
      await start();
    },
    /** `channel text` of every request, in order. */
    lines: () => sent.map(({ channel, text }) => `${channel} ${text}`),
    /** The same with the second at which it was sent. */
    timeline: () => sent.map(({ at, channel, text }) => `${channel} ${text} @${at / 1_000}`),
    /** A Task's status and how its Deliveries ended. */
    async task(id: string) {
      const found = await life.store.task("default", id);
      return {
        status: found?.task.status,
        results: found?.deliveries.map(({ name, status, attempts }) => `${name} ${status} ${attempts}`),
        errors: found?.deliveries.map(({ error }): PlatformError | undefined => error),
      };
    },
  };
}

/** For what the scripted platforms do not use. */
const unused = undefined as never;

function channelsOf(recipients: readonly Recipient[], rate: readonly RateWindow[] | undefined): Channel[] {
  const targets = recipients.flatMap(({ platforms, notifications }) => [
    ...platforms.flatMap((group) => group.targets),
    ...notifications,
  ]);
  return targets.map(({ channel, platform, name }) => ({
    tenant: "default",
    id: channel,
    platform,
    name,
    ...(rate ? { rate } : {}),
    settings: { name },
  }));
}

function storeMethods(store: Store): string[] {
  return Object.getOwnPropertyNames(Object.getPrototypeOf(store)).filter((name) => name !== "constructor");
}

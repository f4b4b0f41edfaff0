import { randomBytes } from "node:crypto";
import { ForwardMetrics } from "./http/forward-metrics.ts";
import type { ReceiverStatus } from "./http/relay-shapes.ts";
import { defaultTenant } from "./model/recipient.ts";
import { refusals } from "./platforms/receiving.ts";
import { callbackRequestOf, resealedRequest } from "./platforms/resealed-request.ts";
import { resealers } from "./platforms/resealers.ts";
import type { Clock } from "./queue/clock.ts";
import { MemoryQueue } from "./queue/memory-queue.ts";
import type { Place, ReceivingAccount } from "./receive/accounts.ts";
import type { Reception } from "./receive/reception.ts";
import { DurableRelay, type TakeCallback } from "./relay/durable-relay.ts";
import { ForwardAnswers } from "./relay/forward-answers.ts";
import { laneName, receiverOfLane } from "./relay/forward-lane.ts";
import type { ForwardReceiver } from "./relay/forward-receiver.ts";
import type { ForwardSealing } from "./relay/forward-sealing.ts";
import { Forwarder } from "./relay/forwarder.ts";
import type { TargetPool } from "./relay/pool.ts";
import type { ReceiverSettings, RelayAccount, RelaySettings, TargetPoolSettings } from "./relay/settings.ts";
import type { Store } from "./store/store.ts";

export interface ForwardingOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly newId: (now: number) => string;
  readonly log: { info(fields: object, text: string): void; warn(fields: object, text: string): void };
  readonly onError: (what: string, error: unknown) => void;
  readonly receive: Reception["receive"];
  /** As it is configured now. */
  readonly account: (place: Place) => ReceivingAccount | undefined;
  /** Makes the targets of one receiver; they are started and closed here. */
  readonly openPool: (settings: TargetPoolSettings, relay: RelaySettings) => TargetPool;
}

/** The rooms that deliver callbacks to other systems, put together. */
export interface Forwarding {
  /** The durable ones among these relays are in force from now on. */
  configure(relays: readonly RelaySettings[]): Promise<void>;
  /** Undefined where no durable relay has this name. */
  relay(name: string): DurableRelay | undefined;
  /** The receivers of a relay, in the order of the settings. */
  status(relay: string): ReceiverStatus[];
  /** Something waits again, or in the place of what was skipped: it is looked at, and whoever was down is asked. */
  moved(relay: string, receiver: string | undefined): Promise<void>;
  /** Whoever is behind this tunnel can be asked again, and is. @throws StoreError */
  reachable(tunnel: string): Promise<void>;
  /** Metrics in Prometheus' text format. @throws StoreError */
  render(): Promise<string>;
  /** Begins to deliver what waits. @throws StoreError */
  start(): Promise<void>;
  /** Begins no further attempt, and waits for those under way. Harmless to repeat. */
  stop(): Promise<void>;
}

/** Chats that are delivered at once, in all and to one receiver. */
const LANES_AT_ONCE = 256;
const LANES_OF_RECEIVER = 32;

/** Where no platform says how long it waits. */
const USUAL_ANSWER_MS = 4_000;

type DurableSettings = RelaySettings & { readonly delivery: { readonly mode: "durable" } };

/** One receiver of the configuration in force. */
interface Installed extends ForwardReceiver {
  readonly settings: ReceiverSettings;
  readonly pool: TargetPool;
  /** Its targets are kept over a reload while this is the same. */
  readonly poolKey: string;
}

export function composeForwarding(options: ForwardingOptions): Forwarding {
  const { store, clock, newId, log, onError, openPool } = options;
  const answers = new ForwardAnswers(clock);
  const metrics = new ForwardMetrics();
  let relays: ReadonlyMap<string, DurableRelay> = new Map();
  let receivers: readonly Installed[] = [];
  const find = (relay: string, name: string) => receivers.find((one) => one.relay === relay && one.name === name);
  const queue = new MemoryQueue({
    drain: (lane) => forwarder.drain(lane),
    clock,
    concurrency: LANES_AT_ONCE,
    groupOf: receiverOfLane,
    groupConcurrency: LANES_OF_RECEIVER,
    onError: (lane, error) => onError(`lane ${receiverOfLane(lane)} stopped; it is tried again`, error),
    retryMs: 1_000,
  });
  const forwarder: Forwarder = new Forwarder({
    tenant: defaultTenant,
    store: store.forwards,
    receiver: find,
    answers,
    wake: (lane, dueAt) => queue.wake(lane, dueAt),
    clock,
    random: Math.random,
    observer: {
      attempted: ({ relay, name }, outcome) => metrics.attempted(relay, name, outcome),
      told({ relay, name }, what, detail) {
        const text = `relay ${relay}, receiver ${name}: ${words[what]}: ${detail}`;
        log[what === "up" ? "info" : "warn"]({ relay, receiver: name, what }, text);
      },
    },
  });
  const wakeAll = async () => {
    for (const lane of await store.forwards.lanes(defaultTenant)) queue.wake(laneName(lane), lane.dueAt);
  };
  /** Whoever was down among these is asked at once, and gets what waits. */
  const ask = async (whom: (receiver: Installed) => boolean) => {
    for (const { relay, name } of receivers.filter(whom)) {
      await store.forwards.release(defaultTenant, relay, name, clock.now());
      forwarder.retry(relay, name);
    }
    await wakeAll();
  };
  const install = (relay: DurableSettings, settings: ReceiverSettings): Installed => {
    const { limits } = relay;
    const poolKey = JSON.stringify([settings.pool, limits, relay.keepHost]);
    const before = find(relay.name, settings.name);
    const kept = before?.poolKey === poolKey ? before.pool : undefined;
    const pool = kept ?? openPool(settings.pool, relay);
    if (!kept) pool.start();
    return {
      relay: relay.name,
      name: settings.name,
      target: pool,
      path: settings.path,
      limits: { answerMs: limits.answerMs, idleMs: limits.idleMs },
      sealing: settings.seal === undefined ? undefined : sealingOf(relay.delivery.account, settings.seal, options),
      answers: settings.answers,
      refusals: relay.delivery.refusals,
      settings,
      pool,
      poolKey,
    };
  };
  let stopped: Promise<void> | undefined;
  return {
    async configure(wanted) {
      const durable = wanted.filter((relay): relay is DurableSettings => relay.delivery.mode === "durable");
      const before = receivers;
      receivers = durable.flatMap((relay) => relay.delivery.receivers.map((one) => install(relay, one)));
      relays = new Map(
        durable.map((relay) => {
          const { account } = relay.delivery;
          const made = new DurableRelay({
            name: relay.name,
            account,
            receivers: relay.delivery.receivers,
            take: takeWith(
              options,
              relay.delivery.receivers.some((one) => one.answers),
            ),
            answers,
            answerWithinMs: resealers.get(account.platform)?.answerWithinMs ?? USUAL_ANSWER_MS,
            wake: (lane) => queue.wake(lane, clock.now()),
            newId: () => newId(clock.now()),
          });
          return [relay.name, made];
        }),
      );
      for (const { pool, limits } of before.filter((one) => !receivers.some(({ pool }) => pool === one.pool))) {
        // What is under way may end: nothing new begins with it.
        clock.at(clock.now() + limits.answerMs, () => void pool.close());
      }
      if (before.length > 0) await wakeAll();
    },
    relay: (name) => relays.get(name),
    status: (relay) =>
      receivers
        .filter((one) => one.relay === relay)
        .map(({ name, settings, answers, sealing, pool }) => ({
          name,
          types: settings.types,
          answers,
          isSealed: sealing !== undefined,
          trouble: forwarder.trouble(relay, name),
          targets: pool.health(),
        })),
    moved: (relay, receiver) => ask((one) => one.relay === relay && (receiver ?? one.name) === one.name),
    reachable: (tunnel) => ask(({ settings }) => leadsInto(settings.pool, tunnel)),
    render: async () => metrics.render(await store.forwards.counts(defaultTenant)),
    async start() {
      await wakeAll();
      queue.start();
    },
    stop() {
      forwarder.stop();
      answers.close();
      stopped ??= queue.stop().then(async () => {
        await Promise.all(receivers.map(({ pool }) => pool.close()));
      });
      return stopped;
    },
  };
}

const words = {
  down: "it takes nothing, and is asked rarely",
  up: "it is back",
  dead: "a callback was set aside",
  unsealed: "keys do not fit",
} as const;

function leadsInto({ targets }: TargetPoolSettings, tunnel: string): boolean {
  return targets.some((target) => target.kind === "tunnel" && target.tunnel === tunnel);
}

function takeWith({ receive }: ForwardingOptions, answers: boolean): TakeCallback {
  return async ({ platform, name }, { request, headers, remote }, plan) => {
    const { method, query, body } = request;
    const received = await receive(
      { tenant: defaultTenant, platform, account: name },
      { method, query: new URLSearchParams(query ?? ""), headers, body },
      remote,
      { answers, plan: (events, raw) => plan({ events, raw }) },
    );
    switch (received.kind) {
      case "answer":
        return received;
      case "unknown-account":
        return { kind: "refused", status: 404, reason: received.kind };
      case "refused":
        return { kind: "refused", status: refusals[received.reason], reason: received.reason };
    }
  };
}

/** @throws Error from `seal` when the account is not configured any more. */
function sealingOf(
  { platform, name }: RelayAccount,
  keys: unknown,
  { account: accountAt, clock }: ForwardingOptions,
): ForwardSealing {
  const resealer = resealers.get(platform);
  const settings = () => accountAt({ tenant: defaultTenant, platform, account: name })?.settings;
  const context = () => ({ nowMs: clock.now(), randomBytes });
  return {
    seal({ id, request, raw }) {
      const account = settings();
      if (!resealer || account === undefined) throw new Error(`there is no account ${platform}/${name} any more`);
      if (raw === undefined) throw new Error("it was stored before this receiver had keys of its own");
      const opened = { id, raw, request: callbackRequestOf(request) };
      return resealedRequest(request, resealer.reseal(opened, keys, account, context()));
    },
    reopen(answer, request) {
      const account = settings();
      if (!resealer || account === undefined) return undefined;
      const given = {
        ...answer,
        body: typeof answer.body === "string" ? answer.body : Buffer.from(answer.body).toString(),
      };
      return resealer.reopen(given, { request: callbackRequestOf(request) }, keys, account, context());
    },
  };
}

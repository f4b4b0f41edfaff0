import type { IncomingMessage } from "node:http";
import { composeEgress, type Egress, noEgress } from "./app-egress.ts";
import type { Config } from "./config/config.ts";
import type { Logger } from "./config/logging.ts";
import type { RequestFront } from "./http/front.ts";
import { RelayMetrics } from "./http/relay-metrics.ts";
import type { ReceiverStatus, RelayStatus } from "./http/relay-shapes.ts";
import type { Clock } from "./queue/clock.ts";
import { addressList } from "./receive/addresses.ts";
import { CallbackPassOn } from "./relay/callback-pass-on.ts";
import type { DurableRelay } from "./relay/durable-relay.ts";
import { OriginTarget } from "./relay/origin-target.ts";
import { TargetPool } from "./relay/pool.ts";
import type { PoolObserver, TargetChange } from "./relay/pool-observer.ts";
import { type PassOn, Relay } from "./relay/relay.ts";
import type { FinishedRequest } from "./relay/relay-observer.ts";
import { RelayRouter } from "./relay/relay-router.ts";
import { RequestIds } from "./relay/request-ids.ts";
import type { RelaySettings, TargetPoolSettings } from "./relay/settings.ts";
import { Transparent } from "./relay/transparent.ts";
import { callerOf, type Trust, trustAnybody, trustNobody } from "./relay/trust.ts";
import { TunnelGate, type TunnelStatus } from "./relay/tunnel/tunnel-gate.ts";
import { TurnEnd } from "./relay/turn-end.ts";

export interface RelayingOptions {
  readonly clock: Clock;
  readonly logger: Pick<Logger, "log" | "request">;
  readonly trustProxy: Config["server"]["trustProxy"];
  /** What stores the callbacks of the durable relay of this name. */
  readonly durable: (name: string) => Pick<DurableRelay, "take"> | undefined;
  /** A tunnel that led nowhere has an agent again. */
  readonly onReachable?: (tunnel: string) => void;
  /** The receivers of that relay. */
  readonly receivers: (name: string) => readonly ReceiverStatus[];
}

/** The room that passes requests on, put together. */
export interface Relaying {
  /** What takes relays' requests before anybody else sees them. */
  readonly front: RequestFront;
  /** Targets as one, of which whoever asks has to start and close them. */
  openPool(settings: TargetPoolSettings, relay: RelaySettings): TargetPool;
  /** The relays, tunnels and doors outward of this configuration are in force from now on. What is under way ends with the old ones. */
  configure(config: Pick<Config, "relays" | "tunnels" | "egress">): void;
  status(): RelayStatus[];
  tunnels(): TunnelStatus[];
  /** Its metrics, in Prometheus' text format. */
  render(): string;
  /** Sends agents away, once they have answered what they have. Harmless to repeat. */
  leave(): void;
  /** Lets no agent in, and ends what is still under way. Harmless to repeat. */
  stop(): Promise<void>;
}

/** A relay of the configuration in force. */
interface Installed {
  readonly settings: RelaySettings;
  /** It is kept over a reload while this is the same. */
  readonly key: string;
  readonly relay: Relay;
  readonly pool: TargetPool | undefined;
}

export function composeRelaying(options: RelayingOptions): Relaying {
  const { clock, logger, durable, receivers, onReachable } = options;
  const { log } = logger;
  const trust = trustOf(options.trustProxy);
  const ids = new RequestIds();
  const turnEnd = new TurnEnd();
  const metrics = new RelayMetrics();
  const router = new RelayRouter();
  const addressOf = (request: IncomingMessage) => callerOf(request, trust);
  const gate = new TunnelGate({ clock, log, addressOf, ...(onReachable && { onReachable }) });
  let installed: readonly Installed[] = [];
  let doors = noEgress;

  const observer = {
    finished(request: FinishedRequest) {
      metrics.finished(request);
      const { detail, id, cause, ...fields } = request;
      if (detail === undefined) logger.request(request);
      else
        log.warn({ ...fields, request: id, cause, ms: Math.round(request.ms) }, `no answer from a target: ${detail}`);
    },
  };
  const egressOf = (section: Config["egress"]): Egress =>
    doors.isOf(section) ? doors : composeEgress(section, { trust, ids, observer, turnEnd, addressOf, log });
  const openPool = ({ limits }: RelaySettings, settings: TargetPoolSettings, name: string) =>
    new TargetPool(settings, {
      open: (target) =>
        target.kind === "tunnel"
          ? gate.target(target.tunnel, { isIdempotent: settings.idempotent })
          : new OriginTarget(target.base, { connectMs: limits.connectMs, turnEnd }),
      clock,
      random: Math.random,
      observer: poolObserver(name, log, metrics),
    });
  const install = (settings: RelaySettings): Installed => {
    const key = JSON.stringify(settings);
    const before = installed.find((one) => one.settings.name === settings.name);
    if (before?.pool && before.key === key) return before;
    const { name, delivery } = settings;
    const pool = delivery.mode === "transparent" ? openPool(settings, delivery.pool, name) : undefined;
    pool?.start();
    const passOn: PassOn = pool
      ? new Transparent(settings, pool, turnEnd)
      : new CallbackPassOn({ relay: stored(name, durable), limits: settings.limits, clock });
    return { settings, key, pool, relay: new Relay({ settings, trust, ids, observer, passOn }) };
  };

  return {
    front: {
      door: (target) => router.door(target),
      upgrades: (target) => target.startsWith("/tunnels/"),
      upgrade: (request, socket, head) => {
        if (!gate.upgrade(request, socket, head)) socket.destroy();
      },
      connect: (request, socket, head) => doors.connect(request, socket, head),
    },
    openPool: (settings, relay) => openPool(relay, settings, relay.name),
    configure({ relays, tunnels, egress }) {
      gate.configure(tunnels);
      const before = installed;
      installed = relays.map(install);
      const doorsBefore = doors;
      doors = egressOf(egress);
      router.set([...installed.map(({ relay }) => relay), ...doors.relays]);
      if (doors !== doorsBefore) doorsBefore.retire();
      for (const one of before.filter((each) => !installed.includes(each))) void one.relay.retire();
    },
    status: () =>
      installed.map(({ settings: { name, prefix, delivery }, pool }) => ({
        name,
        prefix,
        mode: delivery.mode,
        ...(delivery.mode === "durable" ? { account: `${delivery.account.platform}/${delivery.account.name}` } : {}),
        targets: pool?.health() ?? [],
        receivers: receivers(name),
      })),
    tunnels: () => gate.status(),
    render: () =>
      metrics.render({
        pending: installed.map(({ relay }) => ({ relay: relay.name, pending: relay.pending })),
        agents: gate.status().map(({ name, agents }) => ({ tunnel: name, agents: agents.length })),
        targets: installed.flatMap(({ relay: { name: relay }, pool }) => [
          ...(pool?.health() ?? []).map((target) => ({ relay, target })),
          ...receivers(relay).flatMap(({ name: receiver, targets }) =>
            targets.map((target) => ({ relay, receiver, target })),
          ),
        ]),
      }),
    leave: () => void gate.close(),
    async stop() {
      await Promise.all([gate.close(), doors.close(), ...installed.map(({ relay }) => relay.close())]);
    },
  };
}

/** Looked up at each callback: a reload makes another one. */
function stored(name: string, durable: RelayingOptions["durable"]): Pick<DurableRelay, "take"> {
  return {
    take(call) {
      const relay = durable(name);
      if (!relay) throw new Error(`there is nothing that stores callbacks of relay ${name}`);
      return relay.take(call);
    },
  };
}

function trustOf(proxies: Config["server"]["trustProxy"]): Trust {
  if (proxies === true) return trustAnybody;
  return proxies === false || proxies.length === 0 ? trustNobody : { kind: "listed", ...addressList(proxies) };
}

function poolObserver(relay: string, log: Logger["log"], metrics: RelayMetrics): PoolObserver {
  return {
    onTarget(target, change) {
      log[change.kind === "up" || change.kind === "restored" ? "info" : "warn"](
        { relay, target, change: change.kind },
        `relay ${relay}: target ${target} ${changeText(change)}`,
      );
    },
    onRepeat(from, to, failure) {
      metrics.repeated(relay);
      log.info({ relay, from, to, cause: failure.failure }, `relay ${relay}: ${failure.message}; ${to} is asked`);
    },
  };
}

function changeText(change: TargetChange): string {
  switch (change.kind) {
    case "ejected":
      return `failed too often, and is left out until ${new Date(change.untilMs).toISOString()}`;
    case "restored":
      return "answers again";
    case "down":
      return "fails its health check, and is left out";
    case "up":
      return "passes its health check";
  }
}

import type { ForwardingOptions } from "./app-forward.ts";
import type { Config } from "./config/config.ts";
import type { Logger } from "./config/logging.ts";
import type { Endpoint } from "./http/endpoint.ts";
import { nothingInFront, type RequestFront } from "./http/front.ts";
import { relayEndpoints } from "./http/relays.ts";
import { tunnelEndpoints } from "./http/tunnels.ts";
import { defaultTenant } from "./model/recipient.ts";

export interface RelaysOptions extends Omit<ForwardingOptions, "openPool" | "log"> {
  readonly logger: Pick<Logger, "log" | "request">;
  readonly trustProxy: Config["server"]["trustProxy"];
}

/** The rooms that pass requests on, now or later, as the hub has them. */
export interface Relays {
  readonly front: RequestFront;
  readonly endpoints: readonly Endpoint[];
  /** What this configuration says is in force from now on. @throws StoreError */
  configure(config: Pick<Config, "relays" | "tunnels" | "egress">): Promise<void>;
  /** Metrics in Prometheus' text format. @throws StoreError */
  render(): Promise<string>;
  /** Sends agents away, once they have answered what they have. Harmless to repeat. */
  leave(): void;
  /** Begins no further delivery, and waits for those under way. Harmless to repeat. */
  stopForwarding(): Promise<void>;
  /** Ends what is still under way. Harmless to repeat, after the other. */
  stop(): Promise<void>;
}

/** Loaded with the first relay, tunnel or door outward: a hub that has none is some megabytes smaller. */
async function openRooms(options: RelaysOptions) {
  const [{ composeRelaying }, { composeForwarding }] = await Promise.all([
    import("./app-relay.ts"),
    import("./app-forward.ts"),
  ]);
  const { clock, logger, trustProxy, onError } = options;
  const relaying = composeRelaying({
    clock,
    logger,
    trustProxy,
    durable: (name) => forwarding.relay(name),
    receivers: (name) => forwarding.status(name),
    onReachable: (tunnel) => {
      const failed = (error: unknown) => onError(`what waits for tunnel ${tunnel} goes out later`, error);
      void forwarding.reachable(tunnel).catch(failed);
    },
  });
  const forwarding = composeForwarding({ ...options, log: logger.log, openPool: relaying.openPool });
  return { relaying, forwarding };
}

export function composeRelays(options: RelaysOptions): Relays {
  let opening: ReturnType<typeof openRooms> | undefined;
  let rooms: Awaited<typeof opening>;
  const front = () => rooms?.relaying.front ?? nothingInFront;
  return {
    front: {
      door: (target) => front().door(target),
      upgrades: (target) => front().upgrades(target),
      upgrade: (...upgrade) => front().upgrade(...upgrade),
      connect: (...connect) => front().connect(...connect),
    },
    endpoints: [
      ...relayEndpoints({
        tenant: defaultTenant,
        relays: () => rooms?.relaying.status() ?? [],
        forwards: options.store.forwards,
        moved: async (...moved) => rooms?.forwarding.moved(...moved),
        now: options.clock.now,
      }),
      ...tunnelEndpoints({ tunnels: () => rooms?.relaying.tunnels() ?? [] }),
    ],
    async configure(config) {
      const { relays, tunnels, egress } = config;
      if (!rooms && relays.length === 0 && tunnels.length === 0 && !egress.enabled) return;
      const isFirst = opening === undefined;
      opening ??= openRooms(options);
      rooms = await opening;
      await rooms.forwarding.configure(relays);
      rooms.relaying.configure(config);
      if (isFirst) await rooms.forwarding.start();
    },
    render: async () => (rooms ? rooms.relaying.render() + (await rooms.forwarding.render()) : ""),
    leave: () => rooms?.relaying.leave(),
    stopForwarding: async () => rooms?.forwarding.stop(),
    stop: async () => rooms?.relaying.stop(),
  };
}

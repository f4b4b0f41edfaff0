import type { IncomingMessage } from "node:http";
import type { Config } from "./config/config.ts";
import { type RequestFront, refuseConnect } from "./http/front.ts";
import { addressList } from "./receive/addresses.ts";
import { EgressAccess } from "./relay/egress-access.ts";
import { type ConnectOutcome, EgressConnect } from "./relay/egress-connect.ts";
import { EgressDoor, egressRelay } from "./relay/egress-door.ts";
import { OriginTarget } from "./relay/origin-target.ts";
import { Relay } from "./relay/relay.ts";
import type { RelayObserver } from "./relay/relay-observer.ts";
import type { RequestIds } from "./relay/request-ids.ts";
import type { RelayLimits } from "./relay/settings.ts";
import { Transparent } from "./relay/transparent.ts";
import type { Trust } from "./relay/trust.ts";
import type { TurnEnd } from "./relay/turn-end.ts";

export interface EgressOptions {
  readonly trust: Trust;
  readonly ids: RequestIds;
  readonly observer: RelayObserver;
  readonly turnEnd: TurnEnd;
  readonly addressOf: (request: IncomingMessage) => string;
  readonly log: { info(fields: object, text: string): void; warn(fields: object, text: string): void };
}

/** The doors outward of one configuration. */
export interface Egress {
  readonly relays: readonly Relay[];
  readonly connect: RequestFront["connect"];
  /** Is this what it was made from? Then it is kept over a reload. */
  isOf(section: Config["egress"]): boolean;
  /** Lets requests under way end, and no tunnel: the key that opened it may be good no longer. */
  retire(): void;
  /** Ends what is under way. Harmless to repeat. */
  close(): Promise<void>;
}

/** Before there is a configuration. */
export const noEgress: Egress = {
  relays: [],
  connect: refuseConnect,
  isOf: () => false,
  retire: () => {},
  close: async () => {},
};

const limits: RelayLimits = {
  connectMs: 5_000,
  answerMs: 30_000,
  idleMs: 30_000,
  headerLines: 100,
  bodyBytes: undefined,
};

/** Long connections that go through a proxy ping more often than this. */
const TUNNEL_IDLE_MS = 5 * 60_000;
const TUNNELS_AT_ONCE = 1_024;

export function composeEgress(section: Config["egress"], options: EgressOptions): Egress {
  const { enabled, callers, keys, doors, connect } = section;
  const made = JSON.stringify(section);
  const isOf = (other: Config["egress"]) => JSON.stringify(other) === made;
  if (!enabled) return { ...noEgress, isOf };
  const { trust, ids, observer, turnEnd, addressOf, log } = options;
  const access = new EgressAccess({ callers: addressList(callers), keys });
  const relays = Object.entries(doors).map(([name, origin]) => {
    const settings = egressRelay(name, new URL(origin).origin, limits);
    const target = new OriginTarget(origin, { connectMs: limits.connectMs, turnEnd });
    const passOn = new EgressDoor(access, new Transparent(settings, target, turnEnd));
    return new Relay({ settings, trust, ids, observer, passOn });
  });
  const proxy = new EgressConnect({
    access,
    authorities: new Set(Object.values(doors).flatMap(authorityOf)),
    connectMs: limits.connectMs,
    idleMs: TUNNEL_IDLE_MS,
    tunnels: TUNNELS_AT_ONCE,
    addressOf,
    told: (outcome) => tell(log, outcome),
  });
  return {
    relays,
    connect: connect ? proxy.serve : refuseConnect,
    isOf,
    retire() {
      proxy.close();
      for (const relay of relays) void relay.retire();
    },
    async close() {
      proxy.close();
      await Promise.all(relays.map((relay) => relay.close()));
    },
  };
}

/** `CONNECT` is for TLS: what goes to plain servers has the door. */
function authorityOf(origin: string): string[] {
  const { protocol, hostname, port } = new URL(origin);
  return protocol === "https:" ? [`${hostname}:${port || 443}`] : [];
}

function tell(log: EgressOptions["log"], outcome: ConnectOutcome): void {
  const { authority, caller, status } = outcome;
  if (status === 200) log.info({ ...outcome }, `egress: ${caller} has a tunnel to ${authority}`);
  else log.warn({ ...outcome }, `egress: ${caller} got ${status} for a tunnel to ${authority}`);
}

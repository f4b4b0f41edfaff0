import { setTimeout as pause } from "node:timers/promises";
import { connections } from "./accept-rate.ts";
import { sharedNow } from "./clock.ts";
import type { HubProcess } from "./hub-process.ts";
import { idsOf, Load, type LoadResult } from "./load.ts";
import { cpuMs } from "./processes.ts";
import { type PushText, pushRequests } from "./push-text.ts";
import type { ReceiverProcess } from "./receiver-process.ts";

export interface DeliveryRunOptions extends PushText {
  /** Pushes at most, and for how long they are begun. */
  readonly most: number;
  readonly forMs?: number;
  readonly perSecond?: number;
  /** Channels that each push goes to; their names end in `0000`, `0001` …. */
  readonly places?: number;
  /** Deliveries that may be under way; without it pushes are begun as fast as they are answered. */
  readonly underWay?: number;
}

export interface DeliveryRun {
  readonly load: LoadResult;
  /** First arrivals by push number, shared clock; 0 for never. */
  readonly arrivedAt: Float64Array;
  readonly delivered: number;
  readonly lost: number;
  readonly duplicates: number;
  /** From the first push to the last arrival. */
  readonly tookMs: number;
  /** Share of one core that each process used until the last push was answered, 0 to 1. */
  readonly cpu: { readonly hub: number; readonly receiver: number; readonly load: number };
  /** The hub's processor time until everything had arrived. */
  readonly hubCpuMs: number;
}

/** Without one arrival for this long, what is missing counts as lost. */
const patienceMs = 15_000;

/** Pushes, waits until everything has arrived, and accounts for every single message. */
export async function runDeliveries(
  hub: HubProcess,
  receiver: ReceiverProcess,
  options: DeliveryRunOptions,
): Promise<DeliveryRun> {
  const { run, most, forMs, perSecond, places = 1, underWay = Number.POSITIVE_INFINITY } = options;
  await receiver.begin(run, most, places);
  let begun = 0;
  const request = pushRequests(options);
  const load = new Load({
    port: hub.port,
    connections,
    request(n) {
      begun = n + 1;
      return request(n);
    },
    most,
    ...(forMs === undefined ? {} : { forMs }),
    ...(perSecond === undefined ? {} : { perSecond }),
    mayBegin: () => begun * places - receiver.arrived < underWay,
  });
  receiver.onProgress = () => load.nudge();
  const before = { hub: cpuMs(hub.pid), receiver: cpuMs(receiver.pid), load: cpuMs(process.pid) };
  const result = await load.run();
  const share = (pid: number, from: number) => (cpuMs(pid) - from) / result.tookMs;
  const cpu = {
    hub: share(hub.pid, before.hub),
    receiver: share(receiver.pid, before.receiver),
    load: share(process.pid, before.load),
  };
  await allArrived(hub, receiver, result.accepted * places);
  receiver.onProgress = undefined;
  const hubCpuMs = cpuMs(hub.pid) - before.hub;
  const { counts, arrivedAt, strays } = await receiver.report();
  const { repeated } = idsOf(result);
  if (strays > 0 || repeated > 0) throw new Error(`${strays} stray messages, ${repeated} task ids given twice`);
  const { lost, delivered, duplicates } = account(result, counts, places);
  const started = result.sentAt[0] ?? 0;
  const tookMs = arrivedAt.reduce((latest, at) => Math.max(latest, at), started) - started;
  return { load: result, arrivedAt, delivered, lost, duplicates, tookMs, cpu, hubCpuMs };
}

async function allArrived(hub: HubProcess, receiver: ReceiverProcess, expected: number): Promise<void> {
  let last = { arrived: -1, at: 0 };
  while (receiver.arrived < expected) {
    if (receiver.arrived !== last.arrived) last = { arrived: receiver.arrived, at: sharedNow() };
    else if (sharedNow() - last.at > patienceMs) return;
    await pause(5);
  }
  // An arrival precedes its being written down.
  for (const until = sharedNow() + patienceMs; sharedNow() < until; await pause(20)) {
    if ((await hub.metric("yizhan_queue_depth")) === 0) return;
  }
  throw new Error("everything arrived, but the hub still has Deliveries waiting");
}

function account({ begun, ids }: LoadResult, counts: Uint8Array, places: number) {
  const sum = { lost: 0, delivered: 0, duplicates: 0 };
  for (let n = 0; n < begun; n++) {
    const accepted = ids[n * 36] !== 0;
    for (let place = 0; place < places; place++) {
      const count = counts[n * places + place] ?? 0;
      if (!accepted && count > 0) throw new Error(`push ${n} was not accepted, but arrived`);
      if (count > 0) sum.delivered++;
      else if (accepted) sum.lost++;
      if (count > 1) sum.duplicates += count - 1;
    }
  }
  return sum;
}

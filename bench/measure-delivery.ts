import type { BenchContext } from "./bench-context.ts";
import { type DeliveryRun, runDeliveries } from "./delivery-run.ts";
import { grouped, percentile } from "./figures.ts";
import { manyRecipients } from "./hub-config.ts";
import { startHubProcess } from "./hub-process.ts";
import { residentBytes } from "./processes.ts";
import type { Section } from "./section.ts";

const goalPerSecond = 8_000;
const goalP99Ms = 50;
const pacedPerSecond = 1_000;
const underWay = 2_048;

/** The whole way: accepted, stored, sent over HTTP, taken by the platform, written down. */
export async function measureDelivery(context: BenchContext): Promise<Section> {
  const { quick, receiver, hub: program, folder, quiet, say, profiling } = context;
  const forMs = quick ? 10_000 : 60_000;
  const pacedMs = quick ? 10_000 : 30_000;
  const recipients = manyRecipients(128);
  const aliases = recipients.map(({ alias }) => alias);
  const hub = await startHubProcess({
    folder: folder("delivery"),
    config: { platformUrl: receiver.url, recipients },
    program,
    nodeArgs: profiling,
  });
  const pushes = { recipients: aliases, strategy: "failover", style: "card" } as const;
  const most = (forMs / 1000) * 40_000;
  await quiet();
  const full = await runDeliveries(hub, receiver, { ...pushes, run: "full", most, forMs, underWay });
  const perSecond = arrivedWithin(full, forMs) / (forMs / 1000);
  say(`  ${grouped(perSecond)} delivered/s, ${full.lost} lost, ${full.duplicates} twice; ${cpuText(full)}`);
  await quiet();
  const paced = await runDeliveries(hub, receiver, {
    ...pushes,
    run: "paced",
    most: (pacedMs / 1000) * pacedPerSecond,
    perSecond: pacedPerSecond,
  });
  const { sent, answered } = delaysOf(paced);
  const sentP99 = percentile(sent, 0.99);
  say(
    `  at ${grouped(pacedPerSecond)}/s: push to arrival p50 ${percentile(sent, 0.5).toFixed(1)}, p99 ${sentP99.toFixed(1)} ms`,
  );
  const memory = residentBytes(hub.pid) / 1e6;
  await hub.stop();
  const lost = full.lost + paced.lost;
  return {
    title: "Accepted → delivered at the sandbox",
    how: `The receiver is the hub's own sandbox (its Feishu robots, limits off) in a process that shares core 1 with the load generator; it notes the number in each message's text. One channel a push, style card, ${recipients.length} Recipients take turns, since a lane sends one message at a time. At full speed: pushes over 64 connections for ${forMs / 1000} s, held back while ${grouped(underWay)} are under way, so that what is measured is a steady state and not a growing backlog; delivered/s counts arrivals inside the ${forMs / 1000} s. At ${grouped(pacedPerSecond)}/s: ${pacedMs / 1000} s, each push due at its own moment whatever the others do; times from that moment, and from the hub's answer, to the arrival at the receiver (an arrival can precede the answer). Afterwards every accepted push was looked up in the receiver's record. Resident memory of the hub at the end: ${memory.toFixed(0)} MB.`,
    columns: ["", "accepted", "delivered", "lost", "twice", "delivered/s", "processor share of hub, receiver, load"],
    rows: [
      rowOf("full speed", full, perSecond),
      rowOf(`${grouped(pacedPerSecond)}/s`, paced, (paced.delivered / paced.tookMs) * 1000),
      ["push → arrival", ...timesOf(sent)],
      ["answer → arrival", ...timesOf(answered)],
    ],
    verdicts: [
      {
        what: "accepted → delivered",
        goal: `≥ ${grouped(goalPerSecond)}/s`,
        measured: `${grouped(perSecond)}/s`,
        met: perSecond >= goalPerSecond,
      },
      { what: "lost", goal: "0", measured: grouped(lost), met: lost === 0 },
      {
        what: `push → first attempt at ${grouped(pacedPerSecond)}/s, p99`,
        goal: `< ${goalP99Ms} ms`,
        measured: `${sentP99.toFixed(1)} ms`,
        met: sentP99 < goalP99Ms,
      },
    ],
  };
}

function arrivedWithin({ load, arrivedAt }: DeliveryRun, ms: number): number {
  const until = (load.sentAt[0] ?? 0) + ms;
  return arrivedAt.reduce((count, at) => (at > 0 && at <= until ? count + 1 : count), 0);
}

function delaysOf({ load, arrivedAt }: DeliveryRun) {
  const { sentAt, answeredAt } = load;
  const arrived = arrivedAt.subarray(0, load.begun);
  return {
    sent: arrived.map((at, n) => at - (sentAt[n] ?? 0)),
    answered: arrived.map((at, n) => at - (answeredAt[n] ?? 0)),
  };
}

function rowOf(name: string, run: DeliveryRun, perSecond: number): string[] {
  const { load, delivered, lost, duplicates } = run;
  return [name, ...[load.accepted, delivered, lost, duplicates, perSecond].map((each) => grouped(each)), cpuText(run)];
}

function timesOf(delays: Float64Array): string[] {
  const at = (share: number) => `${percentile(delays, share).toFixed(1)} ms`;
  return ["", "", "", "", "", `p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}`];
}

function cpuText({ cpu }: DeliveryRun): string {
  return [cpu.hub, cpu.receiver, cpu.load].map((share) => `${Math.round(share * 100)} %`).join(", ");
}

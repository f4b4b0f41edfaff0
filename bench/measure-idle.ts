import { setTimeout as pause } from "node:timers/promises";
import type { BenchContext } from "./bench-context.ts";
import { grouped, median, spread } from "./figures.ts";
import { manyRecipients } from "./hub-config.ts";
import { startHubProcess } from "./hub-process.ts";
import { residentBytes } from "./processes.ts";
import type { Section } from "./section.ts";

const goalStartMs = 400;
const goalBytes = 120e6;
const starts = 7;

/** How fast it is there, and what it takes when nothing happens. */
export async function measureIdle({
  quick,
  receiver,
  hub: program,
  folder,
  quiet,
  say,
}: BenchContext): Promise<Section> {
  const idleMs = quick ? 5_000 : 30_000;
  const config = { platformUrl: receiver.url, recipients: manyRecipients(10) };
  const where = folder("idle");
  const startMs: number[] = [];
  const atStart: number[] = [];
  await quiet();
  for (let run = 0; run < starts; run++) {
    const hub = await startHubProcess({ folder: where, config, program });
    startMs.push(hub.startMs);
    atStart.push(residentBytes(hub.pid) / 1e6);
    await hub.stop();
  }
  const hub = await startHubProcess({ folder: where, config, program });
  await pause(idleMs);
  const idle = residentBytes(hub.pid) / 1e6;
  await hub.stop();
  say(`  start ${spread(startMs, 0)} ms, ${spread(atStart, 0)} MB, after ${idleMs / 1000} s ${idle.toFixed(0)} MB`);
  const most = Math.max(median(atStart), idle);
  return {
    title: "Starting, and doing nothing",
    how: `The built file, ${starts} starts with a configuration of ${config.recipients.length} Recipients and an existing data folder (the first makes it): from starting the process to the first 200 of /health, asked again every 2 ms. Resident memory (VmRSS) at that moment, and of one more start after ${idleMs / 1000} s without a request. MB are 10⁶ bytes.`,
    columns: ["", "median [least–most]"],
    rows: [
      ["start to first /health", `${spread(startMs, 0)} ms`],
      ["resident memory after start", `${spread(atStart, 1)} MB`],
      [`resident memory after ${idleMs / 1000} s`, `${idle.toFixed(1)} MB`],
    ],
    verdicts: [
      {
        what: "start to first /health",
        goal: `< ${goalStartMs} ms`,
        measured: `${spread(startMs, 0)} ms`,
        met: median(startMs) < goalStartMs,
      },
      {
        what: "idle resident memory",
        goal: `< ${grouped(goalBytes / 1e6)} MB`,
        measured: `${most.toFixed(0)} MB`,
        met: most * 1e6 < goalBytes,
      },
    ],
  };
}

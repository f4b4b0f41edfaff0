import { fileURLToPath } from "node:url";
import { type AcceptRate, acceptRate, connections } from "./accept-rate.ts";
import type { BenchContext } from "./bench-context.ts";
import { grouped, median, spread } from "./figures.ts";
import { heldExtra, startHeldPlatform } from "./held-platform.ts";
import { manyRecipients } from "./hub-config.ts";
import { startHubProcess } from "./hub-process.ts";
import type { Section } from "./section.ts";

const goal = 0.7;

interface Round {
  readonly ceiling: AcceptRate;
  readonly hub: AcceptRate;
  readonly spread: AcceptRate;
  readonly limited: AcceptRate;
}

/** What durability costs: the hub against its own HTTP server over a store that keeps nothing. */
export async function measureAccept(context: BenchContext): Promise<Section> {
  const { quick, rounds, hub: program, profiling, receiver, folder, quiet, say } = context;
  const warmMs = quick ? 1_000 : 3_000;
  const forMs = quick ? 2_000 : 5_000;
  const platform = await startHeldPlatform();
  const one = manyRecipients(1);
  const many = manyRecipients(64);
  const start = (
    name: string,
    recipients: typeof one,
    limited = false,
    file = program,
    nodeArgs: readonly string[] = [],
  ) => {
    const platformUrl = limited ? receiver.url : platform.url;
    const config = { platformUrl, recipients, extra: heldExtra, limited };
    return startHubProcess({ folder: folder(name), config, program: file, nodeArgs });
  };
  const hubs = {
    ceiling: await start("ceiling", one, false, [ceilingFile]),
    hub: await start("accept", one, false, program, profiling),
    spread: await start("accept-spread", many),
    limited: await start("accept-limited", many, true),
  };
  const rate = (name: keyof Round, ms: number) => {
    const recipients = name === "ceiling" || name === "hub" ? one : many;
    const aliases = recipients.map(({ alias }) => alias);
    return acceptRate(hubs[name], aliases, ms);
  };
  const names = ["ceiling", "hub", "spread", "limited"] as const;
  for (const name of names) await rate(name, warmMs);
  const measured: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    await quiet();
    // Whoever goes first in a round goes last in the next.
    const rates: Partial<Record<keyof Round, AcceptRate>> = {};
    for (const name of round % 2 === 0 ? names : names.toReversed()) rates[name] = await rate(name, forMs);
    const { ceiling, hub, spread: wide, limited } = rates;
    if (!ceiling || !hub || !wide || !limited) throw new Error("a round is incomplete");
    measured.push({ ceiling, hub, spread: wide, limited });
    say(`  round ${round + 1}: ${names.map((name) => `${name} ${text(rates[name])}`).join(", ")}`);
  }
  platform.letGo();
  await Promise.all(names.map((name) => hubs[name].stop()));
  platform.stop();
  const ratiosOf = (name: keyof Round) => measured.map((round) => round[name].perSecond / round.ceiling.perSecond);
  const row = (label: string, name: keyof Round) => [
    label,
    ...columnsOf(measured.map((round) => round[name])),
    name === "ceiling" ? "" : spread(ratiosOf(name), 2),
  ];
  return {
    title: "Accepting durably ÷ answering without storing",
    how: `${connections} connections, one request under way on each, ${rounds} interleaved rounds of ${forMs / 1000} s after ${warmMs / 1000} s to warm up. The ceiling is the hub's own HTTP server and Pushes (bench/ceiling.ts) over a store that says yes at once and keeps nothing; it runs from its sources, the hub from the built file. The hub stores every Task and its Delivery in SQLite (WAL, on the disk before it is answered). Only accepting is measured: the platform never answers the first Delivery of a lane, so no lane sends a second. Beside the goal's one Recipient there are ${many.length} that take turns, whose growing backlogs scatter over the index of what waits; and the same whose robots keep Feishu's limits, so that all but a few messages a second wait. Every answer was checked to be an accept.`,
    columns: ["", "requests/s", "p50 ms", "p99 ms", "÷ without storing"],
    rows: [
      row("without storing", "ceiling"),
      row("durably, one Recipient", "hub"),
      row(`durably, ${many.length} Recipients`, "spread"),
      row(`durably, ${many.length} Recipients that wait for limits`, "limited"),
    ],
    verdicts: [
      {
        what: "accept durably ÷ without storing",
        goal: `≥ ${goal}`,
        measured: spread(ratiosOf("hub"), 2),
        met: median(ratiosOf("hub")) >= goal,
      },
    ],
  };
}

const ceilingFile = fileURLToPath(new URL("./ceiling.ts", import.meta.url));

function columnsOf(rates: readonly AcceptRate[]): string[] {
  const column = (pick: (rate: AcceptRate) => number, digits: number) => spread(rates.map(pick), digits);
  return [column(({ perSecond }) => perSecond, 0), column(({ p50Ms }) => p50Ms, 2), column(({ p99Ms }) => p99Ms, 2)];
}

function text(rate: AcceptRate | undefined): string {
  return rate ? `${grouped(rate.perSecond)}/s (p99 ${rate.p99Ms.toFixed(1)} ms)` : "";
}

import { fileURLToPath } from "node:url";
import { type AcceptRate, acceptRate, connections } from "./accept-rate.ts";
import type { BenchContext } from "./bench-context.ts";
import { grouped, median, spread } from "./figures.ts";
import { heldExtra, startHeldPlatform } from "./held-platform.ts";
import { manyRecipients } from "./hub-config.ts";
import { startHubProcess } from "./hub-process.ts";
import type { Section } from "./section.ts";

const goal = 0.7;

/** What durability costs: the hub against its own HTTP server over a store that keeps nothing. */
export async function measureAccept({ quick, rounds, hub: program, folder, say }: BenchContext): Promise<Section> {
  const warmMs = quick ? 1_000 : 3_000;
  const forMs = quick ? 2_000 : 5_000;
  const platform = await startHeldPlatform();
  const recipients = manyRecipients(64);
  const aliases = recipients.map(({ alias }) => alias);
  const config = { platformUrl: platform.url, recipients, extra: heldExtra };
  const ceiling = await startHubProcess({ folder: folder("ceiling"), config, program: [ceilingFile] });
  const hub = await startHubProcess({ folder: folder("accept"), config, program });
  const pairs: { readonly ceiling: AcceptRate; readonly hub: AcceptRate }[] = [];
  for (const each of [ceiling, hub]) await acceptRate(each, aliases, warmMs);
  for (let round = 0; round < rounds; round++) {
    // Whoever goes first in a round goes second in the next.
    const first = await acceptRate(round % 2 === 0 ? ceiling : hub, aliases, forMs);
    const second = await acceptRate(round % 2 === 0 ? hub : ceiling, aliases, forMs);
    const pair = round % 2 === 0 ? { ceiling: first, hub: second } : { ceiling: second, hub: first };
    pairs.push(pair);
    say(`  round ${round + 1}: ${text(pair.ceiling)} without storing, ${text(pair.hub)} durably`);
  }
  await Promise.all([ceiling.stop(), hub.stop()]);
  platform.stop();
  const ratios = pairs.map((pair) => pair.hub.perSecond / pair.ceiling.perSecond);
  return {
    title: "Accepting durably ÷ answering without storing",
    how: `${connections} connections, one request under way on each, ${rounds} interleaved rounds of ${forMs / 1000} s after ${warmMs / 1000} s to warm up. The ceiling is the hub's own HTTP server and Pushes (bench/ceiling.ts) over a store that says yes at once and keeps nothing. The hub stores every Task and its Delivery in SQLite (WAL, synchronous=FULL). Only accepting is measured: ${recipients.length} Recipients take turns, and the platform behind them never answers the first Delivery of each lane, so no lane sends a second. Every answer was checked to be an accept.`,
    columns: ["", "requests/s", "p50 ms", "p99 ms"],
    rows: [
      ["without storing", ...columnsOf(pairs.map((pair) => pair.ceiling))],
      ["durably", ...columnsOf(pairs.map((pair) => pair.hub))],
      ["ratio", spread(ratios, 2), "", ""],
    ],
    verdicts: [
      {
        what: "accept durably ÷ without storing",
        goal: `≥ ${goal}`,
        measured: spread(ratios, 2),
        met: median(ratios) >= goal,
      },
    ],
  };
}

const ceilingFile = fileURLToPath(new URL("./ceiling.ts", import.meta.url));

function columnsOf(rates: readonly AcceptRate[]): string[] {
  return [
    spread(
      rates.map(({ perSecond }) => perSecond),
      0,
    ),
    spread(
      rates.map(({ p50Ms }) => p50Ms),
      2,
    ),
    spread(
      rates.map(({ p99Ms }) => p99Ms),
      2,
    ),
  ];
}

function text({ perSecond, p50Ms, p99Ms }: AcceptRate): string {
  return `${grouped(perSecond)}/s (p50 ${p50Ms.toFixed(2)}, p99 ${p99Ms.toFixed(2)} ms)`;
}

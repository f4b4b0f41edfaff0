import { fileURLToPath } from "node:url";
import { grouped, median, spread } from "../figures.ts";
import type { HubProcess } from "../hub-process.ts";
import type { Section } from "../section.ts";
import type { BenchPlatform } from "./accounts.ts";
import { type CallbackRate, callbackRate, connections } from "./callback-rate.ts";
import { callbackMaker, requestPool } from "./callbacks.ts";
import { type ReceiveBench, startReceivingHub } from "./receive-bench.ts";

const goal = 0.6;
const ceilingFile = fileURLToPath(new URL("./ceiling.ts", import.meta.url));
const measuredPlatforms = ["wecom", "feishu"] as const satisfies readonly BenchPlatform[];

interface Round {
  readonly ceiling: CallbackRate;
  readonly hub: CallbackRate;
}

/** What durability costs a callback: the hub against its own HTTP server over a store that keeps nothing. */
export async function measureCommit(context: ReceiveBench): Promise<Section> {
  const { quick, rounds, hub: program, profiling, folder, quiet, say } = context;
  const count = quick ? 20_000 : 50_000;
  const hubs = {
    ceiling: await startReceivingHub(folder("ceiling"), [ceilingFile]),
    hub: await startReceivingHub(folder("commit"), program, profiling),
  };
  const measured: Record<(typeof measuredPlatforms)[number], Round[]> = { wecom: [], feishu: [] };
  for (const platform of measuredPlatforms) {
    await roundOf(hubs, platform, quick ? 5_000 : 20_000, 0);
    for (let round = 0; round < rounds; round++) {
      await quiet();
      const found = await roundOf(hubs, platform, count, round);
      measured[platform].push(found);
      say(`  ${platform}, round ${round + 1}: ${text(found.ceiling)} without storing, ${text(found.hub)} durably`);
    }
  }
  await Promise.all([hubs.ceiling.stop(), hubs.hub.stop()]);
  const toCeiling = ratios(measured.wecom);
  return {
    title: "Callbacks stored durably ÷ the same route that only answers",
    how: `${connections} connections, one callback under way on each, ${rounds} interleaved rounds of ${grouped(count)} callbacks after a shorter one to warm up. Each round's callbacks are signed and encrypted by the sandbox before it, none is sent twice, and the same bytes go to both. The ceiling is the hub's own HTTP server and Reception (bench/receive/ceiling.ts) over a store that says yes at once and keeps nothing; it runs from its sources, the hub from the built file. The hub verifies, decrypts and parses each callback and commits its Event, its nonce and its sealed body to SQLite (WAL), and has them on the disk, before it answers. Every answer was checked. WeCom's message is about 1 KB before it is encrypted; Feishu's is the same text.`,
    columns: ["", "callbacks/s", "p50 ms", "p99 ms", "÷ without storing"],
    rows: measuredPlatforms.flatMap((platform) => [
      [`${labels[platform]}, without storing`, ...columnsOf(measured[platform].map(({ ceiling }) => ceiling)), ""],
      [
        `${labels[platform]}, durably`,
        ...columnsOf(measured[platform].map(({ hub }) => hub)),
        spread(ratios(measured[platform]), 2),
      ],
    ]),
    verdicts: [
      {
        what: "WeCom's callbacks, durably ÷ without storing",
        goal: `≥ ${goal}`,
        measured: spread(toCeiling, 2),
        met: median(toCeiling) >= goal,
      },
    ],
  };
}

const labels: Readonly<Record<(typeof measuredPlatforms)[number], string>> = { wecom: "WeCom", feishu: "Feishu" };

/** Whoever goes first in a round goes last in the next. */
async function roundOf(
  hubs: Readonly<Record<"ceiling" | "hub", HubProcess>>,
  platform: BenchPlatform,
  count: number,
  round: number,
): Promise<Round> {
  const make = callbackMaker(platform);
  const request = requestPool(Array.from({ length: count }, make));
  const rate = (which: keyof Round) => callbackRate(hubs[which], { request, count });
  if (round % 2 === 0) return { ceiling: await rate("ceiling"), hub: await rate("hub") };
  const hub = await rate("hub");
  return { hub, ceiling: await rate("ceiling") };
}

function ratios(rounds: readonly Round[]): number[] {
  return rounds.map(({ ceiling, hub }) => hub.perSecond / ceiling.perSecond);
}

function columnsOf(rates: readonly CallbackRate[]): string[] {
  const column = (pick: (rate: CallbackRate) => number, digits: number) => spread(rates.map(pick), digits);
  return [column(({ perSecond }) => perSecond, 0), column(({ p50Ms }) => p50Ms, 2), column(({ p99Ms }) => p99Ms, 2)];
}

function text({ perSecond, p99Ms }: CallbackRate): string {
  return `${grouped(perSecond)}/s (p99 ${p99Ms.toFixed(1)} ms)`;
}

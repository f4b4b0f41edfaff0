import { grouped, median, spread } from "../figures.ts";
import type { Section } from "../section.ts";
import { type CallbackRate, callbackRate, connections } from "./callback-rate.ts";
import { callbackMaker, requestPool } from "./callbacks.ts";
import { fillEvents } from "./fill-events.ts";
import { type ReceiveBench, startReceivingHub } from "./receive-bench.ts";

const goal = 0.95;

interface Round {
  readonly empty: CallbackRate;
  readonly filled: CallbackRate;
}

/** Does a store that remembers many Events take callbacks as fast as an empty one? */
export async function measureStored(context: ReceiveBench): Promise<Section> {
  const { quick, rounds, hub: program, profiling, folder, quiet, say } = context;
  const events = quick ? 100_000 : 1_000_000;
  const warm = quick ? 5_000 : 20_000;
  const count = quick ? 20_000 : 50_000;
  const full = folder("filled");
  const fillingSince = performance.now();
  await fillEvents(full, events);
  say(`  ${grouped(events)} events filled in within ${((performance.now() - fillingSince) / 1000).toFixed(0)} s`);
  const make = callbackMaker("wecom");
  const rateIn = async (where: string): Promise<CallbackRate> => {
    const hub = await startReceivingHub(where, program, profiling);
    await callbackRate(hub, { request: requestPool(Array.from({ length: warm }, make)), count: warm });
    const rate = await callbackRate(hub, { request: requestPool(Array.from({ length: count }, make)), count });
    await hub.stop();
    return rate;
  };
  const measured: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    await quiet();
    const first = await rateIn(round % 2 === 0 ? folder("empty") : full);
    const second = await rateIn(round % 2 === 0 ? full : folder("empty"));
    const found = round % 2 === 0 ? { empty: first, filled: second } : { empty: second, filled: first };
    measured.push(found);
    say(`  round ${round + 1}: ${grouped(found.empty.perSecond)}/s empty, ${grouped(found.filled.perSecond)}/s filled`);
  }
  const ratios = measured.map(({ empty, filled }) => filled.perSecond / empty.perSecond);
  const row = (name: string, rates: readonly CallbackRate[]) => [
    name,
    spread(
      rates.map(({ perSecond }) => perSecond),
      0,
    ),
    spread(
      rates.map(({ p99Ms }) => p99Ms),
      2,
    ),
  ];
  return {
    title: `Receiving with ${grouped(events)} events in the store ÷ with none`,
    how: `Messages of the last twenty days to the very account that is measured, each with its nonce and its sealed body, were written through the store itself before the measurement; their ids are scattered, so that the index that finds repeats is hit anywhere. Each of ${rounds} interleaved rounds starts the hub anew, with the filled folder or with an empty one, sends ${grouped(warm)} WeCom callbacks to warm up, and measures ${grouped(count)} more over ${connections} connections. What the rounds bring stays in the filled folder, so it only grows.`,
    columns: ["", "callbacks/s", "p99 ms"],
    rows: [
      row(
        "none",
        measured.map(({ empty }) => empty),
      ),
      row(
        grouped(events),
        measured.map(({ filled }) => filled),
      ),
      ["ratio", spread(ratios, 3), ""],
    ],
    verdicts: [
      {
        what: `callbacks with ${grouped(events)} events in the store ÷ with none`,
        goal: `≥ ${goal}`,
        measured: spread(ratios, 3),
        met: median(ratios) >= goal,
      },
    ],
  };
}

import { type AcceptRate, acceptRate } from "./accept-rate.ts";
import type { BenchContext } from "./bench-context.ts";
import { grouped, median, spread } from "./figures.ts";
import { fillStore } from "./fill-store.ts";
import { heldExtra, startHeldPlatform } from "./held-platform.ts";
import { manyRecipients } from "./hub-config.ts";
import { startHubProcess } from "./hub-process.ts";
import type { Section } from "./section.ts";

const goal = 0.95;

/** Does a store that remembers a lot accept as fast as an empty one? */
export async function measureFill({ quick, rounds, hub: program, folder, quiet, say }: BenchContext): Promise<Section> {
  const tasks = quick ? 100_000 : 1_000_000;
  const warmMs = quick ? 1_000 : 2_000;
  const forMs = quick ? 2_000 : 5_000;
  const platform = await startHeldPlatform();
  const recipients = manyRecipients(1);
  const aliases = recipients.map(({ alias }) => alias);
  const config = { platformUrl: platform.url, recipients, extra: heldExtra };
  const full = folder("filled");
  const fillingSince = performance.now();
  await fillStore(full, tasks);
  say(`  ${grouped(tasks)} tasks filled in within ${((performance.now() - fillingSince) / 1000).toFixed(0)} s`);
  const rateIn = async (where: string) => {
    const hub = await startHubProcess({ folder: where, config, program });
    await acceptRate(hub, aliases, warmMs);
    const rate = await acceptRate(hub, aliases, forMs);
    platform.letGo();
    await hub.stop();
    return rate;
  };
  const pairs: { readonly empty: AcceptRate; readonly filled: AcceptRate }[] = [];
  for (let round = 0; round < rounds; round++) {
    await quiet();
    const first = await rateIn(round % 2 === 0 ? folder("empty") : full);
    const second = await rateIn(round % 2 === 0 ? full : folder("empty"));
    const pair = round % 2 === 0 ? { empty: first, filled: second } : { empty: second, filled: first };
    pairs.push(pair);
    say(`  round ${round + 1}: ${grouped(pair.empty.perSecond)}/s empty, ${grouped(pair.filled.perSecond)}/s filled`);
  }
  platform.stop();
  const ratios = pairs.map(({ empty, filled }) => filled.perSecond / empty.perSecond);
  const row = (name: string, rates: readonly AcceptRate[]) => [
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
    title: `Accepting with ${grouped(tasks)} tasks in the store ÷ with none`,
    how: `Settled Tasks of the last twenty days, one Delivery each, were written through the store itself before the measurement. Each of ${rounds} interleaved rounds starts the hub anew, with the filled folder or with an empty one, warms up for ${warmMs / 1000} s and measures accepting as above for ${forMs / 1000} s. What the rounds accept stays in the filled folder, so it only grows.`,
    columns: ["", "requests/s", "p99 ms"],
    rows: [
      row(
        "none",
        pairs.map(({ empty }) => empty),
      ),
      row(
        grouped(tasks),
        pairs.map(({ filled }) => filled),
      ),
      ["ratio", spread(ratios, 3), ""],
    ],
    verdicts: [
      {
        what: `accept rate with ${grouped(tasks)} tasks ÷ with none`,
        goal: `≥ ${goal}`,
        measured: spread(ratios, 3),
        met: median(ratios) >= goal,
      },
    ],
  };
}

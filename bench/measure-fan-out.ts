import type { BenchContext } from "./bench-context.ts";
import { type DeliveryRun, runDeliveries } from "./delivery-run.ts";
import { grouped, median, spread } from "./figures.ts";
import { startHubProcess } from "./hub-process.ts";
import type { Section } from "./section.ts";

const underWay = 4_000;

/** Does a Channel cost more when there are many of them? */
export async function measureFanOut({
  quick,
  rounds,
  receiver,
  hub: program,
  folder,
  quiet,
  say,
}: BenchContext): Promise<Section> {
  const deliveries = quick ? 10_000 : 40_000;
  const recipients = [1_000, 10].map((channels) => ({
    alias: `all-${channels}`,
    robots: Array.from({ length: channels }, (_, place) => `of-${channels}-${String(place).padStart(4, "0")}`),
  }));
  const hub = await startHubProcess({
    folder: folder("fan-out"),
    config: { platformUrl: receiver.url, recipients },
    program,
  });
  let runs = 0;
  const costOf = async (places: number, count: number) => {
    const run = await runDeliveries(hub, receiver, {
      run: `fan${runs++}`,
      recipients: [`all-${places}`],
      strategy: "all",
      style: "card",
      most: count / places,
      places,
      underWay,
    });
    if (run.lost > 0 || run.duplicates > 0) throw new Error(`${run.lost} lost, ${run.duplicates} twice`);
    return run;
  };
  for (const places of [1_000, 10]) await costOf(places, deliveries / 2);
  const pairs: { readonly many: DeliveryRun; readonly few: DeliveryRun }[] = [];
  for (let round = 0; round < rounds; round++) {
    await quiet();
    const first = await costOf(round % 2 === 0 ? 1_000 : 10, deliveries);
    const second = await costOf(round % 2 === 0 ? 10 : 1_000, deliveries);
    const pair = round % 2 === 0 ? { many: first, few: second } : { many: second, few: first };
    pairs.push(pair);
    say(
      `  round ${round + 1}: ${cpuUs(pair.many).toFixed(0)} µs a channel of 1,000, ${cpuUs(pair.few).toFixed(0)} µs of 10`,
    );
  }
  await hub.stop();
  const ratios = pairs.map(({ many, few }) => cpuUs(many) / cpuUs(few));
  const row = (name: string, of: readonly DeliveryRun[]) => [
    name,
    spread(of.map(cpuUs), 0),
    spread(
      of.map(({ delivered, tookMs }) => (delivered / tookMs) * 1000),
      0,
    ),
  ];
  return {
    title: "A push to 1,000 channels, per channel, ÷ one to 10",
    how: `Strategy all, style card, to Feishu robots of the sandbox. Each of ${rounds} interleaved rounds delivers ${grouped(deliveries)} messages each way (${grouped(deliveries / 1_000)} pushes to 1,000, ${grouped(deliveries / 10)} pushes to 10), with at most ${grouped(underWay)} under way, and counts the hub's processor time (/proc, user and system) from the first push until everything had arrived. Every message was found once at its robot.`,
    columns: ["channels", "hub's processor time a channel, µs", "delivered/s"],
    rows: [
      row(
        "1,000",
        pairs.map(({ many }) => many),
      ),
      row(
        "10",
        pairs.map(({ few }) => few),
      ),
      ["ratio", spread(ratios, 3), ""],
    ],
    verdicts: [
      { what: "cost per channel, 1,000 ÷ 10", goal: "≤ 1", measured: spread(ratios, 3), met: median(ratios) <= 1 },
    ],
  };
}

function cpuUs({ hubCpuMs, delivered }: DeliveryRun): number {
  return (hubCpuMs * 1000) / delivered;
}

import { join } from "node:path";
import type { BenchContext } from "./bench-context.ts";
import { type BenchOptions, runBenchmark } from "./benchmark.ts";
import { measureAccept } from "./measure-accept.ts";
import { measureBurst } from "./measure-burst.ts";
import { measureDelivery } from "./measure-delivery.ts";
import { measureFanOut } from "./measure-fan-out.ts";
import { measureFill } from "./measure-fill.ts";
import { measureIdle } from "./measure-idle.ts";
import { startReceiver } from "./receiver-process.ts";
import type { Section } from "./section.ts";

/** The measurements by the name that chooses one, in the order in which they run. */
export const measurements: ReadonlyMap<string, (context: BenchContext) => Promise<Section>> = new Map([
  ["idle", measureIdle],
  ["accept", measureAccept],
  ["delivery", measureDelivery],
  ["fan-out", measureFanOut],
  ["burst", measureBurst],
  ["fill", measureFill],
]);

/** Measures how fast pushes are accepted and delivered, and writes `bench/RESULTS.md`. */
export function benchPush(options: BenchOptions): Promise<void> {
  const bounds = { quietMs: 10 * 60_000, wholeMs: 45 * 60_000 };
  return runBenchmark({ file: "RESULTS.md", measurements, options, bounds }, async (common) => {
    const receiver = await startReceiver();
    return { ...common, hub: [join(common.dist, "yizhan.js"), "serve"], receiver };
  });
}

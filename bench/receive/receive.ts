import { join } from "node:path";
import { type BenchOptions, runBenchmark } from "../benchmark.ts";
import type { Section } from "../section.ts";
import { measureCommit } from "./measure-commit.ts";
import { measureDeaf } from "./measure-deaf.ts";
import { measureStored } from "./measure-stored.ts";
import { measureVerify } from "./measure-verify.ts";
import type { ReceiveBench } from "./receive-bench.ts";

/** The measurements by the name that chooses one, in the order in which they run. */
export const receiveMeasurements: ReadonlyMap<string, (bench: ReceiveBench) => Promise<Section>> = new Map([
  ["verify", measureVerify],
  ["commit", measureCommit],
  ["deaf", measureDeaf],
  ["stored", measureStored],
]);

/** Measures how fast callbacks are taken in, and writes `bench/RESULTS-receive.md`. */
export function benchReceive(options: BenchOptions): Promise<void> {
  return runBenchmark({ file: "RESULTS-receive.md", measurements: receiveMeasurements, options }, async (common) => ({
    ...common,
    hub: [join(common.dist, "yizhan.js"), "serve"],
  }));
}

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type BenchOptions, runBenchmark } from "../benchmark.ts";
import type { Section } from "../section.ts";
import { measureLatency } from "./measure-latency.ts";
import { measureThroughput } from "./measure-throughput.ts";
import { measureTunnel } from "./measure-tunnel.ts";
import { nginx, startUpstream } from "./nginx.ts";
import type { RelayBench } from "./relay-bench.ts";

/** The measurements by the name that chooses one, in the order in which they run. */
export const relayMeasurements: ReadonlyMap<string, (bench: RelayBench) => Promise<Section>> = new Map([
  ["throughput", measureThroughput],
  ["latency", measureLatency],
  ["tunnel", measureTunnel],
]);

/** Measures how fast requests are relayed, and writes `bench/RESULTS-relay.md`. */
export async function benchRelay(options: BenchOptions): Promise<void> {
  const isThere = existsSync(nginx) && spawnSync("wrk", ["-v"]).error === undefined;
  if (!isThere) throw new TypeError("found no nginx or no wrk, expected Debian's: apt-get install nginx-light wrk");
  await runBenchmark({ file: "RESULTS-relay.md", measurements: relayMeasurements, options }, async (common) => ({
    ...common,
    program: join(common.dist, "yizhan.js"),
    upstream: await startUpstream(common.folder("upstream")),
  }));
}

import { execFileSync } from "node:child_process";
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { join } from "node:path";
import { grouped, percentile } from "./figures.ts";
import { canPin, hubCore, loadCore } from "./processes.ts";

/** What the numbers depend on, as lines of a list. */
export function machineLines(folder: string): string[] {
  const [first] = cpus();
  const placed = canPin
    ? `hub on core ${hubCore}, load generator and receiver on core ${loadCore} (taskset)`
    : "NOT pinned: no taskset, or one core only; the ratios are worth less";
  return [
    `processor: ${first?.model.trim() ?? "unknown"}, ${cpus().length} cores`,
    `memory: ${grouped(totalmem() / 2 ** 30, 1)} GiB`,
    `system: ${type()} ${release()}`,
    `node: ${process.version}`,
    `placed: ${placed}`,
    `disk: ${syncText(folder)}`,
  ];
}

/** How many processes wanted a core in the last minute: before the start, what others want. */
export function loadText(): string {
  return (loadavg()[0] ?? 0).toFixed(2);
}

/** The commit that was measured. */
export function commitText(root: string): string {
  const git = (...args: string[]) => execFileSync("git", ["-C", root, ...args], { encoding: "utf8" }).trim();
  try {
    const changed = git("status", "--porcelain", "--", "src", "bench", "scripts", "package.json", "package-lock.json")
      .split("\n")
      .filter((line) => line !== "" && !line.endsWith("bench/RESULTS.md"));
    return git("rev-parse", "--short=12", "HEAD") + (changed.length > 0 ? " + uncommitted changes" : "");
  } catch {
    return "unknown (no git)";
  }
}

/** What one commit has to wait for, without any of our code. */
function syncText(folder: string): string {
  const file = openSync(join(folder, "sync"), "w");
  const page = Buffer.alloc(32_768);
  const times = new Float64Array(200).map(() => {
    const from = performance.now();
    writeSync(file, page);
    fdatasyncSync(file);
    return performance.now() - from;
  });
  closeSync(file);
  const at = (share: number) => `${percentile(times, share).toFixed(2)} ms`;
  return `appending 32 KiB and fdatasync takes p50 ${at(0.5)}, p99 ${at(0.99)} (200 times, before the measurements)`;
}

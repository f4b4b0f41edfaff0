import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { commitText, loadText, machineLines } from "./machine.ts";
import { Neighbours, watchNeighbours } from "./neighbours.ts";
import { canPin, killAll, loadCore, pinSelf } from "./processes.ts";
import { topFunctions } from "./profile.ts";
import { resultsText } from "./results.ts";
import type { Section } from "./section.ts";

/** What every measurement of every benchmark is given. */
export interface CommonBench {
  /** Shorter, smaller, fewer rounds: to see that everything works, not to publish. */
  readonly quick: boolean;
  readonly rounds: number;
  /** A copy of what was built: a build that happens meanwhile must not change what is measured. */
  readonly dist: string;
  /** An empty folder of this name; a second call with the same name empties it again. */
  folder(name: string): string;
  /** Node's arguments for a process whose processor time is wanted in detail; none unless that was asked for. */
  readonly profiling: readonly string[];
  /** Waits for other programs to be quiet, within bounds; to be called while everything is idle. */
  quiet(): Promise<void>;
  say(text: string): void;
}

/** What the command line says. */
export interface BenchOptions {
  readonly quick: boolean;
  readonly rounds: number;
  /** Only these; then the results are shown, not written. */
  readonly only: readonly string[];
  readonly profile: boolean;
  readonly command: string;
}

export interface Benchmark<Bench> {
  /** Of the results, in `bench/`. */
  readonly file: string;
  /** By the name that chooses one, in the order in which they run. */
  readonly measurements: ReadonlyMap<string, (bench: Bench) => Promise<Section>>;
  readonly options: BenchOptions;
  /** How long a full run waits, in all, for other programs to be quiet; and after what time it is over, however badly something hangs. */
  readonly bounds?: { readonly quietMs: number; readonly wholeMs: number };
}

const usualBounds = { quietMs: 5 * 60_000, wholeMs: 30 * 60_000 };

/**
 * Runs a benchmark's measurements, and writes what came of them, but for those that were only asked for by name.
 *
 * @param prepare Makes of what is common what these measurements are given.
 */
export async function runBenchmark<Bench extends CommonBench>(
  { file, measurements, options: { quick, rounds, only, profile, command }, bounds = usualBounds }: Benchmark<Bench>,
  prepare: (common: CommonBench) => Promise<Bench>,
): Promise<void> {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const temporary = mkdtempSync(join(tmpdir(), "yizhan-bench-"));
  process.once("exit", () => {
    killAll();
    rmSync(temporary, { recursive: true, force: true });
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
  const overdue = setTimeout(() => {
    process.stderr.write(`bench: not done within ${bounds.wholeMs / 60_000} minutes; given up\n`);
    process.exit(1);
  }, bounds.wholeMs);

  const dist = join(temporary, "dist");
  cpSync(join(root, "dist"), dist, { recursive: true });
  const profiles = profile ? mkdtempSync(join(tmpdir(), "yizhan-profile-")) : undefined;
  const date = new Date().toISOString();
  const commit = commitText(root);
  pinSelf(loadCore);
  const machine = [...machineLines(temporary), `load average before the start: ${loadText()}`];
  say(`${commit}\n${machine.join("\n")}`);
  if (!canPin) say("nothing is pinned: what is measured and what measures it disturb each other");
  const neighbours = new Neighbours(quick ? 0 : bounds.quietMs);
  const bench = await prepare({
    quick,
    rounds,
    dist,
    profiling: profiles === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profiles}`],
    folder(name) {
      const folder = join(temporary, name);
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      return folder;
    },
    quiet: () => neighbours.quiet(),
    say,
  });
  const sections: Section[] = [];
  for (const [name, measure] of measurements) {
    if (only.length > 0 && !only.includes(name)) continue;
    say(name);
    const others = watchNeighbours();
    const section = await measure(bench);
    const share = `${(others() * 100).toFixed(1)} %`;
    say(`  other programs used ${share} of the machine meanwhile`);
    sections.push({ ...section, how: `${section.how} Other programs used ${share} of the machine meanwhile.` });
  }
  clearTimeout(overdue);
  machine.push(`load average at the end: ${loadText()} (the benchmark itself wants two)`);

  const text = resultsText({ command, quick, date, commit, machine, sections });
  if (only.length === 0) writeFileSync(join(root, "bench", file), text);
  say(`\n${text}`);
  if (profiles !== undefined) say(`profiles in ${profiles}\n${topFunctions(profiles, 40).join("\n")}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

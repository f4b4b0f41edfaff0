import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { commitText, loadText, machineLines } from "./machine.ts";
import { Neighbours, watchNeighbours } from "./neighbours.ts";
import { canPin, killAll, loadCore, pinSelf } from "./processes.ts";
import { topFunctions } from "./profile.ts";
import type { PushBenchOptions } from "./push.ts";
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

/** How long a full run waits, in all, for other programs to be quiet. */
const quietBudgetMs = 5 * 60_000;

/** However badly something hangs, it is over after this. */
const limitMs = 30 * 60_000;

/**
 * Runs a benchmark's measurements in their order, and writes what came of them, but for those that were only asked for
 * by name.
 *
 * @param file Of the results, in `bench/`.
 * @param prepare Makes of what is common what these measurements are given.
 */
export async function runBenchmark<Bench extends CommonBench>(
  file: string,
  measurements: ReadonlyMap<string, (bench: Bench) => Promise<Section>>,
  { quick, rounds, only, profile, command }: PushBenchOptions,
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
    process.stderr.write(`bench: not done within ${limitMs / 60_000} minutes; given up\n`);
    process.exit(1);
  }, limitMs);

  const dist = join(temporary, "dist");
  cpSync(join(root, "dist"), dist, { recursive: true });
  const profiles = profile ? mkdtempSync(join(tmpdir(), "yizhan-profile-")) : undefined;
  const date = new Date().toISOString();
  const commit = commitText(root);
  pinSelf(loadCore);
  const machine = [...machineLines(temporary), `load average before the start: ${loadText()}`];
  say(`${commit}\n${machine.join("\n")}`);
  if (!canPin) say("nothing is pinned: what is measured and what measures it disturb each other");
  const neighbours = new Neighbours(quick ? 0 : quietBudgetMs);
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

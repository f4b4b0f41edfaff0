import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { commitText, loadText, machineLines } from "../machine.ts";
import { Neighbours, watchNeighbours } from "../neighbours.ts";
import { canPin, killAll, loadCore, pinSelf } from "../processes.ts";
import { topFunctions } from "../profile.ts";
import type { PushBenchOptions } from "../push.ts";
import { resultsText } from "../results.ts";
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

/** How long a full run waits, in all, for other programs to be quiet. */
const quietBudgetMs = 5 * 60_000;

/** However badly something hangs, it is over after this. */
const limitMs = 30 * 60_000;

/** Measures how fast callbacks are taken in, and writes `bench/RESULTS-receive.md`. */
export async function benchReceive({ quick, rounds, only, profile, command }: PushBenchOptions): Promise<void> {
  const root = fileURLToPath(new URL("../..", import.meta.url));
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

  // A copy: a build that happens meanwhile must not change what is measured.
  cpSync(join(root, "dist"), join(temporary, "dist"), { recursive: true });
  const profiles = profile ? mkdtempSync(join(tmpdir(), "yizhan-profile-")) : undefined;
  const date = new Date().toISOString();
  const commit = commitText(root);
  pinSelf(loadCore);
  const machine = [...machineLines(temporary), `load average before the start: ${loadText()}`];
  say(`${commit}\n${machine.join("\n")}`);
  if (!canPin) say("nothing is pinned: hub and load generator disturb each other");
  const neighbours = new Neighbours(quick ? 0 : quietBudgetMs);
  const bench: ReceiveBench = {
    quick,
    rounds,
    hub: [join(temporary, "dist", "yizhan.js"), "serve"],
    profiling: profiles === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profiles}`],
    folder(name) {
      const folder = join(temporary, name);
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      return folder;
    },
    quiet: () => neighbours.quiet(),
    say,
  };
  const sections: Section[] = [];
  for (const [name, measure] of receiveMeasurements) {
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
  if (only.length === 0) writeFileSync(join(root, "bench", "RESULTS-receive.md"), text);
  say(`\n${text}`);
  if (profiles !== undefined) say(`profiles in ${profiles}\n${topFunctions(profiles, 40).join("\n")}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

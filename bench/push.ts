import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BenchContext } from "./bench-context.ts";
import { commitText, loadText, machineLines } from "./machine.ts";
import { measureAccept } from "./measure-accept.ts";
import { measureBurst } from "./measure-burst.ts";
import { measureDelivery } from "./measure-delivery.ts";
import { measureFanOut } from "./measure-fan-out.ts";
import { measureFill } from "./measure-fill.ts";
import { measureIdle } from "./measure-idle.ts";
import { Neighbours, watchNeighbours } from "./neighbours.ts";
import { canPin, killAll, loadCore, pinSelf } from "./processes.ts";
import { topFunctions } from "./profile.ts";
import { startReceiver } from "./receiver-process.ts";
import { resultsText } from "./results.ts";
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

export interface PushBenchOptions {
  readonly quick: boolean;
  readonly rounds: number;
  /** Only these; then the results are shown, not written. */
  readonly only: readonly string[];
  readonly profile: boolean;
  readonly command: string;
}

/** How long a full run waits, in all, for other programs to be quiet. */
const quietBudgetMs = 10 * 60_000;

/** However badly something hangs, it is over after this. */
const limitMs = 45 * 60_000;

/** Measures how fast pushes are accepted and delivered, and writes `bench/RESULTS.md`. */
export async function benchPush({ quick, rounds, only, profile, command }: PushBenchOptions): Promise<void> {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const temporary = mkdtempSync(join(tmpdir(), "yizhan-bench-"));
  const cleanUp = () => {
    killAll();
    rmSync(temporary, { recursive: true, force: true });
  };
  process.once("exit", cleanUp);
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
  const receiver = await startReceiver();
  const neighbours = new Neighbours(quick ? 0 : quietBudgetMs);
  const context: BenchContext = {
    quick,
    rounds,
    hub: [join(temporary, "dist", "yizhan.js"), "serve"],
    receiver,
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
  for (const [name, measure] of measurements) {
    if (only.length > 0 && !only.includes(name)) continue;
    say(name);
    const others = watchNeighbours();
    const section = await measure(context);
    const share = `${(others() * 100).toFixed(1)} %`;
    say(`  other programs used ${share} of the machine meanwhile`);
    sections.push({ ...section, how: `${section.how} Other programs used ${share} of the machine meanwhile.` });
  }
  await receiver.stop();
  clearTimeout(overdue);
  machine.push(`load average at the end: ${loadText()} (the benchmark itself wants two)`);

  const text = resultsText({ command, quick, date, commit, machine, sections });
  if (only.length === 0) writeFileSync(join(root, "bench", "RESULTS.md"), text);
  say(`\n${text}`);
  if (profiles !== undefined) say(`profiles in ${profiles}\n${topFunctions(profiles, 40).join("\n")}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

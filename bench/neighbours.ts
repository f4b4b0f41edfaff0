import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { cpuMs } from "./processes.ts";

/**
 * What other programs take of the machine. They make every number worse, and ratios too: whoever waits for the disk
 * gives up its core, and gets it back late when somebody else wants it.
 */
export class Neighbours {
  #budgetMs: number;

  /** @param budgetMs How long the whole benchmark may wait for them. */
  constructor(budgetMs: number) {
    this.#budgetMs = budgetMs;
  }

  /** Waits, while the budget lasts, until nobody has used the machine for a moment. Our own processes must be idle. */
  async quiet(): Promise<void> {
    for (let calm = 0; calm < calmSteps && this.#budgetMs > 0; this.#budgetMs -= stepMs) {
      const before = busyMs();
      await pause(stepMs);
      calm = busyMs() - before < stepMs * quietShare ? calm + 1 : 0;
    }
  }
}

/** Not `availableParallelism`, which counts only the core that we are pinned to. */
const cores = cpus().length;

const stepMs = 500;
const calmSteps = 4;
/** Of one core. */
const quietShare = 0.1;

/** Begins to count what others use; answers their share of all cores from then to now, 0 to 1. */
export function watchNeighbours(): () => number {
  const [busy, own, at] = [busyMs(), ownMs(), performance.now()];
  return () => {
    const others = busyMs() - busy - (ownMs() - own);
    return Math.max(0, others) / ((performance.now() - at) * cores);
  };
}

/** Time that all processes of the machine used, in ms; what interrupts use belongs to nobody. */
function busyMs(): number {
  const [, user, nice, system] = readFileSync("/proc/stat", "utf8").split(/\s+/, 4);
  return (Number(user) + Number(nice) + Number(system)) * 10;
}

/** Time that the benchmark and the processes it started have used. */
function ownMs(): number {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ");
  const living = children.filter((pid) => pid !== "").reduce((sum, pid) => sum + cpuMs(Number(pid)), 0);
  const [user, system] = endedChildren();
  return cpuMs(process.pid) + living + user + system;
}

function endedChildren(): [number, number] {
  const stat = readFileSync("/proc/self/stat", "utf8");
  // Fields 16 and 17 of proc_pid_stat(5): what was waited for.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return [Number(fields[13]) * 10, Number(fields[14]) * 10];
}

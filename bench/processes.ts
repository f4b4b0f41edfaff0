import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** The hub under measurement has this core for itself. */
export const hubCore = 0;
/** Load generator and receiver share the other. */
export const loadCore = 1;

/** Of util-linux: https://man7.org/linux/man-pages/man1/taskset.1.html */
const pin = "taskset";

/** False where there is no taskset, or one core only; then the scheduler places everything as it likes. */
export const canPin = availableParallelism() > 1 && spawnSync(pin, ["--version"]).status === 0;

const running = new Set<ChildProcess>();

/** Starts this Node on one core. What is still running when the benchmark ends, however it ends, is killed. */
export function startNode(core: number, args: readonly string[], options: SpawnOptions): ChildProcess {
  return startProgram(core, process.execPath, args, options);
}

/** The same of any program. */
export function startProgram(
  core: number,
  program: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  const command = [program, ...args];
  const [file = program, ...rest] = canPin ? [pin, "-c", String(core), ...command] : command;
  const child = spawn(file, rest, options);
  running.add(child);
  child.once("close", () => running.delete(child));
  return child;
}

/** Puts the calling process, all its threads, on one core. */
export function pinSelf(core: number): void {
  if (canPin) spawnSync(pin, ["-a", "-c", "-p", String(core), String(process.pid)]);
}

/** Asks a process to end and kills it when it does not. Harmless when it has ended. */
export async function stopProcess(child: ChildProcess, patienceMs = 20_000): Promise<void> {
  if (!running.has(child)) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const late = setTimeout(() => child.kill("SIGKILL"), patienceMs);
  child.once("close", () => resolve());
  child.kill("SIGTERM");
  await promise;
  clearTimeout(late);
}

/** For the end of the benchmark: nothing it started stays behind. */
export function killAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** Processor time so far, user and system together, in ms; the kernel counts in steps of 10 ms. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name, in parentheses, may hold spaces; fields 14 and 15 are utime and stime (proc_pid_stat(5)).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** How long its threads were ready to run and had no core, in ms: what other programs cost it. */
export function waitedMs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  // Nanoseconds on a core, and waiting for one (https://docs.kernel.org/scheduler/sched-stats.html).
  const waits = threads.map((id) => Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, "utf8").split(" ")[1]));
  return waits.reduce((sum, wait) => sum + wait, 0) / 1e6;
}

/** Resident memory in bytes. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1024;
}

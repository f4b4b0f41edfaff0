import type { CommonBench } from "./benchmark.ts";
import type { ReceiverProcess } from "./receiver-process.ts";

/** What every measurement of pushes is given. */
export interface BenchContext extends CommonBench {
  /** The built hub and its first argument. */
  readonly hub: readonly string[];
  readonly receiver: ReceiverProcess;
}

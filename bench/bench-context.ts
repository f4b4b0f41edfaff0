import type { ReceiverProcess } from "./receiver-process.ts";

/** What every measurement is given. */
export interface BenchContext {
  /** Shorter, smaller, fewer rounds: to see that everything works, not to publish. */
  readonly quick: boolean;
  readonly rounds: number;
  /** The built hub and its first argument. */
  readonly hub: readonly string[];
  readonly receiver: ReceiverProcess;
  /** An empty folder of this name; a second call with the same name empties it again. */
  folder(name: string): string;
  /** Node's arguments for a hub whose processor time is wanted in detail; none unless that was asked for. */
  readonly profiling: readonly string[];
  /** Waits for other programs to be quiet, within bounds; to be called while the hub is idle. */
  quiet(): Promise<void>;
  say(text: string): void;
}

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
  /** Where processor profiles go, when they were asked for. */
  readonly profiles: string | undefined;
  say(text: string): void;
}

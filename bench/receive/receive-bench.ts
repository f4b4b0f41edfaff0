import { manyRecipients } from "../hub-config.ts";
import { type HubProcess, startHubProcess } from "../hub-process.ts";
import { accountLines } from "./accounts.ts";

/** What every measurement of receiving is given. */
export interface ReceiveBench {
  /** Shorter, smaller, fewer rounds: to see that everything works, not to publish. */
  readonly quick: boolean;
  readonly rounds: number;
  /** The built hub and its first argument. */
  readonly hub: readonly string[];
  /** An empty folder of this name; a second call with the same name empties it again. */
  folder(name: string): string;
  /** Node's arguments for a hub whose processor time is wanted in detail; none unless that was asked for. */
  readonly profiling: readonly string[];
  /** Waits for other programs to be quiet, within bounds; to be called while the hub is idle. */
  quiet(): Promise<void>;
  say(text: string): void;
}

/** Nothing is pushed, so nothing listens here. */
const nowhere = "http://127.0.0.1:9";

/** Starts a program with the accounts that the callbacks are signed for. */
export function startReceivingHub(
  folder: string,
  program: readonly string[],
  nodeArgs: readonly string[] = [],
): Promise<HubProcess> {
  const extra = ["subscriptions:", "  allow_private: true", ...accountLines()].join("\n");
  const config = { platformUrl: nowhere, recipients: manyRecipients(1), extra };
  return startHubProcess({ folder, config, program, nodeArgs });
}

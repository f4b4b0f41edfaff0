import type { CommonBench } from "../benchmark.ts";
import { manyRecipients } from "../hub-config.ts";
import { type HubProcess, startHubProcess } from "../hub-process.ts";
import { accountLines } from "./accounts.ts";

/** What every measurement of receiving is given. */
export interface ReceiveBench extends CommonBench {
  /** The built hub and its first argument. */
  readonly hub: readonly string[];
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

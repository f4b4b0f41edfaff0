import type { CommonBench } from "../benchmark.ts";
import type { Origin } from "./nginx.ts";

/** What every measurement of relaying is given. */
export interface RelayBench extends CommonBench {
  /** The built program. */
  readonly program: string;
  /** What everything is relayed to: answers 1 KB at once, whatever it is asked. */
  readonly upstream: Origin;
}

/** Bytes of the bodies, both ways. */
export const bodyBytes = 1_024;

export const connections = 64;

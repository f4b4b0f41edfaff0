import type { FaultMode } from "./faults.ts";
import { type SandboxPlatform, sandboxPlatforms } from "./stand-in.ts";

/** What one platform's stand-in has done so far. */
interface Tally {
  /** Requests, or for email recipients offered. */
  requests: number;
  accepted: number;
  /** Requests that carried an idempotency key seen before. */
  repeated: number;
  /** Requests that were held back for so long that the client left. */
  abandoned: number;
  /** Requests refused by the platform's own rules, by code. */
  readonly refused: Record<string, number>;
  /** Requests that a fault struck, by mode. */
  readonly faults: Partial<Record<FaultMode, number>>;
}

export type Tallies = Readonly<Record<SandboxPlatform, Tally>>;

export function newTallies(): Tallies {
  const tally = (): Tally => ({ requests: 0, accepted: 0, repeated: 0, abandoned: 0, refused: {}, faults: {} });
  const [feishu, dingtalk, wecom, email] = sandboxPlatforms.map(tally);
  return { feishu: feishu ?? tally(), dingtalk: dingtalk ?? tally(), wecom: wecom ?? tally(), email: email ?? tally() };
}

export function count<Key extends string>(counters: Partial<Record<Key, number>>, key: Key): void {
  counters[key] = (counters[key] ?? 0) + 1;
}

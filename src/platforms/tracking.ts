import type { Knowable } from "../model/tracking.ts";

/** What a platform can honestly tell of a message's fate, by kind of channel (`robot`, `app` …). Shown to who asks. */
export type Tracking = Readonly<Record<string, Knowable>>;

/** What can be known on one kind of channel; of a kind that the platform does not list, what its first one tells. */
export function knowableOf(tracking: Tracking | undefined, kind: string): Knowable | undefined {
  if (!tracking) return undefined;
  return tracking[kind] ?? Object.values(tracking)[0];
}

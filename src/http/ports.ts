import type { PushOutcome, PushRequest } from "../deliver/pushes.ts";

export type { AcceptedTask, PushOutcome, PushRequest } from "../deliver/pushes.ts";

/** Accepting is committing: a promise that resolves with `accepted` is on stable storage. */
export interface Pushes {
  /** @throws StoreError when the store cannot take it. */
  push(request: PushRequest): Promise<PushOutcome>;
}

/** Re-reads the configuration. */
export interface Reloads {
  /** `problems` is empty when the new configuration is in force; otherwise nothing changed. */
  reload(): Promise<{ readonly problems: readonly string[]; readonly notes: readonly string[] }>;
}

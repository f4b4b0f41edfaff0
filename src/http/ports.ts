import type { Message } from "../model/message.ts";
import type { Route } from "../model/strategy.ts";
import type { Task } from "../model/task.ts";

export interface PushRequest {
  readonly tenant: string;
  readonly alias: string;
  /** `platform` is a platform's id. */
  readonly route: Route;
  readonly message: Message;
  readonly idempotency?: { readonly key: string; readonly bodyHash: string } | undefined;
}

export type PushOutcome =
  /** `replayed`: an earlier request with the same key and body made this Task. */
  | { readonly outcome: "accepted"; readonly task: AcceptedTask; readonly replayed: boolean }
  | { readonly outcome: "unknown-recipient" }
  /** The Recipient has no such platform; `known` are those it has. */
  | { readonly outcome: "unknown-platform"; readonly known: readonly string[] }
  /** The key was used with another body. */
  | { readonly outcome: "key-conflict" }
  | { readonly outcome: "backlog-full"; readonly retryAfterSeconds: number }
  | { readonly outcome: "stopping" };

export type AcceptedTask = Pick<Task, "id" | "recipientName" | "strategy" | "createdAt"> & {
  readonly style: Message["style"];
};

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

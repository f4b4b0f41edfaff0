import type { Message } from "../model/message.ts";
import type { Recipient } from "../model/recipient.ts";
import { type Route, systemPlatform } from "../model/strategy.ts";
import type { Task } from "../model/task.ts";
import type { Queue } from "../queue/queue.ts";
import type { Accepted, NewTask, TaskStore } from "../store/store.ts";
import type { Backlog } from "./backlog.ts";
import type { Directory, ReadyPlan } from "./directory.ts";
import type { Observer } from "./observer.ts";

export interface PushRequest {
  readonly tenant: string;
  readonly alias: string;
  /** `platform` is a platform's id. */
  readonly route: Route;
  readonly message: Message;
  readonly idempotency?: { readonly key: string; readonly bodyHash: string } | undefined;
}

export type AcceptedTask = Pick<Task, "id" | "recipientName" | "strategy" | "createdAt"> & {
  readonly style: Message["style"];
};

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

export interface PushesOptions {
  readonly store: TaskStore;
  readonly queue: Pick<Queue, "wake">;
  readonly directory: () => Directory;
  readonly backlog: Backlog;
  readonly observer: Observer;
  readonly now: () => number;
  readonly newId: (now: number) => string;
}

/** Turns pushes into Tasks. Accepting is committing. */
export class Pushes {
  readonly #options: PushesOptions;
  #stopping = false;

  constructor(options: PushesOptions) {
    this.#options = options;
  }

  /** From now on every push is answered with `stopping`. */
  stop(): void {
    this.#stopping = true;
  }

  /**
   * Resolves with `accepted` once the Task is on stable storage.
   *
   * @throws StoreError when the store cannot take it; then nothing was accepted.
   */
  async push(request: PushRequest): Promise<PushOutcome> {
    if (this.#stopping) return { outcome: "stopping" };
    const directory = this.#options.directory();
    const recipient = directory.recipient(request.alias);
    if (!recipient) return { outcome: "unknown-recipient" };
    if ("platform" in request.route && !hasPlatform(recipient, request.route.platform)) {
      return { outcome: "unknown-platform", known: platformsOf(recipient) };
    }
    const plan = directory.plan(request.route, recipient);
    return this.#accept(request, recipient, plan);
  }

  async #accept(request: PushRequest, recipient: Recipient, plan: ReadyPlan): Promise<PushOutcome> {
    const { store, backlog, observer, now, newId } = this.#options;
    const createdAt = now();
    const { start } = plan;
    if (!backlog.reserve(start.length))
      return { outcome: "backlog-full", retryAfterSeconds: backlog.retryAfterSeconds };
    const task: NewTask = {
      tenant: request.tenant,
      id: newId(createdAt),
      recipient: recipient.alias,
      recipientName: recipient.name,
      strategy: plan.strategy,
      message: request.message,
      plan,
      start,
      createdAt,
      idempotency: request.idempotency,
    };
    let accepted: Accepted;
    try {
      accepted = await store.accept(task);
    } catch (error) {
      backlog.release(start.length);
      throw error;
    }
    if (accepted.outcome !== "created") {
      backlog.release(start.length);
      if (accepted.outcome === "conflict") return { outcome: "key-conflict" };
      const { task: first } = accepted;
      return { outcome: "accepted", task: { ...first, style: first.message.style }, replayed: true };
    }
    for (const lane of plan.lanes) this.#options.queue.wake(lane, createdAt);
    observer.accepted(plan.strategy, start.length);
    return { outcome: "accepted", task: { ...task, style: request.message.style }, replayed: false };
  }
}

function hasPlatform(recipient: Recipient, platform: string): boolean {
  if (platform === systemPlatform) return recipient.notifications.length > 0;
  return recipient.platforms.some((group) => group.platform === platform);
}

function platformsOf(recipient: Recipient): string[] {
  const known = recipient.platforms.map((group) => group.platform);
  return recipient.notifications.length > 0 ? [...known, systemPlatform] : known;
}

import type { Message } from "./message.ts";
import type { Plan } from "./plan.ts";

export type TaskStatus = "processing" | "completed" | "failed";

/** One push request, with its Plan. */
export interface Task {
  readonly tenant: string;
  /** UUIDv7. */
  readonly id: string;
  readonly recipient: string;
  /** The Recipient's display name when the push was accepted. */
  readonly recipientName: string;
  /** As the answer shows it: a strategy, or `platform`. */
  readonly strategy: string;
  readonly message: Message;
  readonly plan: Plan;
  readonly status: TaskStatus;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

import type { PlatformError } from "./platform-error.ts";

export type DeliveryStatus = "pending" | "success" | "failed";

/** One leaf of a Plan: this Message to that Channel, with what became of it. */
export interface Delivery {
  readonly task: string;
  readonly leaf: number;
  readonly platform: string;
  readonly channel: string;
  /** The name the Recipient gives the Channel. */
  readonly name: string;
  readonly status: DeliveryStatus;
  /** Attempts that counted; waiting for a limit does not. */
  readonly attempts: number;
  readonly error?: PlatformError | undefined;
  /** While it waits: not before this. Epoch milliseconds. */
  readonly dueAt?: number | undefined;
  /** The platform's message id, where it gives one. */
  readonly messageId?: string | undefined;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

import type { Delivery, DeliveryStatus } from "../../model/delivery.ts";
import type { Level, Message, Style } from "../../model/message.ts";
import type { Target } from "../../model/plan.ts";
import type { PlatformError } from "../../model/platform-error.ts";
import type { TaskStatus } from "../../model/task.ts";

/** Statuses are stored as numbers; 0 is what still needs work, which the partial index relies on. */
export const deliveryStatuses: readonly DeliveryStatus[] = ["pending", "success", "failed"];
export const taskStatuses: readonly TaskStatus[] = ["processing", "completed", "failed"];

export interface MessageRow {
  readonly level: Level;
  readonly style: Style;
  readonly title: string;
  readonly body: string;
  readonly extras: string | null;
}

export interface TaskRow extends MessageRow {
  readonly seq: number;
  readonly id: string;
  readonly tenant: string;
  readonly recipient: string;
  readonly recipient_name: string;
  readonly strategy: string;
  readonly plan: string;
  readonly status: number;
  readonly created_at: number;
  readonly updated_at: number;
}

export interface DeliveryRow {
  readonly leaf: number;
  readonly status: number;
  readonly attempts: number;
  readonly due_at: number;
  readonly error: string | null;
  readonly message_id: string | null;
  readonly created_at: number;
  readonly updated_at: number;
}

/** Mentions and actions are rare, so they share one JSON column that is usually NULL. */
export function extrasOf(message: Message): string | null {
  if (!message.mentions && !message.actions) return null;
  return JSON.stringify({ mentions: message.mentions, actions: message.actions });
}

export function messageOf(row: MessageRow): Message {
  const message = { title: row.title, body: row.body, level: row.level, style: row.style };
  return row.extras === null ? message : { ...message, ...JSON.parse(row.extras) };
}

export function deliveryOf(row: DeliveryRow, task: string, target: Target | undefined): Delivery {
  return {
    task,
    leaf: row.leaf,
    platform: target?.platform ?? "",
    channel: target?.channel ?? "",
    name: target?.name ?? "",
    status: deliveryStatuses[row.status] ?? "failed",
    attempts: row.attempts,
    ...(row.status === 0 ? { dueAt: row.due_at } : {}),
    ...(row.error === null ? {} : { error: JSON.parse(row.error) as PlatformError }),
    ...(row.message_id === null ? {} : { messageId: row.message_id }),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

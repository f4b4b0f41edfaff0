import type { Notification } from "../../model/notification.ts";
import { type Receipt, refused } from "../../model/receipt.ts";
import type { Ports } from "../definition.ts";
import { failureOf, type HttpAnswer, statusErrorOf } from "../http.ts";
import type { HttpChannel } from "./channel.ts";
import { systemError } from "./errors.ts";
import type { Notice } from "./notice.ts";

/** Readers of the inbox filter by it. */
const SOURCE = "PushServer-SystemNotification";

/** Puts the notice into the inbox, once per key, and then posts the item where the Channel says. */
export async function writeInbox(
  notice: Notice,
  channel: HttpChannel,
  key: string,
  { http, now, system }: Ports,
  timeoutMs: number,
): Promise<Receipt> {
  const { level: type, ...shared } = notice;
  let item: Notification;
  try {
    item = await system.inbox.add({ ...shared, type, source: SOURCE }, key);
  } catch (error) {
    return systemError("inbox", error);
  }
  if (channel.url === undefined) return { ok: true, messageId: item.id };
  let answer: HttpAnswer;
  try {
    // The id is the same for every attempt, so that a receiver can tell a repeat.
    answer = await http.post({ url: channel.url, body: JSON.stringify(notificationBody(item)), timeoutMs });
  } catch (error) {
    return refused(failureOf(error));
  }
  const error = statusErrorOf(answer, now());
  return error ? refused(error) : { ok: true, messageId: item.id };
}

/** The same fields and names as an item of `GET /api/v1/notifications`. */
function notificationBody(item: Notification): Readonly<Record<string, string>> {
  return {
    id: item.id,
    title: item.title,
    message: item.message,
    type: item.type,
    strategy: item.strategy,
    style: item.style,
    source: item.source,
    task_id: item.taskId,
    reason: item.reason,
    created_at: `${new Date(item.createdAt).toISOString().slice(0, 19)}Z`,
    status: item.status,
  };
}

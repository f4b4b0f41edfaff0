import type { MessageStatus } from "../../model/event-data.ts";
import { amountOf, type JsonObject } from "../json-fields.ts";
import { fieldsIn, itemsIn, wordsIn } from "../tencent-body.ts";
import { messageIdOf, type TencentMessage } from "../tencent-message.ts";

/**
 * `success` says that it reached the follower's account, not that it was read.
 * https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Template_Message_Interface.html
 */
export function templateStatus(message: TencentMessage): readonly MessageStatus[] {
  const messageId = messageIdOf(message);
  if (messageId === undefined) return [];
  return [{ messageId, ...personIn(message), ...outcomeOf(wordsIn(message.fields, "status"), /^success$/i) }];
}

/** https://developers.weixin.qq.com/doc/offiaccount/Subscription_Messages/api.html */
export function noticeStatuses(message: TencentMessage): readonly MessageStatus[] {
  const list = itemsIn(fieldsIn(message.fields, "subscribemsgsentevent"), "list");
  return list.flatMap((item) => {
    const messageId = messageIdOf({ ...message, fields: item });
    if (messageId === undefined) return [];
    const code = wordsIn(item, "errorcode").trim();
    const words = wordsIn(item, "errorstatus").trim();
    const failed = { state: "failed", reason: [code, words].filter(Boolean).join(" ") } as const;
    return [{ messageId, ...personIn(message), ...(code === "0" ? delivered : failed) }];
  });
}

/**
 * A whole batch: the task ended, and the counts tell for how many it ended well. With none, nothing was delivered,
 * whatever the task says of itself.
 * https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Batch_Sends_and_Originality_Checks.html
 */
export function massStatus(message: TencentMessage): readonly MessageStatus[] {
  const messageId = messageIdOf(message);
  if (messageId === undefined) return [];
  const { fields } = message;
  const counts = countsIn(fields);
  const status = oneSpace(wordsIn(fields, "status"));
  if (counts.sent === 0) return [{ messageId, state: "failed", reason: `${status}, SentCount 0`, counts }];
  return [{ messageId, ...outcomeOf(status, /^send success$/i), counts }];
}

const delivered = { state: "delivered" } as const;

/** The platform writes its reasons with and without spaces: `failed:user block`, `failed: system failed`. */
function outcomeOf(status: string, good: RegExp): Pick<MessageStatus, "state" | "reason"> {
  const words = oneSpace(status);
  if (good.test(words)) return delivered;
  return { state: "failed", reason: words.replace(/^failed\s*:\s*/i, "") || "unknown" };
}

function oneSpace(text: string): string {
  return text.trim().replace(/\s+/g, " ");
}

function personIn({ from }: TencentMessage): Pick<MessageStatus, "person"> {
  return from === undefined ? {} : { person: { id: from, kind: "user" } };
}

function countsIn(fields: JsonObject): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [name, field] of countFields) {
    const count = amountOf(wordsIn(fields, field));
    if (count !== undefined) counts[name] = count;
  }
  return counts;
}

/** `filtered`: how many were left after those who may not be written to were taken out. */
const countFields = [
  ["total", "totalcount"],
  ["filtered", "filtercount"],
  ["sent", "sentcount"],
  ["failed", "errorcount"],
] as const;

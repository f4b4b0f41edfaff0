import * as z from "zod";
import type { Message } from "../../model/message.ts";
import { bytesOf, jsonCost, reach } from "../byte-cost.ts";
import type { Payload, RenderContext } from "../definition.ts";
import { boundaryBefore, shortened } from "../graphemes.ts";

/** What every kind of system notification shows, in its own way. */
const noticeSchema = z.object({
  title: z.string(),
  message: z.string(),
  level: z.enum(["info", "warning", "error"]),
  style: z.enum(["text", "card"]),
  taskId: z.string(),
  strategy: z.string(),
  reason: z.string(),
  /** Epoch milliseconds of the accept. */
  createdAt: z.number(),
});

export type Notice = z.infer<typeof noticeSchema>;

/** Largest notice in bytes of JSON. Ours: room for any alert, and a bound on what one push can write. */
export const NOTICE_BYTES = 1024 * 1024;

const TITLE_BYTES = 2 * 1024;
const REASON_BYTES = 8 * 1024;
const STRATEGY_BYTES = 256;
/** What is left of the bound for the message, after the other fields, their names, and the id. */
const MESSAGE_BYTES = NOTICE_BYTES - TITLE_BYTES - REASON_BYTES - STRATEGY_BYTES - 1024;

const CUT = "…（已截断）";
const ASKED_FOR = "主动指定系统通知";

/** One request, whatever the Message's length: what does not fit is cut, visibly. */
export function renderNotice(message: Message, context: RenderContext): Payload[] {
  const links = (message.actions ?? []).map(({ text, url }) => `${text}：${url}`);
  const notice: Notice = {
    title: shortened(message.title, TITLE_BYTES, jsonCost),
    message: cut([message.body, ...links].join("\n"), MESSAGE_BYTES),
    level: message.level,
    style: message.style,
    taskId: shortened(context.taskId, STRATEGY_BYTES, jsonCost),
    strategy: shortened(context.strategy, STRATEGY_BYTES, jsonCost),
    reason: cut(context.reason ?? ASKED_FOR, REASON_BYTES),
    createdAt: context.createdAt,
  };
  return [notice];
}

/** Back from a Payload, which went through the store or at least through a type that forgot it. */
export function noticeFrom(payload: Payload): Notice {
  return noticeSchema.parse(payload);
}

/** The longest beginning of a text that costs at most `bytes` in JSON; says so when anything had to go. */
export function cut(text: string, bytes: number): string {
  if (bytesOf(text, jsonCost) <= bytes) return text;
  const end = reach(text, 0, bytes - bytesOf(CUT, jsonCost), jsonCost);
  return text.slice(0, boundaryBefore(text, 0, end) ?? end) + CUT;
}

import { isObject, type JsonObject } from "../json-fields.ts";
import type { ReplyContent, Replying, ReplyWay } from "../replying.ts";
import type { Envelope } from "./callback-envelope.ts";

/**
 * A click is answered within three seconds, and told once; what the others are answered with is not looked at:
 * https://open.feishu.cn/document/uAjLw4CM/ukzMukzMukzM/feishu-cards/card-callback-communication
 */
const once = { withinMs: 2_500, tries: 1, tryMs: 3_000 } as const;

export const replies = {
  click: { ...once, takes: [["toast"], ["text"], ["card"], ["toast", "card"], ["text", "card"]] },
  // The older callback's answer is the card itself.
  "older click": { ...once, takes: [["card"]] },
} as const satisfies Replying;

/** How a click is replied to; undefined for every other event. */
export function clickWay({ type }: Pick<Envelope, "type">): ReplyWay<JsonObject> | undefined {
  if (type === "card.action.trigger") return { rules: replies.click, answer: clickAnswer };
  if (type === "card.action.trigger_v1") return { rules: replies["older click"], answer: ({ card = {} }) => card };
  return undefined;
}

function clickAnswer({ toast, text, card }: ReplyContent): JsonObject {
  const words = toast ?? (text === undefined ? undefined : { text });
  return {
    ...(words === undefined ? {} : { toast: { type: words.kind ?? "info", content: words.text } }),
    ...(card === undefined ? {} : { card: isTemplate(card) ? card : { type: "raw", data: card } }),
  };
}

/** A card of the platform's own builder, by its id, which stands in the card's place as it is. */
function isTemplate({ type, data }: JsonObject): boolean {
  return type === "template" && isObject(data);
}

import { utf8Cost } from "../byte-cost.ts";
import { shortened } from "../graphemes.ts";
import { isObject, type JsonObject } from "../json-fields.ts";
import type { ReplyContent, Replying, ReplyWay } from "../replying.ts";
import { atMost } from "../tencent-reply.ts";
import { bodyBytes } from "./render.ts";

export const replies = {
  /**
   * The same JSON as a group robot sends: https://open.dingtalk.com/document/development/receive-message
   * How long the platform waits is not published; this is what others do.
   */
  message: { takes: [["text"], ["markdown"], ["card"]], withinMs: 4_000, tries: 1, tryMs: 5_000 },
  /** Two seconds: https://open.dingtalk.com/document/development/event-callback-card */
  click: { takes: [["card"]], withinMs: 1_500, tries: 1, tryMs: 2_000 },
} as const satisfies Replying;

/** What somebody wrote to the robot, called with over HTTP: the Stream carries no replies. */
export const messageWay: ReplyWay<JsonObject> = { rules: replies.message, answer: messageAnswer };

export const clickWay: ReplyWay<JsonObject> = { rules: replies.click, answer: clickAnswer };

/** @throws RangeError for what the platform would not show. */
function messageAnswer({ text, markdown, card }: ReplyContent): JsonObject {
  atMost(text ?? markdown ?? "", bodyBytes, "a robot's text");
  if (text !== undefined) return { msgtype: "text", text: { content: text } };
  if (markdown !== undefined) return { msgtype: "markdown", markdown: { title: titleOf(markdown), text: markdown } };
  return { msgtype: "actionCard", actionCard: card };
}

/**
 * What takes the place of the card's values: `cardData`, `userPrivateData` and `cardUpdateOptions`, as they are.
 *
 * @throws RangeError for values that are no text.
 */
function clickAnswer({ card = {} }: ReplyContent): JsonObject {
  for (const name of ["cardData", "userPrivateData"]) {
    const data = card[name];
    if (data === undefined) continue;
    const values = isObject(data) ? data.cardParamMap : undefined;
    if (!isObject(values) || Object.values(values).some((value) => typeof value !== "string")) {
      throw new RangeError(`${name}.cardParamMap must be an object whose values are all text`);
    }
  }
  return card;
}

/** For the list of conversations, where only a title is shown. */
function titleOf(markdown: string): string {
  const [line = ""] = markdown.trim().split("\n");
  return shortened(line.replace(/^[#>\s*-]+/, "").trim() || "…", 64, utf8Cost);
}

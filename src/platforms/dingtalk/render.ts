import type { Action, Message } from "../../model/message.ts";
import { offered, withLinks } from "../actions.ts";
import { jsonCost } from "../byte-cost.ts";
import type { Payload } from "../definition.ts";
import { headed } from "../headline.ts";
import { type Dialect, degrade, plainText } from "../markdown.ts";
import { type Called, called, callsAnyone, mentionLine, withoutMentions } from "../mentions.ts";
import { markerBytes, pagesOf } from "../pages.ts";

/**
 * The whole request body. Not on the robot's page; it is what the endpoint's answer 460101 names
 * (https://open.dingtalk.com/document/development/custom-robots-send-group-messages).
 */
export const bodyBytes = 20_000;

/** `,"msgUuid":"…"` with a key of up to 100 bytes, added when it is sent. */
const keyBytes = 120;

export function render(message: Message): Payload[] {
  return message.style === "card" ? markdowns(message) : texts(message);
}

function texts(message: Message): Payload[] {
  const { title, body } = headed(message);
  const people = called(message.mentions);
  const frame = bytesAround(textOf(title, ""));
  const reserve = bytesAround(atOf(people));
  const text = withoutMentions(degrade(withLinks(body, offered(message, 0)), plainText));
  return pagesOf(text, { bytes: bodyBytes - frame, cost: jsonCost, tail: tailOf(people), reserve }).map((page) => ({
    ...textOf(title + page.marker, page.text),
    ...(page.last ? atOf(people) : {}),
  }));
}

function textOf(title: string, text: string): Payload {
  return { msgtype: "text", text: { content: text === "" ? title : `${title}\n${text}` } };
}

function markdowns(message: Message): Payload[] {
  const { title, body } = headed(message);
  const people = called(message.mentions);
  // A card with buttons has no place for mentions, and calling people matters more than buttons do.
  const actions = offered(message, callsAnyone(people) ? 0 : mostButtons);
  const { buttons } = actions;
  const frame = bytesAround(markdownOf(title, ""));
  const reserve = bytesAround(atOf(people)) + (buttons.length > 0 ? bytesAround(cardOf("", "", buttons)) : 0);
  const text = withoutMentions(degrade(withLinks(body, actions), markdown));
  return pagesOf(text, { bytes: bodyBytes - frame, cost: jsonCost, tail: tailOf(people), reserve }).map((page) => {
    const heading = title + page.marker;
    if (page.last && buttons.length > 0) return cardOf(heading, page.text, buttons);
    return { ...markdownOf(heading, page.text), ...(page.last ? atOf(people) : {}) };
  });
}

const mostButtons = 5;

/** The title is what the list of conversations shows; only the text is seen in the chat, so it has the title as well. */
function markdownOf(title: string, text: string): Payload {
  return { msgtype: "markdown", markdown: { title, text: `### ${title}\n\n${text}`.trimEnd() } };
}

function cardOf(title: string, text: string, buttons: readonly Action[]): Payload {
  const btns = buttons.map((button) => ({ title: button.text, actionURL: button.url }));
  return {
    msgtype: "actionCard",
    actionCard: {
      title,
      text: `### ${title}\n\n${text}`.trimEnd(),
      btnOrientation: btns.length === 2 ? "1" : "0",
      btns,
    },
  };
}

/** Only who is in this list is called, so text that is not ours can call nobody else. */
function atOf({ all, users, mobiles }: Called): Payload {
  if (!all && users.length + mobiles.length === 0) return {};
  return { at: { atMobiles: mobiles, atUserIds: users, isAtAll: all } };
}

/** People are only called when the text names them as well. */
function tailOf({ users, mobiles, omitted }: Called): string {
  return mentionLine(
    [...mobiles, ...users].map((id) => `@${id}`),
    omitted,
  );
}

/** Headings, quotes, bold, italics, links, images and lists; neither tables nor strikes. */
const markdown: Dialect = {
  ...plainText,
  heading: (text, level) => `${"#".repeat(level)} ${text}`,
  bullet: "- ",
  rule: "---",
  fence: "kept",
  lineBreak: "  \n",
  strong: "**",
  emphasis: "*",
  code: (text) => `\`${text}\``,
  link: (text, url) => `[${text}](${url})`,
  image: (alt, url) => `![${alt}](${url})`,
};

/** What a payload takes besides the text: everything around it, the longest marker twice, and the key. */
function bytesAround(payload: Payload): number {
  return Buffer.byteLength(JSON.stringify(payload)) + markerBytes * 2 + keyBytes;
}

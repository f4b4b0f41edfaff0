import type { Action, Level, Message } from "../../model/message.ts";
import { offered, withLinks } from "../actions.ts";
import { jsonCost } from "../byte-cost.ts";
import type { Payload } from "../definition.ts";
import { type Headed, headed } from "../headline.ts";
import { type Dialect, degrade, plainText } from "../markdown.ts";
import { called, mentionLine, withoutMentions } from "../mentions.ts";
import { markerBytes, pagesOf } from "../pages.ts";

/**
 * The whole request body, signature included: 20 KB
 * (https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot). Read as the smaller of the two kilobytes.
 */
export const bodyBytes = 20_000;

/** `"timestamp":"1700000000","sign":"<44 characters>",` */
const signatureBytes = 96;

export function render(message: Message): Payload[] {
  return message.style === "card" ? cards(message) : texts(message);
}

function texts(message: Message): Payload[] {
  const { title, body } = headed(message);
  const { all, users, mobiles, omitted } = called(message.mentions);
  const everyone = all ? ['<at user_id="all">所有人</at>'] : [];
  const people = users.map((id) => `<at user_id="${id}"></at>`);
  const tail = mentionLine([...everyone, ...people, ...mobiles.map((mobile) => `@${mobile}`)], omitted);
  const frame = bytesAround(textOf(title, ""));
  const text = withoutMentions(degrade(withLinks(body, offered(message, 0)), plainText));
  return pagesOf(text, { bytes: bodyBytes - frame, cost: jsonCost, tail }).map((page) =>
    textOf(title + page.marker, page.text),
  );
}

function textOf(title: string, text: string): Payload {
  return { msg_type: "text", content: { text: text === "" ? title : `${title}\n${text}` } };
}

function cards(message: Message): Payload[] {
  const head = headed(message);
  const actions = offered(message, mostButtons);
  const { buttons } = actions;
  const { all, users, mobiles, omitted } = called(message.mentions);
  const everyone = all ? ["<at id=all></at>"] : [];
  const people = users.map((id) => `<at id=${id}></at>`);
  const tail = mentionLine([...everyone, ...people, ...mobiles.map((mobile) => `@${mobile}`)], omitted);
  const frame = bytesAround(cardOf(head, message.level, "", []));
  const reserve = bytesAround({ buttons: actionsOf(buttons) });
  const text = withoutMentions(degrade(withLinks(head.body, actions), cardMarkdown)) || head.title;
  return pagesOf(text, { bytes: bodyBytes - frame, cost: jsonCost, tail, reserve }).map((page) =>
    cardOf({ ...head, title: head.title + page.marker }, message.level, page.text, page.last ? buttons : []),
  );
}

/** Buttons in a row; more become links. */
const mostButtons = 5;

/** Card JSON 1.0: https://open.feishu.cn/document/uAjLw4CM/ukzMukzMukzM/feishu-cards/card-json-structure */
function cardOf({ title }: Headed, level: Level, text: string, buttons: readonly Action[]): Payload {
  return {
    msg_type: "interactive",
    card: {
      config: { wide_screen_mode: true },
      header: { template: templates[level], title: { tag: "plain_text", content: title } },
      elements: [...(text === "" ? [] : [{ tag: "markdown", content: text }]), ...actionsOf(buttons)],
    },
  };
}

const templates: Readonly<Record<Level, string>> = { info: "blue", warning: "orange", error: "red" };

function actionsOf(buttons: readonly Action[]): Payload[] {
  if (buttons.length === 0) return [];
  const actions = buttons.map(({ text, url }, index) => ({
    tag: "button",
    text: { tag: "plain_text", content: text },
    type: index === 0 ? "primary" : "default",
    url,
  }));
  return [{ tag: "action", actions }];
}

/** Headings and images by address do not exist in cards. */
const cardMarkdown: Dialect = {
  ...plainText,
  heading: (text) => (text.includes("**") ? text : `**${text}**`),
  bullet: "- ",
  rule: "---",
  fence: "kept",
  strong: "**",
  emphasis: "*",
  strike: "~~",
  code: (text) => `\`${text}\``,
  link: (text, url) => `[${text}](${url})`,
  image: (alt, url) => `[${alt || "图片"}](${url})`,
};

/** What a payload takes besides the text: everything around it, the longest marker and the signature. */
function bytesAround(payload: Payload): number {
  return Buffer.byteLength(JSON.stringify(payload)) + emptyMarkdown + markerBytes + signatureBytes;
}

/** `{"tag":"markdown","content":""},` */
const emptyMarkdown = 34;

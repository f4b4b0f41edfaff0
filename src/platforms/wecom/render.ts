import type { Level, Message } from "../../model/message.ts";
import { offered, withLinks } from "../actions.ts";
import { bytesOf, utf8Cost } from "../byte-cost.ts";
import type { Payload } from "../definition.ts";
import { headed } from "../headline.ts";
import { type Dialect, degrade, plainText } from "../markdown.ts";
import { type Called, called, mentionLine, withoutMentions } from "../mentions.ts";
import { markerBytes, pagesOf } from "../pages.ts";

/** `content` of a text and of a markdown message: https://developer.work.weixin.qq.com/document/path/99110 */
export const contentBytes = { text: 2048, card: 4096 } as const;

export function render(message: Message): Payload[] {
  return message.style === "card" ? markdowns(message) : texts(message);
}

function texts(message: Message): Payload[] {
  const { title, body } = headed(message);
  const people = called(message.mentions);
  const text = withoutMentions(degrade(withLinks(body, offered(message, 0)), plainText));
  const bytes = contentBytes.text - bytesOf(`${title}\n`, utf8Cost) - markerBytes;
  return pagesOf(text, { bytes, cost: utf8Cost, tail: mentionLine([], people.omitted) }).map((page) =>
    textOf(
      page.text === "" ? title + page.marker : `${title}${page.marker}\n${page.text}`,
      page.last ? people : nobody,
    ),
  );
}

const nobody: Called = { all: false, users: [], mobiles: [], omitted: 0 };

function textOf(content: string, { all, users, mobiles }: Called): Payload {
  const called = [...users, ...(all ? ["@all"] : [])];
  return {
    msgtype: "text",
    text: {
      content,
      ...(called.length > 0 ? { mentioned_list: called } : {}),
      ...(mobiles.length > 0 ? { mentioned_mobile_list: mobiles } : {}),
    },
  };
}

function markdowns(message: Message): Payload[] {
  const { title, body } = headed(message);
  const people = called(message.mentions);
  const tail = mentionLine(
    people.users.map((id) => `<@${id}>`),
    people.omitted,
  );
  const text = withoutMentions(degrade(withLinks(body, offered(message, 0)), markdown));
  const bytes = contentBytes.card - bytesOf(markdownOf(title, message.level, ""), utf8Cost) - markerBytes;
  const payloads = pagesOf(text, { bytes, cost: utf8Cost, tail }).map((page) => ({
    msgtype: "markdown",
    markdown: { content: markdownOf(title + page.marker, message.level, page.text).trimEnd() },
  }));
  // Markdown can call users only. Everybody, or people by number, are called by a text message behind it.
  if (!people.all && people.mobiles.length === 0) return payloads;
  return [...payloads, textOf(title, { ...people, users: [] })];
}

/** The title carries the level's colour. */
function markdownOf(title: string, level: Level, text: string): string {
  return `**<font color="${colours[level]}">${title.replace(/<(?=\/?font)/gi, "<\u200b")}</font>**\n${text}`;
}

/** There are three: green, orange and grey. Orange is the loudest. */
const colours: Readonly<Record<Level, string>> = { info: "info", warning: "warning", error: "warning" };

/** Headings, bold, links, code in a line, quotes and colours; no lists, images, tables or blocks of code. */
const markdown: Dialect = {
  ...plainText,
  heading: (text, level) => `${"#".repeat(level)} ${text}`,
  fence: "quoted",
  strong: "**",
  code: (text) => `\`${text}\``,
  link: (text, url) => `[${text}](${url})`,
  image: (alt, url) => `[${alt || "图片"}](${url})`,
};

import { type Content, type Fields, isFields, isFilled } from "./stand-in.ts";

export interface Malformed {
  readonly code: string;
  readonly message: string;
}

const mostMentionedUsers = 50;

/**
 * What a custom robot's body says, per msgtype. The spelling of the address fields differs from type to type.
 * https://open.dingtalk.com/document/development/robot-message-type
 */
export function contentOfDingtalk(body: Fields): Content | Malformed {
  const { msgtype: type } = body;
  if (typeof type !== "string" || !types.has(type)) return { code: "400105", message: "不支持的消息类型" };
  const part = body[type];
  if (!isFields(part)) return missing(type);
  const read = linesOf(type, part);
  if ("code" in read) return read;
  const text = read.lines.join("\n");
  // Links and feed cards mention nobody, whatever `at` says.
  const canMention = type === "text" || type === "markdown" || type === "actionCard";
  const mentions = mentionsOf(canMention ? body.at : undefined, text);
  return "code" in mentions ? mentions : { type, body, text, mentions: mentions.ids };
}

/** `empty` exists only as an answer to a callback. */
const types = new Set(["text", "markdown", "link", "actionCard", "feedCard"]);

function linesOf(type: string, part: Fields): { lines: readonly string[] } | Malformed {
  switch (type) {
    case "text":
      return fieldsOf(type, part, ["content"]);
    case "markdown":
      return fieldsOf(type, part, ["title", "text"]);
    case "link":
      return fieldsOf(type, part, ["title", "text", "messageUrl"]);
    case "feedCard":
      return listOf("feedCard.links", part.links, ["title", "messageURL", "picURL"]);
    default:
      return linesOfActionCard(part);
  }
}

/** One button when singleTitle and singleURL are there, which make `btns` ignored. */
function linesOfActionCard(card: Fields): { lines: readonly string[] } | Malformed {
  const top = fieldsOf("actionCard", card, ["title", "text"]);
  if ("code" in top) return top;
  const buttons =
    card.singleTitle !== undefined || card.singleURL !== undefined
      ? fieldsOf("actionCard", card, ["singleTitle", "singleURL"])
      : listOf("actionCard.btns", card.btns, ["title", "actionURL"]);
  return "code" in buttons ? buttons : { lines: [...top.lines, ...buttons.lines] };
}

function listOf(name: string, items: unknown, fields: readonly string[]): { lines: readonly string[] } | Malformed {
  if (!Array.isArray(items) || items.length === 0) return missing(name);
  const lines: string[] = [];
  for (const [index, item] of items.entries()) {
    if (!isFields(item)) return missing(`${name}[${index}]`);
    const read = fieldsOf(`${name}[${index}]`, item, fields);
    if ("code" in read) return read;
    lines.push(...read.lines);
  }
  return { lines };
}

function fieldsOf(name: string, part: Fields, fields: readonly string[]): { lines: readonly string[] } | Malformed {
  const lines: string[] = [];
  for (const field of fields) {
    const value = part[field];
    if (!isFilled(value)) return missing(`${name}.${field}`);
    lines.push(value);
  }
  return { lines };
}

/** A number or id mentions somebody only when the text also contains it after an `@`. */
function mentionsOf(at: unknown, text: string): { ids: readonly string[] } | Malformed {
  if (at === undefined) return { ids: [] };
  if (!isFields(at)) return missing("at");
  const { atMobiles = [], atUserIds = [], isAtAll } = at;
  if (!isTexts(atMobiles)) return missing("at.atMobiles");
  if (!isTexts(atUserIds) || atUserIds.length > mostMentionedUsers) return missing("at.atUserIds");
  const named = [...atMobiles, ...atUserIds].filter((id) => text.includes(`@${id}`));
  return { ids: isAtAll === true || isAtAll === "true" ? ["all", ...named] : named };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function missing(name: string): Malformed {
  return { code: "40035", message: `缺少参数 ${name}` };
}

import type { Attachment, Person, ReceivedMessage } from "../../model/event-data.ts";
import { amountOf, idOf, type JsonObject, objectOf, objectsOf, parseObject, textOf } from "../json-fields.ts";
import { kindOf, personOf } from "./callback-people.ts";

/** What a message says; everything of a ReceivedMessage that is in its content. */
export type Content = Pick<ReceivedMessage, "text" | "attachments" | "mentions" | "location">;

/**
 * Reads a received message's content, which is not what was sent: styles are gone, and people are placeholders.
 * https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/im-v1/message/events/message_content
 *
 * @param message The event's `message`.
 */
export function contentOf(message: JsonObject): Content {
  const called = objectsOf(message.mentions);
  const named = namesIn(called);
  const said = textOf(message.content) ?? "";
  // What is no JSON is a fixed text, as forwarded conversations have.
  const content = parseObject(said) ?? { text: said };
  return { mentions: peopleIn(called), ...partsOf(textOf(message.message_type) ?? "", content, named) };
}

type Parts = Omit<Content, "mentions">;
type Named = (text: string) => string;

function partsOf(type: string, content: JsonObject, named: Named): Parts {
  const { file_key, file_name, duration } = content;
  switch (type) {
    case "post":
    case "interactive":
      return richParts(content, named);
    case "image":
      return { text: "", attachments: attachment("image", content.image_key) };
    case "file":
    case "folder":
      return { text: "", attachments: attachment("file", file_key, { name: file_name }) };
    case "audio":
      return { text: "", attachments: attachment("voice", file_key, { duration }) };
    case "media":
      return { text: "", attachments: attachment("video", file_key, { name: file_name, duration }) };
    case "location":
      return { text: textOf(content.name) ?? "", attachments: [], ...placeOf(content) };
    default:
      return { text: named(wordsOf(content)), attachments: [] };
  }
}

/** Paragraphs of nodes, as rich texts and cards are received; a language's own level may be around them. */
function richParts(content: JsonObject, named: Named): Parts {
  const body = [content, ...Object.values(content).map(objectOf)].find((part) => paragraphsOf(part).length > 0);
  const attachments: Attachment[] = [];
  const lines = paragraphsOf(body ?? content).map((nodes) =>
    nodes
      .map((node) => {
        attachments.push(...attachmentsOf(node));
        return spoken(node, named);
      })
      .join(""),
  );
  const title = textOf(body?.title) ?? textOf(content.title) ?? "";
  return { text: [title, ...lines].filter((line) => line !== "").join("\n"), attachments };
}

function paragraphsOf({ content, elements }: JsonObject): JsonObject[][] {
  const paragraphs = Array.isArray(content) ? content : Array.isArray(elements) ? elements : [];
  return paragraphs.map((nodes) => objectsOf(Array.isArray(nodes) ? nodes : [nodes]));
}

function spoken(node: JsonObject, named: Named): string {
  const text = textOf(node.text) ?? "";
  const { tag } = node;
  if (tag === "a") {
    const href = textOf(node.href);
    return href === undefined || href === text ? text : `${text} (${href})`;
  }
  if (tag === "at") {
    const id = textOf(node.user_id) ?? "";
    const known = named(id === "all" ? "@_all" : id);
    return known === id ? `@${textOf(node.user_name) ?? id}` : known;
  }
  if (tag === "emotion") return `[${textOf(node.emoji_type) ?? ""}]`;
  return tag === "hr" ? "---" : named(text);
}

function attachmentsOf(node: JsonObject): Attachment[] {
  if (node.tag === "img") return attachment("image", node.image_key);
  return node.tag === "media" ? attachment("video", node.file_key) : [];
}

/** @param more `duration` in milliseconds. */
function attachment(
  kind: Attachment["kind"],
  key: unknown,
  more: { name?: unknown; duration?: unknown } = {},
): Attachment[] {
  const ref = idOf(key);
  if (ref === undefined) return [];
  const name = textOf(more.name);
  const durationMs = amountOf(more.duration);
  return [{ kind, ref, ...(name === undefined ? {} : { name }), ...(durationMs === undefined ? {} : { durationMs }) }];
}

function placeOf({ latitude, longitude, name }: JsonObject): Pick<Content, "location"> {
  const [north, east] = [degrees(latitude), degrees(longitude)];
  if (north === undefined || east === undefined) return {};
  const label = textOf(name);
  return { location: { latitude: north, longitude: east, ...(label === undefined ? {} : { label }) } };
}

function degrees(value: unknown): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Math.abs(number) <= 180 ? number : undefined;
}

/** What texts, votes, calendars, tasks and the like say of themselves. */
function wordsOf({ text, title, topic, summary }: JsonObject): string {
  return [text, title, topic, summary].map(textOf).find((words) => words !== undefined) ?? "";
}

/** Puts names in the place of `@_user_1`; `@_all` calls everyone. */
function namesIn(called: readonly JsonObject[]): Named {
  const names = new Map([["@_all", "@所有人"]]);
  for (const { key, name } of called) {
    const [placeholder, words] = [textOf(key), textOf(name)];
    if (placeholder !== undefined && words !== undefined) names.set(placeholder, `@${words}`);
  }
  const nameOf = (placeholder: string) => names.get(placeholder) ?? placeholder;
  return (text) => (text.includes("@_") ? text.replace(/@_(?:user_\d+|all)\b/g, nameOf) : text);
}

function peopleIn(called: readonly JsonObject[]): Person[] {
  return called.flatMap(({ id, name, mentioned_type }) => personOf(id, { name, kind: kindOf(mentioned_type) }) ?? []);
}

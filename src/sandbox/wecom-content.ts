import { createHash } from "node:crypto";
import { type Content, type Fields, isFields, isFilled } from "./stand-in.ts";
import { templateCardProblem } from "./wecom-card.ts";

export interface Malformed {
  readonly code: string;
  readonly message: string;
}

const textBytes = 2_048;
const markdownBytes = 4_096;
const imageBytes = 2 * 1024 * 1024;
const mostArticles = 8;

/**
 * What a group robot's body says, per msgtype: https://developer.work.weixin.qq.com/document/path/91770
 * and, for markdown_v2 and template_card, https://developer.work.weixin.qq.com/document/path/99110
 */
export function contentOfWecom(body: Fields): Content | Malformed {
  const { msgtype: type } = body;
  if (typeof type !== "string" || !types.has(type)) return { code: "40008", message: "invalid message type" };
  const part = body[type];
  if (!isFields(part)) return type === "text" ? empty : invalid(`${type} is missing`);
  switch (type) {
    case "text":
      return written(body, type, part, textBytes);
    case "markdown":
    case "markdown_v2":
      return written(body, type, part, markdownBytes);
    case "image":
      return contentOfImage(body, part);
    case "news":
      return contentOfNews(body, part);
    case "template_card":
      return contentOfCard(body, part);
    default:
      if (!isFilled(part.media_id)) return { code: "41006", message: "missing media_id" };
      return { type, body, text: `[${type} ${part.media_id}]`, mentions: [] };
  }
}

const types = new Set(["text", "markdown", "markdown_v2", "image", "news", "file", "voice", "template_card"]);
const empty: Malformed = { code: "44004", message: "empty content" };

function written(body: Fields, type: string, part: Fields, mostBytes: number): Content | Malformed {
  const { content } = part;
  if (!isFilled(content)) return empty;
  // The page gives the limit but no code; 45002 has been reported too.
  if (Buffer.byteLength(content) > mostBytes) return invalid(`${type}.content exceed max length ${mostBytes}`);
  const mentions: string[] = [];
  if (type === "text") {
    for (const field of ["mentioned_list", "mentioned_mobile_list"]) {
      const list = part[field] ?? [];
      if (!isTexts(list)) return invalid(`text.${field} must be a list of strings`);
      mentions.push(...list.map((id) => (id === "@all" ? "all" : id)));
    }
  } else if (type === "markdown") {
    for (const [, id = ""] of content.matchAll(/<@([^>\s]+)>/g)) mentions.push(id === "all" ? "all" : id);
  }
  return { type, body, text: content, mentions };
}

/** base64 and md5 are those of the picture itself. */
function contentOfImage(body: Fields, part: Fields): Content | Malformed {
  const { base64, md5 } = part;
  if (!isFilled(base64)) return { code: "44001", message: "empty media data" };
  const picture = Buffer.from(base64, "base64");
  if (picture.length > imageBytes) return { code: "45001", message: "media size out of limit" };
  const isPicture =
    picture.subarray(0, 3).toString("hex") === "ffd8ff" || picture.subarray(0, 4).toString("hex") === "89504e47";
  if (!isPicture) return { code: "40004", message: "invalid media type" };
  const digest = createHash("md5").update(picture).digest("hex");
  if (md5 !== digest) return invalid("image.md5 does not match");
  return { type: "image", body, text: `[image ${digest}]`, mentions: [] };
}

/** Too long titles and descriptions are cut, not refused. */
function contentOfNews(body: Fields, part: Fields): Content | Malformed {
  const { articles } = part;
  if (!Array.isArray(articles) || articles.length < 1 || articles.length > mostArticles) {
    return { code: "45008", message: "article size out of limit" };
  }
  const lines: string[] = [];
  for (const [index, article] of articles.entries()) {
    if (!isFields(article) || !isFilled(article.title)) return invalid(`news.articles[${index}].title is missing`);
    if (!isFilled(article.url)) return invalid(`news.articles[${index}].url is missing`);
    if (!/^[a-z][a-z0-9+.-]*:/i.test(article.url)) return { code: "45034", message: "url lacks scheme" };
    lines.push(article.title, ...(isFilled(article.description) ? [article.description] : []), article.url);
  }
  return { type: "news", body, text: lines.join("\n"), mentions: [] };
}

function contentOfCard(body: Fields, card: Fields): Content | Malformed {
  const problem = templateCardProblem(card);
  if (problem !== undefined) return invalid(problem);
  const lines: string[] = [];
  const visit = (value: unknown, depth: number): void => {
    if (Array.isArray(value)) for (const item of value) visit(item, depth + 1);
    else if (isFields(value) && depth < 10) {
      for (const [key, child] of Object.entries(value)) {
        if (isFilled(child) && readable.has(key)) lines.push(child);
        else visit(child, depth + 1);
      }
    }
  };
  visit(card, 0);
  return { type: "template_card", body, text: lines.join("\n"), mentions: [] };
}

const readable = new Set(["title", "desc", "sub_title_text", "quote_text", "keyname", "value"]);

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function invalid(detail: string): Malformed {
  return { code: "40058", message: `invalid Request Parameter: ${detail}` };
}

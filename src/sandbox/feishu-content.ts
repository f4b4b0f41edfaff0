import { cardProblem, linesOfCard } from "./feishu-card.ts";
import { type Content, type Fields, isFields, isFilled } from "./stand-in.ts";

export interface Malformed {
  readonly code: string;
  readonly message: string;
}

/**
 * What a custom robot's body says, per msg_type:
 * https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
 */
export function contentOfFeishu(body: Fields): Content | Malformed {
  const { msg_type: type } = body;
  if (typeof type !== "string") return wrong("msg_type need");
  if (type === "interactive") return contentOfCard(body);
  const { content } = body;
  // An object here, unlike the string that the messages API of apps takes.
  if (!isFields(content)) return wrong("content must be an object");
  switch (type) {
    case "text":
      if (!isFilled(content.text)) return wrong("content.text need");
      return { type, body, text: content.text, mentions: mentionsIn(content.text) };
    case "post":
      return contentOfPost(body, content.post);
    case "image":
      if (!isFilled(content.image_key)) return wrong("content.image_key need");
      return { type, body, text: `[image ${content.image_key}]`, mentions: [] };
    case "share_chat":
      if (!isFilled(content.share_chat_id)) return wrong("content.share_chat_id need");
      return { type, body, text: `[chat ${content.share_chat_id}]`, mentions: [] };
    default:
      return wrong("msg_type is not supported");
  }
}

/** The `style` of a node is no error, it does nothing. A body without the `post` level is unconfirmed, so refused. */
function contentOfPost(body: Fields, post: unknown): Content | Malformed {
  if (!isFields(post)) return wrong("content.post need");
  const lines: string[] = [];
  const mentions: string[] = [];
  const languages = Object.entries(post);
  if (languages.length === 0) return wrong("content.post needs a language");
  for (const [language, text] of languages) {
    if (!isFields(text) || !Array.isArray(text.content))
      return wrong(`content.post.${language}.content must be a list`);
    if (isFilled(text.title)) lines.push(text.title);
    for (const paragraph of text.content) {
      if (!Array.isArray(paragraph)) return wrong(`content.post.${language}.content must be a list of lists`);
      const words = paragraph.map((node: unknown) => wordsOfNode(node, mentions));
      if (words.includes(undefined)) return wrong(`content.post.${language} has a node that is not supported`);
      lines.push(words.join(""));
    }
  }
  return { type: "post", body, text: lines.join("\n"), mentions };
}

function wordsOfNode(node: unknown, mentions: string[]): string | undefined {
  if (!isFields(node)) return undefined;
  switch (node.tag) {
    case "text":
      return typeof node.text === "string" ? node.text : undefined;
    case "a":
      return typeof node.text === "string" && isFilled(node.href) ? `${node.text} (${node.href})` : undefined;
    case "at":
      if (!isFilled(node.user_id)) return undefined;
      mentions.push(node.user_id);
      return `@${isFilled(node.user_name) ? node.user_name : node.user_id}`;
    case "img":
      return isFilled(node.image_key) ? `[image ${node.image_key}]` : undefined;
    default:
      return undefined;
  }
}

/** `card` stands in the place of `content`. */
function contentOfCard(body: Fields): Content | Malformed {
  const { card } = body;
  if (!isFields(card)) return wrong("card must be an object");
  const problem = cardProblem(card);
  if (problem) {
    // 230099 and its sub-codes: https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/reference/im-v1/message/create
    return {
      code: "230099",
      message: `Failed to create card content, ext=ErrCode: ${problem.code}; ErrMsg: ${problem.message}`,
    };
  }
  const text = linesOfCard(card).join("\n");
  return { type: "interactive", body, text, mentions: mentionsIn(text) };
}

/** `<at user_id="ou_x">` in texts, `<at id=ou_x>` in cards; `all` for everyone. */
function mentionsIn(text: string): string[] {
  if (!text.includes("<at ")) return [];
  return [...text.matchAll(/<at\s+(?:user_id|id)=["']?([^\s"'>]+)/g)].map((match) => match[1] ?? "");
}

function wrong(detail: string): Malformed {
  return { code: "19002", message: `params error, ${detail}` };
}

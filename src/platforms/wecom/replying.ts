import { isObject, type JsonObject } from "../json-fields.ts";
import type { ReplyContent, Replying, ReplyRules, ReplyWay } from "../replying.ts";
import { fieldsIn, parseBody, plainName, plainNames, wordsIn } from "../tencent-body.ts";
import { commonReplyIn, type ReplyFields, type ReplyValue } from "../tencent-reply.ts";
import type { WecomAppAccount, WecomBotAccount } from "./account.ts";
import { type BotReply, botReply } from "./bot-reply.ts";
import { type AppReply, appReply } from "./reply.ts";

/** The platform waits five seconds, three times in all: https://developer.work.weixin.qq.com/document/path/90930 */
const patience = { withinMs: 4_000, tries: 3, tryMs: 5_000 } as const;

/** What is taken in answer to what, and for how long: apps …/document/path/90241, robots …/101031 and …/101027 */
export const replies = {
  app: { ...patience, takes: [["text"], ["image"], ["voice"], ["video"], ["articles"]] },
  "app click": { ...patience, takes: [["button"], ["card"]] },
  robot: {
    ...patience,
    takes: [["text"], ["markdown"], ["stream"], ["card"], ["text", "card"], ["markdown", "card"], ["stream", "card"]],
    stream: { bytes: 20_480, forMs: 6 * 60_000 },
  },
  "robot entered": { ...patience, takes: [["text"], ["card"]] },
  // A click is told once: …/document/path/101027
  "robot click": { ...patience, tries: 1, takes: [["card"]] },
} as const satisfies Replying;

/** Events that an app may answer to the person: https://developer.work.weixin.qq.com/document/path/90240 */
const answered: ReadonlySet<string> = new Set([
  "subscribe",
  "enteragent",
  "location",
  "click",
  "view",
  "viewminiprogram",
  "scancodewaitmsg",
  "templatecardmenuevent",
]);

/**
 * How an app's callback is replied to; undefined where the person gets to see nothing. That the variant in JSON takes
 * replies is said nowhere.
 *
 * @param raw Decrypted.
 */
export function appWay(raw: string, account: WecomAppAccount): ReplyWay | undefined {
  const parsed = parseBody(raw);
  if (!parsed.ok || !raw.trimStart().startsWith("<")) return undefined;
  const fields = plainNames(parsed.body);
  const rules = appRules(fields);
  const ends = { to: wordsIn(fields, "fromusername"), from: wordsIn(fields, "tousername") };
  return rules && { rules, answer: (reply, context) => appReply(appReplyIn(reply), ends, account, context) };
}

function appRules(fields: JsonObject): ReplyRules | undefined {
  if (wordsIn(fields, "msgtype") !== "event") return replies.app;
  const event = plainName(wordsIn(fields, "event").trim());
  if (event === "templatecardevent") return replies["app click"];
  return answered.has(event) ? replies.app : undefined;
}

function appReplyIn(reply: ReplyContent): AppReply {
  const common = commonReplyIn(reply);
  if (common) return common;
  if (reply.button !== undefined) return { kind: "update_button", replaceName: reply.button };
  return { kind: "update_template_card", card: elementsIn(reply.card ?? {}) };
}

/** @throws RangeError for what cannot be written as the platform's XML. */
function elementsIn(card: JsonObject): ReplyFields {
  const named = Object.entries(card).map(([name, value]) => {
    if (!/^[A-Za-z]\w{0,63}$/.test(name)) throw new RangeError("a card's fields must have the platform's XML names");
    return [name, elementIn(value, name)] as const;
  });
  return Object.fromEntries(named);
}

function elementIn(value: unknown, name: string): ReplyValue {
  if (typeof value === "string" || typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (Array.isArray(value)) return value.map((item) => elementIn(item, name));
  if (isObject(value)) return elementsIn(value);
  throw new RangeError(`the card's ${name} must be text, a number, an object or a list of them`);
}

/**
 * How a robot's callback is replied to. Groups' own robots, whose bodies are XML, are not: their replies are open to
 * few, and another page's.
 */
export function botWay(raw: string, nonce: string, account: WecomBotAccount): ReplyWay | undefined {
  const parsed = parseBody(raw);
  if (!parsed.ok || !raw.trimStart().startsWith("{")) return undefined;
  const rules = botRules(parsed.body);
  return rules && { rules, answer: (reply, context) => botReply(botReplyIn(reply, rules), nonce, account, context) };
}

/** What a robot's callback or frame takes. @param body As the platform has it. */
export function botRules(body: JsonObject): ReplyRules | undefined {
  const fields = plainNames(body);
  if (wordsIn(fields, "msgtype") !== "event") return replies.robot;
  switch (wordsIn(fieldsIn(fields, "event"), "eventtype")) {
    case "enter_chat":
      return replies["robot entered"];
    case "template_card_event":
      return replies["robot click"];
    default:
      return undefined;
  }
}

/** The text whose next state is asked for; undefined for every other callback. */
export function polledStream(body: JsonObject): string | undefined {
  if (body.msgtype !== "stream") return undefined;
  return wordsIn(fieldsIn(plainNames(body), "stream"), "id") || undefined;
}

/** @throws RangeError */
export function botReplyIn({ text, stream, card }: ReplyContent, rules: ReplyRules): BotReply {
  if (rules === replies["robot click"]) return { kind: "update_template_card", card: card ?? {} };
  if (stream && card) return { kind: "stream_with_template_card", stream, card };
  if (stream) return { kind: "stream", stream };
  if (card) return { kind: "template_card", card };
  return { kind: "text", content: text ?? "" };
}

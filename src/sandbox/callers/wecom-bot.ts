import * as z from "zod";
import { sameText } from "../constant-time.ts";
import { isFields } from "../stand-in.ts";
import { objectOf, statusProblem } from "./answers.ts";
import { defineCallingSide, type Moment, type PlatformCall, untold } from "./call.ts";
import { sealFrame } from "./frame.ts";
import type { Happening, Of } from "./happening.ts";
import { hexId, numberId, secondsOf } from "./ids.ts";
import { jsonPost, sealedQuery, withQuery } from "./requests.ts";
import { articled, required } from "./required.ts";
import { callbackToken, callbackUrl, encodingAesKey, identifier } from "./seal-settings.ts";
import { judgePassiveReply, type Seal } from "./sealed-reply.ts";
import { urlCheck } from "./url-check.ts";

const settings = z.strictObject({
  url: callbackUrl,
  token: callbackToken,
  encoding_aes_key: encodingAesKey,
  bot_id: identifier.default("aib-sandbox"),
});
type Settings = z.output<typeof settings>;

/**
 * A WeCom intelligent robot's callbacks: JSON, and nothing where apps have their corp id.
 * Source: https://developer.work.weixin.qq.com/document/path/100719, events: path/101027, replies: path/101031.
 */
export const wecomBot = defineCallingSide<Settings>({
  platform: "wecom-bot",
  settings,
  call(happening, account, moment) {
    const seal: Seal = { token: account.token, encodingAesKey: account.encoding_aes_key, receiveId: "" };
    if (happening.event === "verify") {
      return urlCheck(account, seal, { echo: numberId(moment), deadlineMs: 1_000 });
    }
    return toldCall(contentOf(happening, account, moment), account, seal, moment.nowMs + growingMs);
  },
});

/** How long after the message the platform goes on asking for a text that grows. */
const growingMs = 6 * 60_000;
/** How often it asks is not published. */
const pollMs = 500;

/** @param until When the platform asks for no more of a text that grows. Epoch milliseconds. */
function toldCall(content: Content, account: Settings, seal: Seal, until: number): PlatformCall {
  const isMessage = content.msgtype !== "event" && content.msgtype !== "stream";
  // Card events are tried once.
  const isCard = eventNameOf(content) === "template_card_event";
  return {
    name: isMessage ? String(content.msgtype) : eventNameOf(content),
    content,
    ...(isMessage ? { messageId: String(content.msgid) } : {}),
    deadlineMs: 5_000,
    retryDelaysMs: isCard ? [] : [0, 0],
    request(at) {
      const encrypt = sealFrame(JSON.stringify(content), seal, at.random(16));
      return jsonPost(withQuery(account.url, sealedQuery(account.token, encrypt, at)), { encrypt });
    },
    judge(answer, request) {
      const problem = statusProblem(answer);
      if (problem) return problem;
      const judged = judgePassiveReply(answer, seal);
      if (judged.verdict !== "accepted" || judged.reply === undefined) return judged;
      // The robot's replies must carry the nonce of the request, unlike apps'.
      const sent = new URL(request.url).searchParams.get("nonce") ?? "";
      const nonce = String(objectOf(answer.body)?.nonce);
      if (!sameText(nonce, sent)) return { verdict: "faulty", problem: "the reply's nonce is not the request's" };
      return judged;
    },
    next(reply, at) {
      const stream = isFields(reply) && isFields(reply.stream) ? reply.stream : undefined;
      if (stream?.finish !== false || at.nowMs + pollMs > until) return undefined;
      const { msgid: _id, response_url: _url, aibotid, chatid, chattype, from } = content;
      const chat = chatid === undefined ? {} : { chatid };
      const poll = { msgid: hexId(at), aibotid, ...chat, chattype, from, msgtype: "stream", stream: { id: stream.id } };
      return { call: toldCall(poll, account, seal, until), afterMs: pollMs };
    },
  };
}

type Content = Readonly<Record<string, unknown>>;

function contentOf(happening: Exclude<Happening, Of<"verify">>, account: Settings, moment: Moment): Content {
  const common = (person: string, chat?: string): Content => ({
    msgid: hexId(moment),
    aibotid: account.bot_id,
    ...(chat === undefined ? {} : { chatid: chat }),
    chattype: chat === undefined ? "single" : "group",
    from: { userid: person },
  });
  const event = (person: string, chat: string | undefined, eventtype: string, fields: unknown): Content => ({
    ...common(person, chat),
    create_time: secondsOf(moment),
    msgtype: "event",
    event: { eventtype, [eventtype]: fields },
  });
  switch (happening.event) {
    case "message":
      return {
        ...common(happening.person, happening.chat),
        ...(happening.message === undefined ? {} : { msgid: happening.message }),
        response_url: `https://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=${hexId(moment)}`,
        ...bodyOf(happening),
      };
    case "click":
      return event(happening.person, happening.chat, "template_card_event", cardFields(happening));
    case "enter":
      return event(happening.person, undefined, "enter_chat", {});
    case "native": {
      const person = happening.person ?? "zhangsan";
      if (happening.name === "stream") {
        const stream = { id: "stream-1", ...happening.fields };
        return { ...common(person), msgtype: "stream", stream };
      }
      const example = examples[happening.name] ?? {};
      return event(person, undefined, happening.name, { ...example, ...happening.fields });
    }
    default:
      return untold(
        "wecom-bot",
        happening,
        "robots get messages, clicks, enter, and by native feedback_event and stream",
      );
  }
}

const examples: Readonly<Record<string, Content>> = {
  enter_chat: {},
  template_card_event: { card_type: "button_interaction", event_key: "approve", task_id: "task-1" },
  feedback_event: { id: "feedback-1", type: 1, content: "" },
};

/** In groups only text and mixed exist, and the text begins with the robot's name. */
function bodyOf({ kind, text, chat, url }: Of<"message">): Content {
  const isGroup = chat !== undefined;
  const said = isGroup ? `@Robot ${text}` : text;
  if (kind === "text") return { msgtype: "text", text: { content: said } };
  if (kind === "post") {
    const picture = url === undefined ? [] : [{ msgtype: "image", image: { url } }];
    return { msgtype: "mixed", mixed: { msg_item: [{ msgtype: "text", text: { content: said } }, ...picture] } };
  }
  if (isGroup) throw new RangeError(`kind: in groups robots get text and post only, not ${kind}; leave chat out`);
  if (kind === "voice") return { msgtype: "voice", voice: { content: text } };
  if (kind === "image" || kind === "file" || kind === "video") {
    return {
      msgtype: kind,
      [kind]: { url: required("url", url, `${articled(kind)} has one, valid for five minutes`) },
    };
  }
  throw new RangeError(`kind: robots get no ${kind}; use text`);
}

function cardFields({ message, key, chosen }: Of<"click">): Content {
  const items = Object.entries(chosen ?? {}).map(([question, options]) => ({
    question_key: question,
    option_ids: { option_id: options },
  }));
  return {
    card_type: items.length > 0 ? "multiple_interaction" : "button_interaction",
    event_key: key,
    task_id: message,
    ...(items.length > 0 ? { selected_items: { selected_item: items } } : {}),
  };
}

function eventNameOf(content: Content): string {
  const { event } = content;
  return isFields(event) ? String(event.eventtype) : String(content.msgtype);
}

import * as z from "zod";
import { sameText } from "../constant-time.ts";
import { isFields } from "../stand-in.ts";
import { objectOf, statusProblem } from "./answers.ts";
import { defineCallingSide, type PlatformCall } from "./call.ts";
import { sealFrame } from "./frame.ts";
import { hexId, numberId } from "./ids.ts";
import { jsonPost, sealedQuery, withQuery } from "./requests.ts";
import { callbackToken, callbackUrl, encodingAesKey, identifier } from "./seal-settings.ts";
import { judgePassiveReply, type Seal } from "./sealed-reply.ts";
import { urlCheck } from "./url-check.ts";
import { type Content, wecomBotContent } from "./wecom-bot-content.ts";

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
    return toldCall(wecomBotContent(happening, account.bot_id, moment), account, seal, moment.nowMs + growingMs);
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

function eventNameOf(content: Content): string {
  const { event } = content;
  return isFields(event) ? String(event.eventtype) : String(content.msgtype);
}

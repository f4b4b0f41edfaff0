import { jsonAnswer } from "../callback-parts.ts";
import type { JsonObject } from "../json-fields.ts";
import type { CallbackAnswer } from "../receiving.ts";
import { frameKey, sealFrame, signatureOf } from "../tencent-crypto.ts";
import { atMost, type ReplyContext } from "../tencent-reply.ts";
import type { WecomBotAccount } from "./account.ts";

/**
 * What an intelligent robot can answer a callback with: https://developer.work.weixin.qq.com/document/path/101031
 * Cards are the platform's own JSON.
 */
export type BotReply =
  /** The welcome of somebody who opens the chat; nothing else is answered with it. */
  | { readonly kind: "text"; readonly content: string }
  | { readonly kind: "stream"; readonly stream: BotStream }
  | { readonly kind: "template_card"; readonly card: JsonObject }
  | { readonly kind: "stream_with_template_card"; readonly stream: BotStream; readonly card: JsonObject }
  /** The answer to a click: another card, for these people or for all. */
  | { readonly kind: "update_template_card"; readonly card: JsonObject; readonly userIds?: readonly string[] };

/** A text that grows: the platform asks for the next state under the same id until `finish`, for six minutes. */
export interface BotStream {
  readonly id: string;
  readonly finish: boolean;
  /** The whole text so far; at most 20480 bytes of UTF-8. */
  readonly content: string;
  /** At most 10 of at most 10 MB, and only with `finish`. */
  readonly images?: readonly { readonly base64: string; readonly md5: string }[];
  /** Comes back when somebody judges the answer; at most 256 bytes. */
  readonly feedbackId?: string;
}

/**
 * A robot's passive reply, within five seconds of the callback.
 *
 * @param nonce The one in the callback's address: the platform takes no other.
 * @throws RangeError for what the platform would not show.
 */
export function botReply(
  reply: BotReply,
  nonce: string,
  { token, encoding_aes_key }: WecomBotAccount,
  { nowMs, randomBytes }: ReplyContext,
): CallbackAnswer {
  if (token === undefined || encoding_aes_key === undefined) {
    throw new RangeError("a robot on a stream has no callbacks, so there is none to answer");
  }
  const key = frameKey(encoding_aes_key);
  const encrypt = sealFrame(JSON.stringify(botReplyBody(reply)), key, "", randomBytes(16));
  const timestamp = Math.floor(nowMs / 1000);
  const msgsignature = signatureOf(token, String(timestamp), nonce, encrypt);
  return jsonAnswer({ encrypt, msgsignature, timestamp, nonce });
}

/** The same on a robot's long connection, as it is. @throws RangeError for what the platform would not show. */
export function botReplyBody(reply: BotReply): JsonObject {
  switch (reply.kind) {
    case "text":
      return { msgtype: "text", text: { content: reply.content } };
    case "stream":
      return { msgtype: "stream", stream: streamOf(reply.stream) };
    case "template_card":
      return { msgtype: "template_card", template_card: reply.card };
    case "stream_with_template_card":
      return { msgtype: reply.kind, stream: streamOf(reply.stream), template_card: reply.card };
    case "update_template_card":
      return { response_type: reply.kind, userids: reply.userIds, template_card: reply.card };
  }
}

function streamOf({ id, finish, content, images = [], feedbackId }: BotStream): JsonObject {
  if (id === "") throw new RangeError("a stream needs an id: the platform asks for its next state by it");
  atMost(content, 20_480, "a stream's text");
  atMost(feedbackId ?? "", 256, "a feedback id");
  if (images.length > 10) throw new RangeError(`a stream shows at most 10 images, not ${images.length}`);
  if (images.length > 0 && !finish) throw new RangeError("a stream shows images only with its last state");
  const items = images.map((image) => ({ msgtype: "image", image }));
  return {
    id,
    finish,
    content,
    ...(items.length === 0 ? {} : { msg_item: items }),
    ...(feedbackId === undefined ? {} : { feedback: { id: feedbackId } }),
  };
}

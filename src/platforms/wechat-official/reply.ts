import type { CallbackAnswer } from "../receiving.ts";
import { frameKey } from "../tencent-crypto.ts";
import {
  type CommonReply,
  commonFields,
  type ReplyContext,
  type ReplyEnds,
  type ReplyFields,
  replyXml,
  sealedXml,
  xmlAnswer,
} from "../tencent-reply.ts";
import type { WechatOfficialAccount } from "./account.ts";

/**
 * What an account can answer a callback with, in the same HTTP answer:
 * https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Passive_user_reply_message.html
 */
export type OfficialReply =
  | CommonReply
  | {
      readonly kind: "music";
      readonly title?: string;
      readonly description?: string;
      readonly musicUrl?: string;
      readonly hqMusicUrl?: string;
      readonly thumbMediaId: string;
    }
  /** Hands the chat to people, to this one where named. */
  | { readonly kind: "transfer_customer_service"; readonly account?: string };

/**
 * A passive reply, within five seconds of the callback; encrypted unless the account is plain.
 *
 * @throws RangeError for what the platform would not show.
 */
export function officialReply(
  reply: OfficialReply,
  ends: ReplyEnds,
  account: WechatOfficialAccount,
  context: ReplyContext,
): CallbackAnswer {
  const plain = replyXml(ends, reply.kind, fieldsOf(reply), context.nowMs);
  if (account.mode === "plain" || account.encoding_aes_key === undefined) return xmlAnswer(plain);
  const seal = { token: account.token, key: frameKey(account.encoding_aes_key), receiver: account.app_id };
  return sealedXml(plain, seal, context);
}

function fieldsOf(reply: OfficialReply): ReplyFields {
  switch (reply.kind) {
    case "music": {
      const { title, description, musicUrl, hqMusicUrl, thumbMediaId } = reply;
      const music = { Title: title, Description: description, MusicUrl: musicUrl, HQMusicUrl: hqMusicUrl };
      return { Music: { ...music, ThumbMediaId: thumbMediaId } };
    }
    case "transfer_customer_service":
      return reply.account === undefined ? {} : { TransInfo: { KfAccount: reply.account } };
    default:
      return commonFields(reply);
  }
}

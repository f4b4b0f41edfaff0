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
import { receiverOf, type WecomAppAccount } from "./account.ts";

/** What an app can answer a callback with, in the same HTTP answer: https://developer.work.weixin.qq.com/document/path/90241 */
export type AppReply =
  | CommonReply
  /** Gives the button that was clicked another text, for who clicked. */
  | { readonly kind: "update_button"; readonly replaceName: string }
  /** Another card in the place of the one clicked, for who clicked; fields under the platform's XML names. */
  | { readonly kind: "update_template_card"; readonly card: ReplyFields };

/**
 * An app's passive reply, within five seconds of the callback; encrypted unless the account is plain.
 *
 * @throws RangeError for what the platform would not show.
 */
export function appReply(
  reply: AppReply,
  ends: ReplyEnds,
  account: WecomAppAccount,
  context: ReplyContext,
): CallbackAnswer {
  const plain = replyXml(ends, reply.kind, fieldsOf(reply), context.nowMs);
  if (account.mode === "plain" || account.encoding_aes_key === undefined) return xmlAnswer(plain);
  const seal = { token: account.token, key: frameKey(account.encoding_aes_key), receiver: receiverOf(account) };
  return sealedXml(plain, seal, context);
}

function fieldsOf(reply: AppReply): ReplyFields {
  switch (reply.kind) {
    case "update_button":
      return { Button: { ReplaceName: reply.replaceName } };
    case "update_template_card":
      return { TemplateCard: reply.card };
    default:
      return commonFields(reply);
  }
}

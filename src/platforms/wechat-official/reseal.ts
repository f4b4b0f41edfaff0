import * as z from "zod";
import { defineResealer } from "../resealing.ts";
import { callbackToken, encodingAesKey } from "../tencent-account.ts";
import { frameKey, signatureOf } from "../tencent-crypto.ts";
import { type ReplySeal, sealedXml, xmlAnswer } from "../tencent-reply.ts";
import { encryptedQuery, newStamp, openedAnswer, saysNothing, sealedEnvelope } from "../tencent-reseal.ts";
import type { WechatOfficialAccount } from "./account.ts";

const keys = z.strictObject({
  token: callbackToken,
  encoding_aes_key: encodingAesKey.optional().meta({
    secret: true,
    description: "The EncodingAESKey of the other system; without it, it is called in plain mode.",
    zh: "该系统的 EncodingAESKey；不填则以明文模式调用。",
  }),
  app_id: z
    .string()
    .regex(/^[\w-]{1,64}$/, "must be an AppID: wx…")
    .optional()
    .meta({
      description: "What encrypted calls end with, where it is not the account's AppID.",
      zh: "加密内容末尾的 AppID，默认与账号相同。",
    }),
});

type Keys = z.output<typeof keys>;

/**
 * Messages of an official account under another token, encrypted with another EncodingAESKey or plain.
 * https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/message_push.html
 */
export const wechatOfficialResealer = defineResealer<WechatOfficialAccount, Keys>({
  keys,
  answerWithinMs: 4_000,
  reseal(callback, keys, account, context) {
    const stamp = newStamp(context);
    const signature = signatureOf(keys.token, stamp.timestamp, stamp.nonce);
    const seal = sealOf(keys, account);
    if (!seal) {
      const query = { signature, ...stamp, encrypt_type: undefined, msg_signature: undefined };
      return { query, headers: {}, body: callback.raw };
    }
    const { body, encrypted } = sealedEnvelope(callback, seal, context);
    const query = { signature, encrypt_type: "aes", ...encryptedQuery(seal.token, stamp, encrypted) };
    return { query, headers: {}, body };
  },
  reopen(answer, _callback, keys, account, context) {
    if (saysNothing(answer)) return answer;
    const theirs = sealOf(keys, account);
    const plain = theirs ? openedAnswer(answer, theirs) : answer.body;
    if (plain === undefined) return undefined;
    const { mode, token, encoding_aes_key, app_id } = account;
    if (mode === "plain" || encoding_aes_key === undefined) return xmlAnswer(plain);
    return sealedXml(plain, { token, key: frameKey(encoding_aes_key), receiver: app_id }, context);
  },
});

function sealOf({ token, encoding_aes_key, app_id }: Keys, account: WechatOfficialAccount): ReplySeal | undefined {
  if (encoding_aes_key === undefined) return undefined;
  return { token, key: frameKey(encoding_aes_key), receiver: app_id ?? account.app_id };
}

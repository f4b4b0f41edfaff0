import * as z from "zod";
import { jsonAnswer } from "../callback-parts.ts";
import type { CallbackAnswer, ReceiveContext } from "../receiving.ts";
import { defineResealer } from "../resealing.ts";
import { callbackToken, encodingAesKey } from "../tencent-account.ts";
import { frameKey, sealFrame, signatureOf } from "../tencent-crypto.ts";
import { type ReplySeal, sealedXml, xmlAnswer } from "../tencent-reply.ts";
import { encryptedQuery, newStamp, openedAnswer, saysNothing, sealedEnvelope } from "../tencent-reseal.ts";
import { receiverOf, type WecomAccount } from "./account.ts";

const keys = z.strictObject({
  token: callbackToken,
  encoding_aes_key: encodingAesKey,
  receive_id: z.string().max(128, "must be at most 128 characters").optional().meta({
    description: "What frames end with, where it is not what the account's own end with.",
    zh: "加密内容末尾的标识，默认与账号相同。",
  }),
});

type Keys = z.output<typeof keys>;

/**
 * Callbacks of apps and robots under another token and EncodingAESKey, always encrypted.
 * https://developer.work.weixin.qq.com/document/path/90930 tells the five seconds that the platform waits.
 */
export const wecomResealer = defineResealer<WecomAccount, Keys>({
  keys,
  answerWithinMs: 4_000,
  reseal(callback, keys, account, context) {
    const seal = sealOf(keys, account);
    const { body, encrypted } = sealedEnvelope(callback, seal, context);
    // A plain call is signed under another name.
    return {
      query: { signature: undefined, ...encryptedQuery(seal.token, newStamp(context), encrypted) },
      headers: {},
      body,
    };
  },
  reopen(answer, { request }, keys, account, context) {
    if (saysNothing(answer)) return answer;
    const plain = openedAnswer(answer, sealOf(keys, account));
    if (plain === undefined) return undefined;
    const { token, encoding_aes_key } = account;
    if (token === undefined || encoding_aes_key === undefined) return xmlAnswer(plain);
    const seal = { token, key: frameKey(encoding_aes_key), receiver: receiverOf(account) };
    return account.kind === "bot"
      ? botAnswer(plain, seal, request.query.get("nonce") ?? "", context)
      : sealedXml(plain, seal, context);
  },
});

function sealOf({ token, encoding_aes_key, receive_id }: Keys, account: WecomAccount): ReplySeal {
  return { token, key: frameKey(encoding_aes_key), receiver: receive_id ?? receiverOf(account) };
}

/** A robot's answer is JSON, under the callback's own nonce: https://developer.work.weixin.qq.com/document/path/101031 */
function botAnswer(
  plain: string,
  { token, key, receiver }: ReplySeal,
  nonce: string,
  { nowMs, randomBytes }: ReceiveContext,
): CallbackAnswer {
  const encrypt = sealFrame(plain, key, receiver, randomBytes(16));
  const timestamp = Math.floor(nowMs / 1000);
  return jsonAnswer({ encrypt, msgsignature: signatureOf(token, String(timestamp), nonce, encrypt), timestamp, nonce });
}

import * as z from "zod";
import { type CallbackRequest, defineCallingSide, type Moment } from "./call.ts";
import { sealFrame, sha1OfSorted } from "./frame.ts";
import { numberId } from "./ids.ts";
import { officialAccountContent } from "./official-account-content.ts";
import { signedQuery, withQuery, xmlPost } from "./requests.ts";
import { callbackToken, callbackUrl, encodingAesKey, identifier } from "./seal-settings.ts";
import { judgePassiveReply, type Seal } from "./sealed-reply.ts";
import { urlCheck } from "./url-check.ts";
import { toXml, type XmlFields } from "./xml.ts";

const settings = z
  .strictObject({
    url: callbackUrl,
    token: callbackToken,
    /** `plain` does not encrypt, `safe` sends the ciphertext only, `compat` sends both in one body. */
    mode: z.enum(["plain", "compat", "safe"]).optional(),
    encoding_aes_key: encodingAesKey.optional(),
    app_id: identifier,
    original_id: z.string().regex(/^gh_\w{1,64}$/, "expected an original id, as in gh_97417a04a28d"),
  })
  .superRefine(({ mode, encoding_aes_key: key }, context) => {
    if (mode !== undefined && mode !== "plain" && key === undefined) {
      context.addIssue({ code: "custom", path: ["encoding_aes_key"], message: `mode ${mode} needs one` });
    }
  });
type Settings = z.output<typeof settings>;

/**
 * A WeChat Official Account's callbacks.
 * Source: https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Receiving_standard_messages.html
 */
export const officialAccount = defineCallingSide<Settings>({
  platform: "wechat-official",
  settings,
  call(happening, account, moment) {
    if (happening.event === "verify") {
      return urlCheck(account, undefined, { echo: numberId(moment), deadlineMs: 5_000 });
    }
    const content = officialAccountContent(happening, account.original_id, moment);
    const seal = sealOf(account);
    return {
      name: String(content.Event ?? content.MsgType),
      content,
      ...(happening.event === "message" ? { messageId: String(content.MsgId) } : {}),
      deadlineMs: 5_000,
      // Three attempts, the next as soon as one has failed.
      retryDelaysMs: [0, 0],
      request: (at) => requestOf(account, seal, content, at),
      judge(answer) {
        const judged = judgePassiveReply(answer, seal);
        // In compatible mode a plain reply is as good as an encrypted one.
        const isPlain = judged.verdict === "faulty" && account.mode === "compat" && !answer.body.includes("<Encrypt>");
        return isPlain ? judgePassiveReply(answer, undefined) : judged;
      },
    };
  },
});

function sealOf({ mode, token, encoding_aes_key: key, app_id: receiveId }: Settings): Seal | undefined {
  return key === undefined || mode === "plain" ? undefined : { token, encodingAesKey: key, receiveId };
}

function requestOf(account: Settings, seal: Seal | undefined, content: XmlFields, moment: Moment): CallbackRequest {
  const signed = { ...signedQuery(account.token, moment), openid: String(content.FromUserName) };
  const xml = toXml(content);
  if (!seal) return xmlPost(withQuery(account.url, signed), xml);
  const encrypt = sealFrame(xml, seal, moment.random(16));
  const { timestamp, nonce } = signed;
  const query = {
    ...signed,
    encrypt_type: "aes",
    msg_signature: sha1OfSorted(account.token, timestamp, nonce, encrypt),
  };
  const visible = account.mode === "compat" ? content : { ToUserName: content.ToUserName };
  return xmlPost(withQuery(account.url, query), toXml({ ...visible, Encrypt: encrypt }));
}

import * as z from "zod";
import { type CallbackRequest, defineCallingSide, type Moment } from "./call.ts";
import { sealFrame } from "./frame.ts";
import { numberId } from "./ids.ts";
import { jsonPost, sealedQuery, signedQuery, withQuery, xmlPost } from "./requests.ts";
import { callbackToken, callbackUrl, encodingAesKey, identifier } from "./seal-settings.ts";
import { judgePassiveReply, type Seal } from "./sealed-reply.ts";
import { urlCheck } from "./url-check.ts";
import { wecomAppContent } from "./wecom-app-content.ts";
import { toXml, type XmlFields } from "./xml.ts";

const settings = z.strictObject({
  url: callbackUrl,
  token: callbackToken,
  /** Absent: plain mode. */
  encoding_aes_key: encodingAesKey.optional(),
  corp_id: identifier,
  agent_id: z.coerce.string().regex(/^\d{1,16}$/, "expected digits, as in 1000002"),
  /** Some deployments get JSON instead. */
  format: z.enum(["xml", "json"]).default("xml"),
});
type Settings = z.output<typeof settings>;

/**
 * A WeCom app's callbacks. Source: https://developer.work.weixin.qq.com/document/path/90930; messages: path/90239;
 * events: path/90240.
 */
export const wecomApp = defineCallingSide<Settings>({
  platform: "wecom",
  settings,
  call(happening, account, moment) {
    if (happening.event === "verify") {
      // Saving the URL waits for a second only.
      return urlCheck(account, sealOf(account), { echo: numberId(moment), deadlineMs: 1_000 });
    }
    const content = wecomAppContent(happening, account, moment);
    const messageId = typeof content.MsgId === "bigint" ? String(content.MsgId) : undefined;
    const seal = sealOf(account);
    return {
      name: String(content.Event ?? content.MsgType),
      content,
      ...(messageId === undefined ? {} : { messageId }),
      deadlineMs: 5_000,
      // Three attempts, the next as soon as one has failed.
      retryDelaysMs: [0, 0],
      request: (at) => (seal ? sealedRequest(account, seal, content, at) : plainRequest(account, content, at)),
      judge: (answer) => judgePassiveReply(answer, seal),
    };
  },
});

function sealOf({ token, encoding_aes_key: key, corp_id: receiveId }: Settings): Seal | undefined {
  return key === undefined ? undefined : { token, encodingAesKey: key, receiveId };
}

function sealedRequest(account: Settings, seal: Seal, content: XmlFields, moment: Moment): CallbackRequest {
  const isJson = account.format === "json";
  const plaintext = isJson ? jsonWithWideNumbers(content) : toXml(content);
  const encrypt = sealFrame(plaintext, seal, moment.random(16));
  const url = withQuery(account.url, sealedQuery(account.token, encrypt, moment));
  // As the two official samples have them: capitals in XML, none in JSON.
  if (isJson) return jsonPost(url, { tousername: account.corp_id, encrypt, agentid: account.agent_id });
  return xmlPost(url, toXml({ ToUserName: account.corp_id, Encrypt: encrypt, AgentID: account.agent_id }));
}

/**
 * WeCom itself always encrypts; hubs that were set up for an official account's plain mode expect what that sends:
 * the three-part signature and the XML as it is.
 */
function plainRequest(account: Settings, content: XmlFields, moment: Moment): CallbackRequest {
  const url = withQuery(account.url, signedQuery(account.token, moment));
  return account.format === "json" ? jsonPost(url, jsonWithWideNumbers(content)) : xmlPost(url, toXml(content));
}

/** MsgId is a 64-bit number without quotes, which JSON.stringify cannot write. */
function jsonWithWideNumbers(content: XmlFields): string {
  const mark = "\u0000";
  const text = JSON.stringify(content, (_key, value: unknown) =>
    typeof value === "bigint" ? `${mark}${value}${mark}` : value,
  );
  return text.replace(/"\\u0000(\d+)\\u0000"/g, "$1");
}

import { z } from "zod";
import { judgeEcho } from "./answers.ts";
import { type CallbackRequest, defineCallingSide, type Moment, type PlatformCall, withQuery } from "./call.ts";
import { sealFrame, sha1OfSorted } from "./frame.ts";
import { digitNonce, numberId, secondsOf } from "./ids.ts";
import { callbackToken, callbackUrl, encodingAesKey, identifier } from "./seal-settings.ts";
import { judgePassiveReply, type Seal } from "./sealed-reply.ts";
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
    if (happening.event === "verify") return verification(account, sealOf(account), numberId(moment));
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

/** The check that is made when the URL is saved; the answer is the decrypted echo, within a second. */
export function verification(
  { url, token }: { readonly url: string; readonly token: string },
  seal: Seal | undefined,
  echo: string,
): PlatformCall {
  return {
    name: "verify",
    content: { echo },
    deadlineMs: 1_000,
    retryDelaysMs: [],
    request(moment) {
      if (!seal) {
        const query = { ...signedQuery(token, moment), echostr: echo };
        return { method: "GET", url: withQuery(url, query), headers: {}, body: "" };
      }
      const echostr = sealFrame(echo, seal, moment.random(16));
      const query = { ...sealedQuery(token, echostr, moment), echostr };
      return { method: "GET", url: withQuery(url, query), headers: {}, body: "" };
    },
    judge: (answer) => judgeEcho(answer, echo),
  };
}

/** The query beside a plain body, or a check in plain mode. */
export function signedQuery(token: string, moment: Moment): { signature: string; timestamp: string; nonce: string } {
  const timestamp = String(secondsOf(moment));
  const nonce = digitNonce(moment);
  return { signature: sha1OfSorted(token, timestamp, nonce), timestamp, nonce };
}

/** The query beside an encrypted body. */
export function sealedQuery(
  token: string,
  encrypt: string,
  moment: Moment,
): { msg_signature: string; timestamp: string; nonce: string } {
  const timestamp = String(secondsOf(moment));
  const nonce = digitNonce(moment);
  return { msg_signature: sha1OfSorted(token, timestamp, nonce, encrypt), timestamp, nonce };
}

export function xmlPost(url: string, body: string): CallbackRequest {
  return { method: "POST", url, headers: { "content-type": "text/xml; charset=utf-8" }, body };
}

export function jsonPost(url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): CallbackRequest {
  return {
    method: "POST",
    url,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}

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

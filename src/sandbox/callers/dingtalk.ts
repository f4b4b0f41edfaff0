import { createHmac } from "node:crypto";
import * as z from "zod";
import { type Fields, isFields } from "../stand-in.ts";
import { judgeObject, objectOf, statusProblem } from "./answers.ts";
import { defineCallingSide, type HubAnswer, type Judgement, type Moment, type PlatformCall } from "./call.ts";
import { dingtalkClick, dingtalkEvent, dingtalkMessage } from "./dingtalk-bodies.ts";
import { sealFrame, sha1OfSorted } from "./frame.ts";
import { hexId } from "./ids.ts";
import { jsonPost, withQuery } from "./requests.ts";
import { required } from "./required.ts";
import { callbackToken, callbackUrl, encodingAesKey, identifier } from "./seal-settings.ts";
import { openSealed, type Seal } from "./sealed-reply.ts";

const settings = z.strictObject({
  /** Where robot messages go. */
  url: callbackUrl,
  /** Where events go; absent: to `url`. */
  event_url: callbackUrl.optional(),
  /** Where card callbacks go; absent: to `url`. */
  card_url: callbackUrl.optional(),
  /** Signs robot messages. */
  app_secret: identifier.optional(),
  robot_code: identifier.default("dingsandbox"),
  corp_id: identifier.default("dingsandboxcorp"),
  /** The next three seal events. */
  token: callbackToken.optional(),
  encoding_aes_key: encodingAesKey.optional(),
  /** The app's Client ID; for the oldest subscriptions the corp id. */
  owner_key: identifier.optional(),
  /** Signs card callbacks; absent: they are not signed. */
  api_secret: identifier.optional(),
  /** How the signature's parameter is spelt: the older pages' way, or the newer. */
  signature_name: z.enum(["signature", "msg_signature"]).default("signature"),
});
type Settings = z.output<typeof settings>;

/**
 * A DingTalk app's robot messages, events and card callbacks. Source:
 * https://open.dingtalk.com/document/development/receive-message (messages),
 * https://open.dingtalk.com/document/development/http-callback-overview (events),
 * https://open.dingtalk.com/document/development/event-callback-card (cards).
 */
export const dingtalk = defineCallingSide<Settings>({
  platform: "dingtalk",
  settings,
  call(happening, account, moment) {
    switch (happening.event) {
      case "message":
        return messageCall(dingtalkMessage(happening, account, moment), account);
      case "click":
        return cardCall(dingtalkClick(happening, account), account);
      case "verify":
        return eventCall({ EventType: "check_url" }, account);
      default:
        return eventCall(dingtalkEvent(happening, account, moment), account);
    }
  },
});

/** Base64 HMAC-SHA256; `timestamp` in milliseconds. The body is not signed. */
export function dingtalkRobotSign(timestamp: string, appSecret: string): string {
  return createHmac("sha256", appSecret).update(`${timestamp}\n${appSecret}`).digest("base64");
}

/** The same without the secret in the message. */
export function dingtalkCardSign(timestamp: string, apiSecret: string): string {
  return createHmac("sha256", apiSecret).update(timestamp).digest("base64");
}

function messageCall(content: Fields, account: Settings): PlatformCall {
  const secret = required("app_secret", account.app_secret, "robot messages are signed with it");
  return {
    name: String(content.msgtype),
    content,
    messageId: String(content.msgId),
    // Neither deadline nor retries are published: as long as the other platforms wait, and once.
    deadlineMs: 5_000,
    retryDelaysMs: [],
    request({ nowMs }) {
      const timestamp = String(nowMs);
      return jsonPost(account.url, content, { timestamp, sign: dingtalkRobotSign(timestamp, secret) });
    },
    judge(answer) {
      const refused = statusProblem(answer);
      if (refused || answer.body === "") return refused ?? { verdict: "accepted" };
      return judgeObject(answer, judgeRobotReply);
    },
  };
}

const replyTypes: readonly unknown[] = ["text", "markdown", "link", "actionCard", "feedCard", "empty"];

/** An answer without a message type says nothing to the chat. */
function judgeRobotReply(reply: Fields): Judgement {
  const { msgtype } = reply;
  if (msgtype === undefined || msgtype === "empty") return { verdict: "accepted" };
  if (replyTypes.includes(msgtype) && isFields(reply[String(msgtype)])) return { verdict: "accepted", reply };
  return { verdict: "faulty", problem: `the reply's msgtype must be one of ${replyTypes.join(", ")}, with its object` };
}

function cardCall(content: Fields, account: Settings): PlatformCall {
  const { api_secret: secret } = account;
  return {
    name: "actionCallback",
    content,
    deadlineMs: 2_000,
    retryDelaysMs: [],
    request({ nowMs }) {
      const timestamp = String(nowMs);
      const signed = secret !== undefined && {
        "x-ddpaas-signature-timestamp": timestamp,
        "x-ddpaas-signature": dingtalkCardSign(timestamp, secret),
      };
      return jsonPost(account.card_url ?? account.url, content, signed || {});
    },
    judge: (answer) => judgeObject(answer, judgeCardReply),
  };
}

function judgeCardReply(reply: Fields): Judgement {
  for (const name of ["cardData", "userPrivateData"]) {
    const data = reply[name];
    if (data === undefined) continue;
    const values = isFields(data) ? data.cardParamMap : undefined;
    if (!isFields(values) || Object.values(values).some((value) => typeof value !== "string")) {
      return { verdict: "faulty", problem: `${name}.cardParamMap must be an object whose values are all text` };
    }
  }
  return Object.keys(reply).length === 0 ? { verdict: "accepted" } : { verdict: "accepted", reply };
}

function eventCall(content: Fields, account: Settings): PlatformCall {
  const seal = sealOf(account);
  return {
    name: String(content.EventType),
    content,
    // 2,500 ms on the newer page, 1,500 on the older: who keeps the shorter is safe with both.
    deadlineMs: 1_500,
    retryDelaysMs: content.EventType === "check_url" ? [] : [10_000, 30_000],
    request(moment) {
      const encrypt = sealFrame(JSON.stringify(content), seal, moment.random(16));
      return jsonPost(withQuery(account.event_url ?? account.url, eventQuery(encrypt, account, seal, moment)), {
        encrypt,
      });
    },
    judge: (answer) => statusProblem(answer) ?? judgeSuccess(answer, seal),
  };
}

function eventQuery(encrypt: string, account: Settings, seal: Seal, moment: Moment): Record<string, string> {
  const timestamp = String(moment.nowMs);
  const nonce = hexId(moment, 4);
  return { [account.signature_name]: sha1OfSorted(seal.token, timestamp, nonce, encrypt), timestamp, nonce };
}

/** The word success, sealed as the events are; anything else is tried again. */
function judgeSuccess({ body }: HubAnswer, seal: Seal): Judgement {
  const fields = objectOf(body);
  if (!fields) return { verdict: "refused", problem: "the body is no JSON object" };
  for (const name of ["msg_signature", "timeStamp", "nonce", "encrypt"]) {
    if (fields[name] === undefined) return { verdict: "refused", problem: `${name} is missing in the answer` };
  }
  const opened = openSealed(
    {
      encrypt: String(fields.encrypt),
      signature: String(fields.msg_signature),
      timestamp: String(fields.timeStamp),
      nonce: String(fields.nonce),
    },
    seal,
  );
  if (opened === "success") return { verdict: "accepted" };
  const problem = typeof opened === "string" ? "the answer does not say success" : problemIn(opened);
  return { verdict: "refused", problem };
}

function problemIn(judgement: Judgement): string {
  return judgement.verdict === "accepted" ? "" : judgement.problem;
}

function sealOf(account: Settings): Seal {
  const reason = "events are sealed with token, encoding_aes_key and owner_key";
  return {
    token: required("token", account.token, reason),
    encodingAesKey: required("encoding_aes_key", account.encoding_aes_key, reason),
    receiveId: required("owner_key", account.owner_key, reason),
  };
}

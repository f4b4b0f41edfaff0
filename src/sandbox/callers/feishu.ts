import { createCipheriv, hash } from "node:crypto";
import * as z from "zod";
import { type Fields, isFields } from "../stand-in.ts";
import { judgeObject, statusProblem } from "./answers.ts";
import { type CallbackRequest, defineCallingSide, type Judgement, type Moment, type PlatformCall } from "./call.ts";
import { feishuBody } from "./feishu-envelope.ts";
import { feishuEvent } from "./feishu-events.ts";
import { hexId, secondsOf } from "./ids.ts";
import { jsonPost } from "./requests.ts";
import { callbackUrl, identifier } from "./seal-settings.ts";

const settings = z.strictObject({
  url: callbackUrl,
  /** Where card callbacks go; absent: to `url`. */
  card_url: callbackUrl.optional(),
  verification_token: identifier,
  /** Absent: plain bodies without a signature. */
  encrypt_key: identifier.optional(),
  app_id: identifier.default("cli_a000000000000000"),
  tenant_key: identifier.default("sandbox"),
});
type Settings = z.output<typeof settings>;

/** 15 s, 5 min, 1 h, 6 h. */
const retryDelaysMs = [15_000, 300_000, 3_600_000, 21_600_000];

/**
 * A Feishu app's events and card callbacks.
 * Source: https://open.feishu.cn/document/ukTMukTMukTM/uUTNz4SN1MjL1UzM (events),
 * https://open.feishu.cn/document/ukTMukTMukTM/uYDNxYjL2QTM24iN0EjN/event-subscription-configure-/request-url-configuration-case
 * (challenge, encryption, signature), https://open.feishu.cn/document/uAjLw4CM/ukzMukzMukzM/feishu-cards/card-callback-communication
 * (cards).
 */
export const feishu = defineCallingSide<Settings>({
  platform: "feishu",
  settings,
  call(happening, account, moment) {
    if (happening.event === "verify") return verification(account, hexId(moment));
    const told = feishuEvent(happening, account, moment);
    const isCard = told.name.startsWith("card.action.trigger");
    const url = isCard ? (account.card_url ?? account.url) : account.url;
    const body = JSON.stringify(feishuBody(told, account, moment));
    return {
      name: told.name,
      content: told.event,
      ...(told.messageId === undefined ? {} : { messageId: told.messageId }),
      deadlineMs: 3_000,
      // A card's callback has a person waiting for it, and no second try.
      retryDelaysMs: isCard ? [] : retryDelaysMs,
      request: (at) =>
        told.envelope === "card" ? oldCardPost(url, body, account, at) : eventPost(url, body, account, at),
      judge: isCard ? judgeCard : (answer) => statusProblem(answer) ?? { verdict: "accepted" },
    };
  },
});

/** The body as Feishu sends it: with an Encrypt Key encrypted, and signed over the very bytes. */
function eventPost(url: string, body: string, { encrypt_key: key }: Settings, moment: Moment): CallbackRequest {
  if (key === undefined) return jsonPost(url, body);
  const sealed = JSON.stringify({ encrypt: feishuEncrypt(body, key, moment.random(16)) });
  const timestamp = String(secondsOf(moment));
  const nonce = hexId(moment, 8);
  return jsonPost(url, sealed, signatureHeaders(timestamp, nonce, feishuEventSignature(timestamp, nonce, key, sealed)));
}

/** Cards of the first version are never encrypted, and signed with SHA-1 and the Verification Token. */
function oldCardPost(url: string, body: string, account: Settings, moment: Moment): CallbackRequest {
  const timestamp = String(secondsOf(moment));
  const nonce = hexId(moment, 8);
  const signature = hash("sha1", timestamp + nonce + account.verification_token + body, "hex");
  return jsonPost(url, body, signatureHeaders(timestamp, nonce, signature));
}

function signatureHeaders(timestamp: string, nonce: string, signature: string): Record<string, string> {
  return { "x-lark-request-timestamp": timestamp, "x-lark-request-nonce": nonce, "x-lark-signature": signature };
}

/** Lower-case hex SHA-256; `timestamp` in seconds. */
export function feishuEventSignature(timestamp: string, nonce: string, encryptKey: string, body: string): string {
  return hash("sha256", timestamp + nonce + encryptKey + body, "hex");
}

/** AES-256-CBC with the key's SHA-256, the IV in front, base64. @param iv 16 random bytes. */
export function feishuEncrypt(plaintext: string, encryptKey: string, iv: Uint8Array): string {
  const cipher = createCipheriv("aes-256-cbc", hash("sha256", encryptKey, "buffer"), iv);
  return Buffer.concat([iv, cipher.update(plaintext, "utf8"), cipher.final()]).toString("base64");
}

/** The check that is made when the URL is saved. It is encrypted like the events, but not signed. */
function verification(account: Settings, challenge: string): PlatformCall {
  const body = JSON.stringify({ challenge, token: account.verification_token, type: "url_verification" });
  const { encrypt_key: key, url } = account;
  return {
    name: "url_verification",
    content: { challenge },
    deadlineMs: 1_000,
    retryDelaysMs: [],
    request: ({ random }) =>
      jsonPost(url, key === undefined ? body : { encrypt: feishuEncrypt(body, key, random(16)) }),
    judge: (answer) =>
      judgeObject(answer, (reply) =>
        reply.challenge === challenge
          ? { verdict: "accepted" }
          : { verdict: "refused", problem: `expected {"challenge": …} with the challenge that was sent` },
      ),
  };
}

const toastTypes: readonly unknown[] = ["info", "success", "error", "warning"];

/** Codes as the person would see them. */
function judgeCard(answer: Parameters<PlatformCall["judge"]>[0]): Judgement {
  const refused = statusProblem(answer);
  if (refused) return { verdict: "refused", problem: `200671: HTTP ${answer.status}, where Feishu expects 200` };
  return judgeObject(answer, (reply) => {
    const problem = cardProblem(reply);
    if (problem) return { verdict: "faulty", problem };
    return Object.keys(reply).length === 0 ? { verdict: "accepted" } : { verdict: "accepted", reply };
  });
}

function cardProblem({ toast, card }: Fields): string | undefined {
  if (toast !== undefined && (!isFields(toast) || (toast.type !== undefined && !toastTypes.includes(toast.type)))) {
    return `200672: toast.type must be one of ${toastTypes.join(", ")}`;
  }
  if (card === undefined) return undefined;
  if (!isFields(card) || (card.type !== "raw" && card.type !== "template") || !isFields(card.data)) {
    return '200673: card must be {"type": "raw" or "template", "data": {…}}';
  }
  return undefined;
}

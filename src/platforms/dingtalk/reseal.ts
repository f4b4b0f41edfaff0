import * as z from "zod";
import { headerOf, jsonAnswer } from "../callback-parts.ts";
import { parseObject, textOf } from "../json-fields.ts";
import type { CallbackAnswer, ReceiveContext } from "../receiving.ts";
import { asItCame, defineResealer, type OpenedCallback, type Resealed } from "../resealing.ts";
import { frameKey, openFrame, sealFrame, signatureHolds, signatureOf } from "../tencent-crypto.ts";
import type { DingtalkApp } from "./callback-account.ts";
import { cardSign, robotSign } from "./signed-headers.ts";

const keys = z
  .strictObject({
    token: z
      .string()
      .regex(/^[A-Za-z0-9]{3,32}$/, "must be 3 to 32 letters and digits")
      .optional()
      .meta({
        description: "The token that the other system checks events with; together with aes_key.",
        zh: "该系统校验事件的签名 token，与 aes_key 一同填写。",
        secret: true,
      }),
    aes_key: z
      .string()
      .regex(/^[A-Za-z0-9]{43}$/, "must be 43 letters and digits")
      .optional()
      .meta({
        description: "The key that it decrypts events with.",
        zh: "该系统解密事件的 aes_key。",
        secret: true,
      }),
    owner_key: z.string().min(1).max(128, "must be at most 128 characters").optional().meta({
      description: "Whom events are encrypted for, where it is not whom the account's own are.",
      zh: "事件加密所用的 ownerKey，默认与账号相同。",
    }),
    client_secret: z.string().min(1).max(256, "must be at most 256 characters").optional().meta({
      description: "What it checks the robot's messages with. They go as they came without it.",
      zh: "该系统校验机器人消息的 Client Secret；不填则原样转发。",
      secret: true,
    }),
    api_secret: z.string().min(1).max(256, "must be at most 256 characters").optional().meta({
      description: "What it checks card callbacks with. They go as they came without it.",
      zh: "该系统校验卡片回调的 apiSecret；不填则原样转发。",
      secret: true,
    }),
  })
  .refine(({ token, aes_key }) => (token === undefined) === (aes_key === undefined), {
    error: "token and aes_key belong together: set both, or neither",
    path: ["aes_key"],
  });

type Keys = z.output<typeof keys>;

/** What an app is called with, each of the three kinds under another key where one is given. */
export const dingtalkResealer = defineResealer<DingtalkApp, Keys>({
  keys,
  answerWithinMs: 1_500,
  reseal(callback, keys, app, context) {
    const { request, raw } = callback;
    if (isEncrypted(callback)) return resealedEvent(callback, keys, app, context) ?? asItCame(callback);
    const isCard = textOf(parseObject(raw)?.type) === "actionCallback" || headerOf(request, "x-ddpaas-signature");
    const timestamp = String(context.nowMs);
    if (isCard && keys.api_secret !== undefined) {
      const sign = cardSign(timestamp, keys.api_secret);
      return signedHeaders({ "X-Ddpaas-Signature-Timestamp": timestamp, "X-Ddpaas-Signature": sign }, callback);
    }
    if (!isCard && keys.client_secret !== undefined) {
      return signedHeaders({ timestamp, sign: robotSign(timestamp, keys.client_secret) }, callback);
    }
    return asItCame(callback);
  },
  reopen(answer, { request }, keys, app, context) {
    const seal = sealOf(keys, app);
    const { token, aes_key } = app;
    if (!seal || !isEncrypted({ request }) || token === undefined || aes_key === undefined) return answer;
    const word = openedWord(answer, seal);
    if (word === undefined) return undefined;
    const own = { token, key: frameKey(aes_key), owner: app.owner_key ?? app.client_id };
    return jsonAnswer(sealedFields(word, own, context));
  },
});

interface Seal {
  readonly token: string;
  readonly key: Buffer;
  readonly owner: string;
}

function sealOf({ token, aes_key, owner_key }: Keys, app: DingtalkApp): Seal | undefined {
  if (token === undefined || aes_key === undefined) return undefined;
  return { token, key: frameKey(aes_key), owner: owner_key ?? app.owner_key ?? app.client_id };
}

function isEncrypted({ request }: Pick<OpenedCallback, "request">): boolean {
  return typeof parseObject(Buffer.from(request.body).toString("utf8"))?.encrypt === "string";
}

/** https://open.dingtalk.com/document/development/callback-event-message-body-encryption-and-decryption */
function resealedEvent(
  { raw }: OpenedCallback,
  keys: Keys,
  app: DingtalkApp,
  context: ReceiveContext,
): Resealed | undefined {
  const seal = sealOf(keys, app);
  if (!seal) return undefined;
  const { encrypt, msg_signature, timeStamp: timestamp, nonce } = sealedFields(raw, seal, context);
  // The pages name the signature one way and the samples another: both are there.
  const query = { msg_signature, signature: msg_signature, timestamp, timeStamp: undefined, nonce };
  return { query, headers: {}, body: JSON.stringify({ encrypt }) };
}

function signedHeaders(headers: Resealed["headers"], { request }: OpenedCallback): Resealed {
  return { query: {}, headers, body: request.body };
}

function sealedFields(text: string, { token, key, owner }: Seal, { nowMs, randomBytes }: ReceiveContext) {
  const encrypt = sealFrame(text, key, owner, randomBytes(16));
  const timeStamp = String(nowMs);
  const nonce = Buffer.from(randomBytes(8)).toString("hex");
  return { msg_signature: signatureOf(token, timeStamp, nonce, encrypt), timeStamp, nonce, encrypt };
}

function openedWord({ body }: CallbackAnswer, { token, key, owner }: Seal): string | undefined {
  const answer = parseObject(body);
  const encrypt = textOf(answer?.encrypt);
  const [timestamp, nonce] = [String(answer?.timeStamp ?? ""), String(answer?.nonce ?? "")];
  if (encrypt === undefined || !signatureHolds(String(answer?.msg_signature ?? ""), token, timestamp, nonce, encrypt)) {
    return undefined;
  }
  const opened = openFrame(encrypt, key, owner);
  return opened.ok ? opened.message.toString("utf8") : undefined;
}

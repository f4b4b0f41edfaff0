import { createCipheriv, hash } from "node:crypto";
import * as z from "zod";
import { isObject, type JsonObject, parseObject } from "../json-fields.ts";
import type { ReceiveContext } from "../receiving.ts";
import { defineResealer, type Resealed } from "../resealing.ts";
import type { FeishuApp } from "./callback-account.ts";

const keys = z.strictObject({
  verification_token: z
    .string()
    .min(1, "must be a Verification Token")
    .max(256, "must be at most 256 characters")
    .meta({
      description: "The Verification Token that the other system checks.",
      zh: "该系统校验的 Verification Token。",
      secret: true,
    }),
  encrypt_key: z.string().max(256, "must be at most 256 characters").default("").meta({
    description: "Its Encrypt Key; without one it is called unencrypted and unsigned.",
    zh: "该系统的 Encrypt Key；不填则不加密、不签名。",
    secret: true,
  }),
});

type Keys = z.output<typeof keys>;

/**
 * Events and card callbacks of an app under another Verification Token and Encrypt Key. Answers are never encrypted.
 * https://open.feishu.cn/document/ukTMukTMukTM/uUTNz4SN1MjL1UzM
 */
export const feishuResealer = defineResealer<FeishuApp, Keys>({
  keys,
  answerWithinMs: 2_500,
  reseal(callback, keys, _app, context) {
    const body = parseObject(callback.raw);
    if (body === undefined) throw new TypeError("the callback is no JSON object");
    // The older card callbacks carry a token of the card, and are signed under the Verification Token as they are.
    if (body.header === undefined && isObject(body.action) && body.event === undefined) {
      return signed("sha1", keys.verification_token, callback.raw, context);
    }
    const told = withToken(callback.raw, keys.verification_token);
    if (keys.encrypt_key === "") return unsigned(told);
    return signed("sha256", keys.encrypt_key, encryptedBody(told, keys.encrypt_key, context), context);
  },
  reopen: (answer) => answer,
});

const [timestampName, nonceName, signatureName] = [
  "X-Lark-Request-Timestamp",
  "X-Lark-Request-Nonce",
  "X-Lark-Signature",
];

function signed(
  algorithm: "sha1" | "sha256",
  secret: string,
  body: string,
  { nowMs, randomBytes }: ReceiveContext,
): Resealed {
  const timestamp = String(Math.floor(nowMs / 1000));
  const nonce = Buffer.from(randomBytes(8)).toString("hex");
  const signature = hash(algorithm, timestamp + nonce + secret + body, "hex");
  return {
    query: {},
    headers: { [timestampName]: timestamp, [nonceName]: nonce, [signatureName]: signature },
    body,
  };
}

function unsigned(body: string): Resealed {
  const headers = { [timestampName]: undefined, [nonceName]: undefined, [signatureName]: undefined };
  return { query: {}, headers, body };
}

function encryptedBody(text: string, encryptKey: string, { randomBytes }: ReceiveContext): string {
  const iv = randomBytes(16);
  const cipher = createCipheriv("aes-256-cbc", hash("sha256", encryptKey, "buffer"), iv);
  const encrypt = Buffer.concat([iv, cipher.update(text, "utf8"), cipher.final()]).toString("base64");
  return JSON.stringify({ encrypt });
}

/** The same body with another Verification Token where its own is; numbers keep their digits. */
function withToken(raw: string, token: string): string {
  const body = JSON.parse(raw, exact) as JsonObject;
  const renewed = isObject(body.header) ? { ...body, header: { ...body.header, token } } : { ...body, token };
  return JSON.stringify(renewed);
}

/** https://tc39.es/proposal-json-parse-with-source/ */
function exact(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === "number" && context?.source !== undefined ? rawJson(context.source) : value;
}

const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: string): unknown };

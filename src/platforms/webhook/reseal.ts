import * as z from "zod";
import type { CallbackRequest } from "../receiving.ts";
import { defineResealer, type Resealed } from "../resealing.ts";
import type { Verification, WebhookAccount } from "./account.ts";
import { isStandardSecret, standardSignature } from "./standard.ts";

const keys = z.strictObject({
  secret: z.string().refine(isStandardSecret, "must be whsec_ followed by the base64 of 24 to 64 bytes").meta({
    description: "What the other system verifies with, as Standard Webhooks has it: whsec_…",
    zh: "该系统按 Standard Webhooks 校验所用的密钥：whsec_…",
    secret: true,
  }),
});

type Keys = z.output<typeof keys>;

/**
 * Webhooks of any system, signed as Standard Webhooks has it; how the first caller proved who it is goes no further.
 * Answers are never signed.
 */
export const webhookResealer = defineResealer<WebhookAccount, Keys>({
  keys,
  answerWithinMs: 10_000,
  reseal({ request, id: ownId }, { secret }, { verify }, { nowMs }) {
    const id = givenId(request, verify) ?? ownId;
    const timestamp = Math.floor(nowMs / 1000);
    const proof = proofOf(verify);
    const signature = standardSignature(id, timestamp, request.body, secret);
    const headers: Resealed["headers"] = {
      ...proof.headers,
      "webhook-id": id,
      "webhook-timestamp": String(timestamp),
      "webhook-signature": signature,
    };
    return { query: proof.query, headers, body: request.body };
  },
  reopen: (answer) => answer,
});

/** What the caller itself says is the same for every attempt; it was verified. */
function givenId({ headers }: CallbackRequest, { scheme }: Verification): string | undefined {
  const id = headers["webhook-id"] ?? headers["svix-id"];
  return scheme === "standard" && typeof id === "string" ? id : undefined;
}

/** What is taken away: the proof, and with it what others could be called with. */
function proofOf(verify: Verification): Pick<Resealed, "headers" | "query"> {
  switch (verify.scheme) {
    case "standard":
      return { query: {}, headers: { "svix-id": undefined, "svix-timestamp": undefined, "svix-signature": undefined } };
    case "hmac":
      return { query: {}, headers: { [verify.header]: undefined } };
    case "basic":
      return { query: {}, headers: { authorization: undefined } };
    case "key":
      if (verify.in === "query") return { query: { [verify.name ?? ""]: undefined }, headers: {} };
      return { query: {}, headers: { [verify.name ?? "authorization"]: undefined } };
  }
}

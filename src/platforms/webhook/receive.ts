import { hash } from "node:crypto";
import { jsonAnswer } from "../callback-parts.ts";
import { type CallbackRequest, defineReceiver, refusal } from "../receiving.ts";
import { type Mapping, type WebhookAccount, webhookAccount } from "./account.ts";
import { bodyOf } from "./body.ts";
import { textAt } from "./mapping.ts";
import { type Verified, verifyCall } from "./verify.ts";

/** Signed webhooks of any system: verified as the account says, kept as `yizhan.webhook.received`. */
export const webhookReceiver = defineReceiver<WebhookAccount>({
  account: webhookAccount,
  receive(request, { verify, mapping }, { nowMs }) {
    if (request.method !== "POST" && request.method !== "PUT") {
      return refusal("malformed", "只接受POST与PUT请求");
    }
    const verified = verifyCall(request, verify, nowMs);
    if (verified.reason !== undefined) return refusal(verified.reason, verified.advice);
    const body = bodyOf(request);
    if (body.reason !== undefined) return refusal(body.reason, body.advice);
    const { json, text } = body;
    return {
      kind: "events",
      events: [
        {
          type: "yizhan.webhook.received",
          data: {
            title: textAt(json, mapping.title),
            body: typeof json === "string" ? json : textAt(json, mapping.body),
            level: textAt(json, mapping.level),
            json,
          },
          at: verified.attemptedAt ?? nowMs,
          key: keyOf(request, verified, json, mapping, nowMs),
        },
      ],
      answer: received,
      raw: text,
      nonce: verified.id,
    };
  },
});

const received = jsonAnswer({ code: 200, message: "已接收", data: null });

/** How long two calls with the same bytes, and nothing else to tell them apart, are taken for one. */
const SAME_BODY_MS = 10 * 60_000;

/**
 * `webhook-id` is the sender's own word for what is one message, then what the mapping names. Without either only
 * the bytes are left, and the same bytes are a repeat when they come soon (senders repeat within minutes what was
 * not answered) and a new happening when they come later (the same alarm tomorrow). A key has no duration, so time
 * is cut into pieces of ten minutes, one of which is part of the key. A repeat on the other side of a cut is kept
 * twice: better than an alarm that is lost.
 */
function keyOf(request: CallbackRequest, verified: Verified, json: unknown, mapping: Mapping, nowMs: number): string {
  if (verified.id !== undefined) return `webhook-id:${verified.id}`;
  const id = textAt(json, mapping.id);
  if (id !== undefined) return `id:${id.length <= 200 ? id : hash("sha256", id)}`;
  return `body:${Math.floor(nowMs / SAME_BODY_MS)}:${hash("sha256", request.body)}`;
}

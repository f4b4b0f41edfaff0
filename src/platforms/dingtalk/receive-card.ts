import { hash } from "node:crypto";
import { jsonAnswer } from "../callback-parts.ts";
import { idOf, objectOf, parseObject, textOf, textsOf } from "../json-fields.ts";
import { type Callback, type ParsedEvent, refusal } from "../receiving.ts";
import type { PlainCall } from "./plain-call.ts";
import { cardSign, type HeaderSignature, signatureIn } from "./signed-headers.ts";

/** A click in a card, by itself answered with no change to it: https://open.dingtalk.com/document/development/event-callback-card */
export function receiveCard({ request, body, raw, app, nowMs }: PlainCall): Callback {
  const { api_secret } = app;
  if (api_secret === undefined) return refusal("signature", advice.noSecret);
  const sign = (timestamp: string) => cardSign(timestamp, api_secret);
  const signature = signatureIn(request, { headers, sign, advice: advice.signature }, nowMs);
  if ("kind" in signature) return signature;
  return { kind: "events", events: [clickIn({ body, raw }, signature)], answer: jsonAnswer({}), raw };
}

const headers = { timestamp: "x-ddpaas-signature-timestamp", sign: "x-ddpaas-signature" };

const advice = {
  noSecret:
    "card callbacks are only taken with a signature: register their address with an apiSecret, and set it here as api_secret",
  signature:
    "the card callback's signature does not match: is api_secret the apiSecret its address was registered with?",
} as const;

/** A click's body, however it came; `timestamp` is what tells it from another click of the same button. */
export function clickIn(
  { body, raw }: Pick<PlainCall, "body" | "raw">,
  { timestamp, at }: Pick<HeaderSignature, "timestamp" | "at">,
): ParsedEvent {
  // There is no id. The moment is in the headers, so a second click of the same button has another key.
  const key = `card:${hash("sha256", `${timestamp}\n${raw}`, "hex")}`;
  const subject = idOf(body.spaceId);
  const [messageId, person] = [idOf(body.outTrackId), idOf(body.userId)];
  const done = parseObject(textOf(body.content) ?? "");
  if (messageId === undefined || person === undefined || done === undefined) {
    return { type: "yizhan.app.other", subject, at, key, data: { event: "actionCallback", details: body } };
  }
  const { actionIds, params } = objectOf(done.cardPrivateData);
  const ids = textsOf(actionIds);
  return {
    type: "yizhan.message.interaction",
    subject,
    at,
    key,
    data: {
      kind: "click",
      messageId,
      person: { id: person, kind: "user" },
      ...(ids.length === 0 ? {} : { key: ids.join(",") }),
      ...(params === undefined ? {} : { value: params }),
    },
  };
}

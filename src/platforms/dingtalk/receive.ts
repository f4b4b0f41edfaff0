import { headerOf, overHttp, utf8Of } from "../callback-parts.ts";
import { type JsonObject, parseObject } from "../json-fields.ts";
import { type Callback, type CallbackRequest, defineReceiver, type ReceiveContext, refusal } from "../receiving.ts";
import { type DingtalkApp, dingtalkApp } from "./callback-account.ts";
import { receiveCard } from "./receive-card.ts";
import { receiveEvent } from "./receive-event.ts";
import { receiveRobot } from "./receive-robot.ts";
import { clickWay, messageWay } from "./replying.ts";

/**
 * What a DingTalk app is called with: encrypted events, clicks in cards, and what people write to its robot. The three
 * have signatures of their own; one address takes them all.
 *
 * No nonce is given on. Events are covered by their signature and told apart by their ids; the other two have none,
 * and two messages of one millisecond are signed alike.
 */
export const dingtalkReceiver = defineReceiver<DingtalkApp>({
  account: dingtalkApp,
  receive,
  way(_raw, request) {
    const called = parseObject(utf8Of(request.body) ?? "") ?? {};
    // Events are answered with one word.
    if (typeof called.encrypt === "string") return undefined;
    return overHttp(isOfCard(called, request) ? clickWay : messageWay);
  },
});

function receive(request: CallbackRequest, app: DingtalkApp, context: ReceiveContext): Callback {
  if (request.method !== "POST") return refusal("malformed", "the platform only calls with POST");
  const raw = utf8Of(request.body);
  const body = raw === undefined ? undefined : parseObject(raw);
  if (raw === undefined || body === undefined) return refusal("malformed", "the body is no JSON object in UTF-8");
  if (typeof body.encrypt === "string") return receiveEvent(request, body.encrypt, app, context);
  const call = { request, body, raw, app, nowMs: context.nowMs };
  return isOfCard(body, request) ? receiveCard(call) : receiveRobot(call);
}

function isOfCard(body: JsonObject, request: CallbackRequest): boolean {
  return body.type === "actionCallback" || headerOf(request, "x-ddpaas-signature") !== undefined;
}

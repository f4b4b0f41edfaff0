import type { Event } from "../model/event.ts";
import { ReplyRefused } from "../model/reply.ts";
import type { RemoteReplier } from "./repliers.ts";
import type { WebhookClient } from "./webhook-client.ts";
import { signedHeaders } from "./webhook-signature.ts";

/**
 * Asks another program for a reply: the CloudEvent is posted to it as it is to subscriptions, signed per Standard
 * Webhooks. It answers 200 with a Reply's parts in JSON, `{ "text": … }`, or 204 when it has nothing to say.
 *
 * @param nowMs Epoch milliseconds.
 * @throws Error for any other answer and for none, in words without the address; ReplyRefused for what is no JSON.
 */
export async function askRemote(
  client: Pick<WebhookClient, "ask">,
  { url, secret }: RemoteReplier,
  event: Event,
  { signal, nowMs }: { readonly signal: AbortSignal; readonly nowMs: number },
): Promise<unknown> {
  const body = JSON.stringify(event);
  const headers = {
    "content-type": "application/cloudevents+json; charset=utf-8",
    accept: "application/json",
    "user-agent": "yizhan",
    ...signedHeaders(event.id, nowMs, body, [{ secret }]),
  };
  const answer = await client.ask({ url, headers, body }, signal);
  if (answer.kind !== "answered") throw new Error(`the replier: ${answer.error}`);
  if (answer.status === 204) return undefined;
  if (answer.status !== 200) throw new Error(`the replier answered HTTP ${answer.status}, expected 200 or 204`);
  return jsonIn(answer.body);
}

function jsonIn(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // The same words: what it says may quote a person.
  }
  throw new ReplyRefused('the replier answered 200 with what is no JSON object; expected one such as {"text": "…"}');
}

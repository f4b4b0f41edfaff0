import { hash } from "node:crypto";
import { instantOf } from "../instant.ts";
import { idOf, type JsonObject, objectOf, textOf } from "../json-fields.ts";

/** An event out of either envelope. */
export interface Envelope {
  /** The platform's name of the event. */
  readonly type: string;
  /** The same for every repeat of the event. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly appId: string | undefined;
  /** The event's own fields. */
  readonly event: JsonObject;
}

/** Where a body carries the Verification Token, in whichever envelope it comes. */
export function tokenIn(body: JsonObject): string {
  return textOf(objectOf(body.header).token) ?? textOf(body.token) ?? "";
}

/**
 * Opens an envelope: `{schema, header, event}`, or the older `{uuid, ts, type: "event_callback", event}`. Both name an
 * id that repeats keep; should it be missing, the whole text is what a repeat has in common.
 * https://open.feishu.cn/document/ukTMukTMukTM/uUTNz4SN1MjL1UzM
 *
 * @returns undefined for any other body.
 */
export function envelopeOf(body: JsonObject, raw: string, nowMs: number): Envelope | undefined {
  const event = objectOf(body.event);
  const header = objectOf(body.header);
  const latest = body.header !== undefined;
  const type = textOf(latest ? header.event_type : event.type);
  if (type === undefined || type.length > longestType) return undefined;
  return {
    type,
    id: idOf(latest ? header.event_id : body.uuid) ?? `body:${hash("sha256", raw, "hex")}`,
    at: instantOf(latest ? header.create_time : body.ts) ?? nowMs,
    appId: idOf(latest ? header.app_id : event.app_id),
    event,
  };
}

/** Characters; the longest published name has about 60. */
const longestType = 200;

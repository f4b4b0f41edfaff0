import type { EventData } from "./event-data.ts";

/** Everything that can happen, as the `type` of an Event. Stored for ever: names are added, never changed. */
export const eventTypes = [
  "yizhan.message.received",
  "yizhan.message.status",
  "yizhan.message.interaction",
  "yizhan.member.joined",
  "yizhan.member.left",
  "yizhan.chat.changed",
  "yizhan.app.subscribed",
  "yizhan.app.unsubscribed",
  "yizhan.app.entered",
  "yizhan.app.menu",
  "yizhan.app.scanned",
  "yizhan.app.location",
  "yizhan.app.contacts",
  "yizhan.app.job",
  "yizhan.app.other",
  "yizhan.webhook.received",
] as const;

export type EventType = (typeof eventTypes)[number];

/**
 * Something that happened, in a CloudEvents 1.0 envelope
 * (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md).
 */
export interface Event<Type extends EventType = EventType> {
  readonly specversion: "1.0";
  /** UUIDv7. */
  readonly id: string;
  /** `/tenants/{tenant}/accounts/{platform}/{account}`. */
  readonly source: string;
  readonly type: Type;
  /** The Channel it happened in: the platform's chat or user id. Absent where there is none. */
  readonly subject?: string | undefined;
  /** When it happened according to the platform, RFC 3339. */
  readonly time: string;
  readonly datacontenttype: "application/json";
  readonly data: EventData[Type];
  /** Extension attributes. */
  readonly tenant: string;
  readonly platform: string;
  readonly account: string;
}

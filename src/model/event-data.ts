/** Someone on a platform, in the platform's own ids. */
export interface Person {
  readonly id: string;
  readonly name?: string | undefined;
  /** Set where the platform says so. */
  readonly kind?: "user" | "bot" | undefined;
}

export interface Chat {
  readonly id: string;
  readonly kind: "direct" | "group";
  readonly name?: string | undefined;
}

/** A file that came with a message; fetched later, by a job. */
export interface Attachment {
  readonly kind: "image" | "voice" | "video" | "file";
  /** What the platform's download call wants: a media id, file key or code. */
  readonly ref?: string | undefined;
  /** Where the platform gives an address instead. Often short-lived. */
  readonly url?: string | undefined;
  readonly name?: string | undefined;
  readonly bytes?: number | undefined;
  readonly durationMs?: number | undefined;
}

export interface ReceivedMessage {
  /** The platform's id of the message. */
  readonly messageId: string;
  /** The platform's word for its kind: `text`, `image`, `location` … */
  readonly kind: string;
  readonly chat: Chat;
  readonly sender: Person;
  /** For mail: its Subject. */
  readonly title?: string | undefined;
  /** What was said, as text; empty where there is none. */
  readonly text: string;
  readonly mentions: readonly Person[];
  readonly attachments: readonly Attachment[];
  readonly location?: { readonly latitude: number; readonly longitude: number; readonly label?: string | undefined };
  readonly link?: { readonly url: string; readonly title?: string | undefined; readonly text?: string | undefined };
  /** The message it answers. */
  readonly replyTo?: string | undefined;
  readonly thread?: string | undefined;
  /** For mail: no person wrote it (RFC 3834), so it must never be answered. */
  readonly automatic?: boolean | undefined;
}

export const messageStates = ["accepted", "sent", "delivered", "read", "failed", "recalled"] as const;
export type MessageState = (typeof messageStates)[number];

export interface MessageStatus {
  readonly messageId: string;
  readonly state: MessageState;
  /** Whose state it is, where the platform says so. */
  readonly person?: Person | undefined;
  /** The platform's word for why it failed. */
  readonly reason?: string | undefined;
  /** Counts, where the platform reports a whole batch. */
  readonly counts?: Readonly<Record<string, number>> | undefined;
}

export interface Interaction {
  readonly kind: "click" | "reply" | "forward" | "reaction" | "reaction-removed" | "menu";
  /** The message it was done to, where the platform says so. */
  readonly messageId?: string | undefined;
  readonly person: Person;
  readonly chat?: Chat | undefined;
  /** The button's key, the emoji, the menu's key. */
  readonly key?: string | undefined;
  /** What was chosen or typed. */
  readonly value?: unknown;
}

export interface Membership {
  readonly chat: Chat;
  readonly people: readonly Person[];
  readonly operator?: Person | undefined;
}

/** What an app is told beside messages. `details` holds the platform's fields under their own names. */
export interface AppHappening {
  /** The platform's name of the event. */
  readonly event: string;
  readonly person?: Person | undefined;
  readonly key?: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface ChatChange {
  readonly chat: Chat;
  readonly change: "renamed" | "owner" | "disbanded" | "other";
  readonly operator?: Person | undefined;
  readonly details: Readonly<Record<string, unknown>>;
}

/** A signed webhook of a system that Yizhan does not know, with what the account's mapping found in it. */
export interface WebhookCall {
  readonly title?: string | undefined;
  readonly body?: string | undefined;
  readonly level?: string | undefined;
  readonly json: unknown;
}

/** What each type of Event carries. */
export interface EventData {
  "yizhan.message.received": ReceivedMessage;
  "yizhan.message.status": MessageStatus;
  "yizhan.message.interaction": Interaction;
  "yizhan.member.joined": Membership;
  "yizhan.member.left": Membership;
  "yizhan.chat.changed": ChatChange;
  "yizhan.app.subscribed": AppHappening;
  "yizhan.app.unsubscribed": AppHappening;
  "yizhan.app.entered": AppHappening;
  "yizhan.app.menu": AppHappening;
  "yizhan.app.scanned": AppHappening;
  "yizhan.app.location": AppHappening;
  "yizhan.app.contacts": AppHappening;
  "yizhan.app.job": AppHappening;
  "yizhan.app.other": AppHappening;
  "yizhan.webhook.received": WebhookCall;
}

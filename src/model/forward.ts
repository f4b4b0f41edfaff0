/** What becomes of a Forward. Stored for ever by place: names are added at the end, never moved. */
export const forwardStates = ["waiting", "done", "dead", "skipped"] as const;

/**
 * `waiting`: to be delivered; `done`: its receiver took it; `dead`: its receiver refused it so often that it was set
 * aside; `skipped`: somebody said that it need not go.
 */
export type ForwardState = (typeof forwardStates)[number];

/** A callback's request as it came to a relay, without what is only between two neighbours. */
export interface ForwardedRequest {
  readonly method: string;
  /** Below the relay's prefix, byte for byte; empty or beginning with a slash. */
  readonly path: string;
  /** Byte for byte, without the question mark; undefined where there was none. */
  readonly query: string | undefined;
  /** Name, value, name, value …, end-to-end fields only. */
  readonly headers: readonly string[];
  readonly body: Uint8Array;
}

/** What goes to a relay's receivers because of one callback; stored together with its Events. */
export interface NewForwards {
  readonly relay: string;
  /** The same for a repeat of the callback, within the relay: a repeat is not stored again. */
  readonly key: string;
  /** What must stay in order: the chat's id, or empty for what belongs to none. */
  readonly chat: string;
  readonly request: ForwardedRequest;
  /** The platform's own body, decrypted, where a receiver gets it under its own keys. */
  readonly raw?: string | undefined;
  /** One Forward each. `id`: UUIDv7. */
  readonly to: readonly { readonly id: string; readonly receiver: string }[];
}

/** One callback on its way to one receiver. */
export interface Forward {
  /** Its place in the order of arrival; a cursor. */
  readonly seq: number;
  readonly id: string;
  readonly relay: string;
  readonly receiver: string;
  readonly chat: string;
  readonly state: ForwardState;
  /** Made so far. */
  readonly attempts: number;
  /** How many of them were answered with a refusal of this very callback. */
  readonly refusals: number;
  /** How often it was sent again on somebody's word. */
  readonly replays: number;
  /** When it is tried next, while it waits. Epoch milliseconds. */
  readonly dueAt: number;
  /** What went wrong last. */
  readonly error?: string | undefined;
  readonly receivedAt: number;
  readonly updatedAt: number;
}

/** A Forward with what is needed to send it. */
export interface WaitingForward extends Forward {
  readonly key: string;
  readonly request: ForwardedRequest;
  readonly raw?: string | undefined;
}

/** Where Forwards stay in order: one receiver's of one chat. */
export interface ForwardLane {
  readonly relay: string;
  readonly receiver: string;
  readonly chat: string;
}

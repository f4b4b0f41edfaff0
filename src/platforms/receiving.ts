import type * as z from "zod";
import type { EventType } from "../model/event.ts";
import type { EventData } from "../model/event-data.ts";
import type { ReplyWay } from "./replying.ts";

/** What a platform calls the hub with. */
export interface CallbackRequest {
  readonly method: string;
  /** As sent, without the question mark. */
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** At most 1 MiB. */
  readonly body: Uint8Array;
}

export interface CallbackAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Why a callback was turned away; each is counted under its name. */
export const refusals = {
  signature: 401,
  stale: 401,
  replayed: 401,
  undecryptable: 400,
  malformed: 400,
  forbidden: 403,
  "too-large": 413,
} as const;

export type RefusalReason = keyof typeof refusals;

export interface Refusal {
  readonly reason: RefusalReason;
  /** In words: what the operator should look at. Never contains a secret or the body. */
  readonly advice: string;
}

/** An Event before it has an id, a tenant and an account. */
export type ParsedEvent = {
  readonly [Type in EventType]: {
    readonly type: Type;
    readonly data: EventData[Type];
    /** The platform's chat or user id. */
    readonly subject?: string | undefined;
    /** When it happened according to the platform. Epoch milliseconds. */
    readonly at: number;
    /**
     * The same for a repeat of the same happening and different for any other, within the account: what the
     * platform's documentation says to deduplicate by.
     */
    readonly key: string;
  };
}[EventType];

export type Callback =
  /** Nothing happened: an address check, say. */
  | { readonly kind: "answered"; readonly answer: CallbackAnswer }
  | {
      readonly kind: "events";
      readonly events: readonly ParsedEvent[];
      /** Given once the Events are stored. */
      readonly answer: CallbackAnswer;
      /** The platform's own body, decrypted; kept beside the Events as it came. */
      readonly raw: string;
      /** Where the request's signature names a nonce: another body under the same one is a replay. */
      readonly nonce?: string | undefined;
      /** Asks for the next state of the growing text with this id, and tells nothing. */
      readonly poll?: string | undefined;
    }
  | { readonly kind: "refused"; readonly refusal: Refusal };

export interface ReceiveContext {
  /** Epoch milliseconds. */
  readonly nowMs: number;
  /** For encrypted answers. */
  readonly randomBytes: (bytes: number) => Uint8Array;
}

/**
 * How a platform's callbacks are verified, decrypted and read. Pure: the same request at the same time gives the
 * same result. Throws nothing for any bytes: what is wrong is a refusal.
 */
export interface Receiver<Account = unknown> {
  /** The credentials it verifies with. */
  readonly account: z.ZodType<Account>;
  receive(request: CallbackRequest, account: Account, context: ReceiveContext): Callback;
  /**
   * How the person is replied to in the answer to a callback that told of Events; undefined where nothing would be
   * shown. Asked only when somebody replies. Absent where a platform shows no replies at all.
   *
   * @param raw The callback's own, decrypted.
   */
  way?(raw: string, request: CallbackRequest, account: Account): ReplyWay | undefined;
}

/** Checks a receiver against its types and forgets them, so that all fit one list. */
export function defineReceiver<Account>(receiver: Receiver<Account>): Receiver {
  return receiver as unknown as Receiver;
}

export function refusal(reason: RefusalReason, advice: string): Callback {
  return { kind: "refused", refusal: { reason, advice } };
}

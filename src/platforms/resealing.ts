import type * as z from "zod";
import type { CallbackAnswer, CallbackRequest, ReceiveContext } from "./receiving.ts";

/** A callback whose signature held: as it came, and opened. */
export interface OpenedCallback {
  readonly request: CallbackRequest;
  /** The platform's own body, decrypted. */
  readonly raw: string;
  /** The same whenever this callback is sealed. */
  readonly id: string;
}

/** What another system is called with instead; what is not named here stays as it came. */
export interface Resealed {
  /** In the place of the parameters of these names; undefined takes them away. */
  readonly query: Readonly<Record<string, string | undefined>>;
  /** In the place of the headers of these names, whatever their case; undefined takes them away. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string | Uint8Array;
}

/**
 * How one platform's callbacks are signed and encrypted anew, so that several systems can share an account and each
 * has keys of its own. Pure, but for the time and the random bytes of the context.
 */
export interface Resealer<Account = unknown, Keys = unknown> {
  /** The other system's keys. */
  readonly keys: z.ZodType<Keys>;
  /** How long a system may take whose answer the platform gets: what the platform waits, less the ways. Milliseconds. */
  readonly answerWithinMs: number;
  /** @throws RangeError or TypeError for what is none of this platform's callbacks. */
  reseal(callback: OpenedCallback, keys: Keys, account: Account, context: ReceiveContext): Resealed;
  /** The system's answer, under the account's own keys; undefined for one that its keys do not open. */
  reopen(
    answer: CallbackAnswer,
    callback: Pick<OpenedCallback, "request">,
    keys: Keys,
    account: Account,
    context: ReceiveContext,
  ): CallbackAnswer | undefined;
}

/** Checks a resealer against its types and forgets them, so that all fit one list. */
export function defineResealer<Account, Keys>(resealer: Resealer<Account, Keys>): Resealer {
  return resealer as unknown as Resealer;
}

/** Nothing is changed: a kind of callback whose keys the other system does not name. */
export function asItCame({ request }: OpenedCallback): Resealed {
  return { query: {}, headers: {}, body: request.body };
}

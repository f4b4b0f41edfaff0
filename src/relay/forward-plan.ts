import { hash } from "node:crypto";
import type { ForwardedRequest, NewForwards } from "../model/forward.ts";
import type { ReceiverSettings } from "./settings.ts";

/** What was found in a callback whose signature held. */
export interface VerifiedCallback {
  readonly events: readonly {
    readonly type: string;
    /** The chat's id, or the user's. */
    readonly subject?: string | undefined;
    /** The same for a repeat. */
    readonly key: string;
  }[];
  /** The platform's own body, decrypted. */
  readonly raw: string;
}

export type PlannedReceiver = Pick<ReceiverSettings, "name" | "types" | "seal">;

/**
 * Who gets a callback: every receiver that wants one of its Events. The chat of the first Event is the one it stays in
 * order with. A callback without any is told from its repeats by what it says, and goes to those who want everything.
 */
export function planForwards(
  relay: string,
  receivers: readonly PlannedReceiver[],
  request: ForwardedRequest,
  { events, raw }: VerifiedCallback,
  newId: () => string,
): NewForwards | undefined {
  const wanting = receivers.filter(
    ({ types }) => types.length === 0 || events.some(({ type }) => types.includes(type)),
  );
  if (wanting.length === 0) return undefined;
  const same = events.length === 0 ? raw : JSON.stringify(events.map(({ key }) => key));
  return {
    relay,
    key: hash("sha256", same, "base64url"),
    chat: events[0]?.subject ?? "",
    request,
    ...(wanting.some(({ seal }) => seal !== undefined) ? { raw } : {}),
    to: wanting.map(({ name }) => ({ id: newId(), receiver: name })),
  };
}

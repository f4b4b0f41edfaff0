import type { IncomingMessage } from "node:http";
import { type BodyLimits, type WholeBody, wholeBody } from "./callback-body.ts";
import type { Clock } from "./clock.ts";
import type { CallbackOutcome, DurableRelay } from "./durable-relay.ts";

/** A request below a durable relay's prefix whose head may pass. */
export interface PassedHead {
  /** What follows the prefix, byte for byte: path and query. */
  readonly rest: string;
  /** As it is passed on: hop-by-hop fields are gone, and where it came from is told. */
  readonly headers: readonly string[];
  /** The caller's address, with trusted proxies taken into account. */
  readonly remote: string;
}

export type EntranceOutcome =
  | CallbackOutcome
  /** Nothing was stored, and the rest of the body is unread: the connection must be closed. */
  | Exclude<WholeBody, { readonly kind: "whole" }>
  /** It could not be stored: the platform has to come again. */
  | { readonly kind: "unavailable"; readonly error: unknown };

/** What a platform sends in one call: 1 MiB at most. */
export const callbackBytes = 1024 * 1024;

/** Takes in one callback, from its body to what it is answered with. Never rejects. */
export async function takeCallback(
  relay: Pick<DurableRelay, "take">,
  request: IncomingMessage,
  { rest, headers, remote }: PassedHead,
  limits: BodyLimits,
  clock: Clock,
): Promise<EntranceOutcome> {
  const body = await wholeBody(request, limits, clock);
  if (body.kind !== "whole") return body;
  const mark = rest.indexOf("?");
  const path = mark < 0 ? rest : rest.slice(0, mark);
  const query = mark < 0 ? undefined : rest.slice(mark + 1);
  const forwarded = { method: request.method ?? "", path, query, headers, body: body.bytes };
  try {
    return await relay.take({ request: forwarded, headers: request.headers, remote });
  } catch (error) {
    return { kind: "unavailable", error };
  }
}

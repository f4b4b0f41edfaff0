import { randomBytes } from "node:crypto";
import { receivers } from "../../src/platforms/receivers.ts";
import type { Callback, CallbackRequest } from "../../src/platforms/receiving.ts";
import { type BenchPlatform, hubAccounts } from "./accounts.ts";
import type { SignedCallback } from "./callbacks.ts";

/** A callback as the HTTP room hands it to a receiver. */
export function hubRequest({ request: { method, url, headers, body } }: SignedCallback): CallbackRequest {
  const { searchParams } = new URL(url);
  return { method, query: searchParams, headers, body: Buffer.from(body, "utf8") };
}

/** What the hub does between a request and the store: verifies, decrypts and reads it, and makes the answer. */
export function receiving(platform: BenchPlatform, nowMs: number): (request: CallbackRequest) => Callback {
  const receiver = receivers.get(platform);
  if (!receiver) throw new Error(`no receiver for ${platform}`);
  const account = receiver.account.parse(hubAccounts[platform]);
  return (request) => {
    const callback = receiver.receive(request, account, { nowMs, randomBytes });
    if (callback.kind !== "events") throw new Error(`a callback of ${platform} was not taken: ${callback.kind}`);
    return callback;
  };
}

/** As many callbacks as take turns: enough that none is remembered by the processor, few enough to fit its memory. */
export const inputs = 256;

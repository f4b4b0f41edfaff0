import type * as z from "zod";
import type { Happening } from "./happening.ts";

/** One HTTP request of a platform to the hub. */
export interface CallbackRequest {
  readonly method: "GET" | "POST";
  /** With the query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Empty for GET. */
  readonly body: string;
}

/** What the hub answered. */
export interface HubAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/**
 * What the platform makes of an answer. `refused` is what it would try again, `faulty` what it takes for delivered
 * but cannot use: the person sees nothing, or an error.
 */
export type Judgement =
  /** `reply` is what the answer says to the person, decrypted; absent where it only acknowledges. */
  | { readonly verdict: "accepted"; readonly reply?: unknown }
  | { readonly verdict: "faulty" | "refused"; readonly problem: string };

/** When a request is made, and the randomness it is made with. */
export interface Moment {
  /** Epoch milliseconds. */
  readonly nowMs: number;
  readonly random: (bytes: number) => Buffer;
}

/** One thing that a platform tells the hub, in as many attempts as it takes. */
export interface PlatformCall {
  /** The platform's name of the event or message type. */
  readonly name: string;
  /** What is told, without credentials. */
  readonly content: unknown;
  /** The platform's id of the message that was written. */
  readonly messageId?: string;
  /** How long the platform waits for an answer. Milliseconds. */
  readonly deadlineMs: number;
  /** How long after a failed attempt the next one comes, in order; when they are used up it gives up. Milliseconds. */
  readonly retryDelaysMs: readonly number[];
  /** Signs and encrypts for one attempt. */
  request(moment: Moment): CallbackRequest;
  judge(answer: HubAnswer, request: CallbackRequest): Judgement;
  /** What the platform asks afterwards because of the reply, and how long after; absent or undefined: nothing. */
  next?(reply: unknown, moment: Moment): { readonly call: PlatformCall; readonly afterMs: number } | undefined;
}

/** How one platform calls. */
export interface CallingSide<Settings = unknown> {
  readonly platform: string;
  /** Where an account's callbacks go, and what they are signed and encrypted with. */
  readonly settings: z.ZodType<Settings>;
  /** @throws RangeError when the platform does not tell its apps of such a thing, or the settings are too few for it. */
  call(happening: Happening, settings: Settings, moment: Moment): PlatformCall;
}

/** Checks a calling side against its types and forgets them, so that all fit one list. */
export function defineCallingSide<Settings>(side: CallingSide<Settings>): CallingSide {
  return side as unknown as CallingSide;
}

/** @throws RangeError that names what the platform can tell. */
export function untold(platform: string, happening: Happening, reason: string): never {
  throw new RangeError(`event: ${platform} does not tell of "${happening.event}": ${reason}`);
}

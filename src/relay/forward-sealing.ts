import type { ForwardedRequest, WaitingForward } from "../model/forward.ts";
import type { PlatformAnswer } from "./forward-answers.ts";

/** One receiver's own keys at work; what they are is the platform's business. */
export interface ForwardSealing {
  /** The callback, signed and encrypted with the receiver's keys, now. */
  seal(forward: Pick<WaitingForward, "id" | "request" | "raw">): ForwardedRequest;
  /** The receiver's answer under the account's own keys; undefined for one that the receiver's keys do not open. */
  reopen(answer: PlatformAnswer, request: ForwardedRequest): PlatformAnswer | undefined;
}

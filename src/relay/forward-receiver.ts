import type { ForwardedRequest } from "../model/forward.ts";
import type { PlatformAnswer } from "./forward-answers.ts";
import type { ForwardSealing } from "./forward-sealing.ts";
import { type ForwardAnswer, headerIn } from "./forward-verdict.ts";
import type { SendLimits, Target } from "./target.ts";

/** One of several systems that get a relay's callbacks. */
export interface ForwardReceiver {
  readonly relay: string;
  readonly name: string;
  readonly target: Pick<Target, "send">;
  /** In the place of what was called below the relay's prefix. */
  readonly path: string | undefined;
  readonly limits: SendLimits;
  /** Its own keys; without them it gets a callback as it came. */
  readonly sealing: ForwardSealing | undefined;
  /** Its answer is what the platform gets. */
  readonly answers: boolean;
  /** A callback that it refused so often is set aside. */
  readonly refusals: number;
}

/** Its answer as the platform gets it; undefined for one that cannot be passed on. */
export function answerOf(
  { sealing }: ForwardReceiver,
  answer: ForwardAnswer,
  request: ForwardedRequest,
): PlatformAnswer | undefined {
  if (answer.kind === "failed" || answer.body === undefined) return undefined;
  // Nobody decompresses here, and platforms ask for nothing compressed.
  const coding = headerIn(answer.headers, "content-encoding") ?? "identity";
  if (coding.toLowerCase() !== "identity") return undefined;
  const contentType = headerIn(answer.headers, "content-type") ?? "text/plain; charset=utf-8";
  const given = { status: answer.status, contentType, body: answer.body };
  return sealing ? sealing.reopen(given, request) : given;
}

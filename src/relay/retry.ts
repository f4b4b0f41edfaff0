import type { FailureCause, RelayFailure } from "./failure.ts";
import type { OutgoingRequest } from "./target.ts";

/** A body that is repeated after it was sent once is no longer than this, in bytes. */
const REPEATED_BODY_BYTES = 64 * 1024;

/**
 * May the request be given to another target after this failure, which came before any of an answer did?
 *
 * What never reached the first target repeats nothing, whatever the method. What may have reached it is repeated only
 * where doing it twice is the same as doing it once: by the method (RFC 9110, 9.2.2) or because the targets are said
 * to recognise repeats.
 *
 * @param isIdempotent The targets recognise repeats of any method.
 */
export function mayRepeat({ method, body }: OutgoingRequest, failure: RelayFailure, isIdempotent: boolean): boolean {
  if (!passingCauses.has(failure.failure)) return false;
  const isWhole = body === undefined || body instanceof Uint8Array;
  if (!failure.sent) return isWhole || isUntouched(body);
  if (!isIdempotent && !idempotentMethods.has(method)) return false;
  return isWhole && (body === undefined || body.byteLength <= REPEATED_BODY_BYTES);
}

/** Another target may do better. With `target-answer-invalid` an answer had begun, so it is not among them. */
const passingCauses: ReadonlySet<FailureCause> = new Set([
  "target-refused",
  "target-unresolvable",
  "target-closed",
  "target-connect-timeout",
  "target-answer-timeout",
  "no-target",
  "overloaded",
] as const);

const idempotentMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

/** A stream of which nobody has read a byte can still be read by another. */
function isUntouched(body: Exclude<OutgoingRequest["body"], Uint8Array | undefined>): boolean {
  return !body.readableDidRead && !body.destroyed;
}

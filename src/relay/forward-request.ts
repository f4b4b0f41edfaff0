import type { ForwardedRequest, WaitingForward } from "../model/forward.ts";
import type { OutgoingRequest } from "./target.ts";

/** Written here, or not wanted: an answer is read here, and nobody decompresses it. */
const notPassed = /^(?:x-yizhan-.*|content-length|accept-encoding)$/i;

/**
 * A callback as one attempt sends it. `X-Yizhan-Forward-Id` is the same each time, so that whoever gets it twice knows.
 *
 * @param request As it came, or sealed anew.
 * @param path In the place of what was called below the relay's prefix.
 */
export function outgoingForward(
  { id, attempts, replays }: Pick<WaitingForward, "id" | "attempts" | "replays">,
  { method, path: called, query, headers, body }: ForwardedRequest,
  path: string | undefined,
): OutgoingRequest {
  const kept: string[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? "";
    if (!notPassed.test(name)) kept.push(name, headers[at + 1] ?? "");
  }
  kept.push("Content-Length", String(body.length));
  kept.push("X-Yizhan-Forward-Id", id, "X-Yizhan-Attempt", String(attempts + 1));
  if (replays > 0) kept.push("X-Yizhan-Replay", String(replays));
  return { method, path: (path ?? called) + (query === undefined ? "" : `?${query}`), headers: kept, body };
}

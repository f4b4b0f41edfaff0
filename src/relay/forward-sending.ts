import type { ForwardAnswer } from "./forward-verdict.ts";
import type { OutgoingRequest, SendLimits, Target } from "./target.ts";

/**
 * Sends a request whose body is bytes, and waits for all of its answer.
 *
 * @param keepBytes How much of the answer's body is of interest; more is read and dropped.
 */
export function send(
  target: Pick<Target, "send">,
  request: OutgoingRequest,
  limits: SendLimits,
  keepBytes: number,
): Promise<ForwardAnswer> {
  return new Promise((resolve) => {
    let status = 0;
    let headers: readonly string[] = [];
    let kept: Uint8Array[] = [];
    let bytes = 0;
    target.send(
      request,
      {
        onInterim() {},
        onHead(code, _text, fields) {
          status = code;
          headers = fields;
        },
        onData(chunk) {
          bytes += chunk.length;
          // Copied: where the bytes lie may be written over once this returns.
          if (bytes <= keepBytes) kept.push(Buffer.from(chunk));
          else kept = [];
          return true;
        },
        onEnd() {
          const body = bytes <= keepBytes ? Buffer.concat(kept) : undefined;
          resolve({ kind: "answered", status, headers, body });
        },
        onFailure(failure) {
          // Whoever answered that it has taken it has, also where the rest of its answer is lost.
          if (status >= 200 && status < 300) resolve({ kind: "answered", status, headers, body: undefined });
          else resolve({ kind: "failed", failure });
        },
      },
      limits,
    );
  });
}

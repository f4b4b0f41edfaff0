import type { IncomingMessage } from "node:http";
import type { Clock } from "./clock.ts";

export type WholeBody =
  | { readonly kind: "whole"; readonly bytes: Uint8Array }
  | { readonly kind: "body-too-large" | "body-too-slow" | "caller-gone" };

export interface BodyLimits {
  readonly bytes: number;
  /** Between two pieces. */
  readonly idleMs: number;
}

/**
 * All of a request's body: what is signed is verified as a whole. After anything but `whole` the rest is unread, and the
 * connection good for nothing more.
 */
export function wholeBody(
  request: IncomingMessage,
  { bytes: most, idleMs }: BodyLimits,
  clock: Clock,
): Promise<WholeBody> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    let callOff = () => {};
    const end = (outcome: WholeBody) => {
      callOff();
      request.off("data", onData).off("end", onEnd).off("close", onGone).off("error", onGone);
      if (outcome.kind !== "whole") request.pause();
      // What still goes wrong with it concerns nobody.
      request.on("error", () => {});
      resolve(outcome);
    };
    const wait = () => {
      callOff();
      callOff = clock.at(clock.now() + idleMs, () => end({ kind: "body-too-slow" }));
    };
    const onData = (piece: Buffer) => {
      bytes += piece.length;
      if (bytes > most) return end({ kind: "body-too-large" });
      pieces.push(piece);
      wait();
    };
    const onEnd = () =>
      end({ kind: "whole", bytes: pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces) });
    const onGone = () => end({ kind: "caller-gone" });
    request.on("data", onData).on("end", onEnd).on("close", onGone).on("error", onGone);
    wait();
  });
}

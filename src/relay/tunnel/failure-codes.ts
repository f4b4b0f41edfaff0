import { type FailureCause, RelayFailure } from "../failure.ts";
import type { FrameWriter } from "./frame-writer.ts";

/** The first byte of a RESET. Numbers are never given twice: agents and hubs of different versions meet. */
const codes: Readonly<Record<FailureCause, number>> = {
  unexpected: 0,
  "target-refused": 1,
  "target-unresolvable": 2,
  "target-closed": 3,
  "target-answer-invalid": 4,
  "target-connect-timeout": 5,
  "target-answer-timeout": 6,
  "target-idle-timeout": 7,
  "no-target": 8,
  overloaded: 9,
  "caller-gone": 10,
};

const causes = new Map(Object.entries(codes).map(([cause, code]) => [code, cause as FailureCause]));

export function writeReset(writer: FrameWriter, stream: number, { failure, sent, message }: RelayFailure): void {
  writer.reset(stream, codes[failure], sent, message);
}

/**
 * Why the other side reset a stream. What is unreadable or unknown is `unexpected`, and may have been sent.
 *
 * @param from Who says so, for the log.
 */
export function failureIn(payload: Buffer, from: string): RelayFailure {
  const cause = causes.get(payload[0] ?? 0) ?? "unexpected";
  // A byte of zero says that nothing was sent; no byte says nothing.
  const sent = payload[1] !== 0;
  // Words from outside go into a log, so they stay on their line.
  const words = payload.toString("utf8", 2).replace(/\p{Cc}/gu, " ");
  return new RelayFailure(cause, `${from}: ${words}`, { sent });
}

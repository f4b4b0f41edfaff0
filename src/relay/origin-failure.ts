import { type FailureCause, RelayFailure } from "./failure.ts";

/** What became of a request, as far as it decides what is told. */
export interface Progress {
  readonly isConnected: boolean;
  /** Some of the request was given to the system. */
  readonly isSent: boolean;
}

/** Why a connection to an origin failed, in the relay's words. @param name Of the origin, for the log. */
export function originFailure(error: Error | undefined, name: string, { isConnected, isSent }: Progress): RelayFailure {
  const code = codeOf(error);
  const cause = isConnected ? "target-closed" : (connectCauses[code] ?? "target-refused");
  const words = isConnected ? "closed the connection before its answer was complete" : "could not be connected to";
  const detail = code === "" ? "" : ` (${code})`;
  return new RelayFailure(cause, `${name} ${words}${detail}`, { sent: isSent, ...(error ? { cause: error } : {}) });
}

function codeOf(error: Error | undefined): string {
  return error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** Of libuv and Node: https://nodejs.org/api/errors.html#common-system-errors, and getaddrinfo's. */
const connectCauses: Readonly<Record<string, FailureCause>> = {
  ENOTFOUND: "target-unresolvable",
  EAI_AGAIN: "target-unresolvable",
  EAI_FAIL: "target-unresolvable",
  EAI_NONAME: "target-unresolvable",
  EAI_NODATA: "target-unresolvable",
  ETIMEDOUT: "target-connect-timeout",
  // The relay's own trouble, not the target's.
  EMFILE: "unexpected",
  ENFILE: "unexpected",
  EADDRNOTAVAIL: "unexpected",
};

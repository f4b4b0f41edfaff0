import type { HttpClient } from "./http.ts";
import type { JsonObject } from "./json-fields.ts";
import type { ParsedEvent } from "./receiving.ts";
import type { ReplyWay } from "./replying.ts";

/** What a platform told over a long connection: the same as one callback. */
export interface StreamFrame {
  readonly events: readonly ParsedEvent[];
  /** The platform's own body; kept beside the Events as it came. */
  readonly raw: string;
  /** How the person is replied to in the frame's answer; absent or undefined where nothing would be shown. */
  readonly way?: (() => ReplyWay<JsonObject> | undefined) | undefined;
  /** Asks for the next state of the growing text with this id, and tells nothing. */
  readonly poll?: string | undefined;
}

/** Time as a long connection sees it; the queue's clock fits. */
export interface StreamClock {
  /** Epoch milliseconds. */
  now(): number;
  /** Calls back once at or after `at` (epoch milliseconds); gives a function that calls it off. */
  at(at: number, callback: () => void): () => void;
}

export interface StreamOptions {
  readonly http: HttpClient;
  /** The HTTP proxy that the connection goes through; `http` goes through it already. May hold a password. */
  readonly proxy?: string | undefined;
  readonly clock: StreamClock;
  readonly log: { warn(fields: object, text: string): void };
  /** Ends the stream, or the attempt to open one. */
  readonly signal: AbortSignal;
  /**
   * Resolves once the Events are on stable storage; only then is the frame acknowledged. When it rejects, the frame is
   * not: the platform tells it again, or, where a platform never repeats, the stream itself tries to store it again.
   *
   * It resolves with the reply for the person, as the frame's `way` made it; undefined when there is none.
   */
  readonly onFrame: (frame: StreamFrame) => Promise<JsonObject | undefined>;
}

/** Why a stream ended, or could not be opened. */
export type StreamEndReason =
  /** The platform closed it, or announced that it will. */
  | "closed"
  /** Network, or a platform that does not work at the moment. */
  | "unavailable"
  /** The platform does not know these credentials: trying again soon helps nobody. */
  | "unauthorized"
  /** Another connection of the same account took its place. */
  | "replaced"
  /** Whoever opened it closed it. */
  | "stopped";

export interface StreamEnd {
  readonly reason: StreamEndReason;
  /** In words, without credentials and without the address, which may hold a ticket. */
  readonly detail: string;
}

/** A connection that is open: the platform knows the account, and may tell it things. */
export interface OpenStream {
  /** Never rejects. */
  readonly closed: Promise<StreamEnd>;
  /** Takes no new frame, lets those in hand be acknowledged for a few seconds, then ends. Harmless to repeat. */
  close(end?: StreamEnd): void;
  /** When something last came from the platform: a frame, or an answer to a ping. Epoch milliseconds. */
  lastAliveAt(): number;
  /** A healthy connection is never silent for much longer than this. Milliseconds. */
  pingIntervalMs(): number;
}

/** How one platform is listened to over a connection that the hub opens. */
export interface Streamer<Account = unknown> {
  /** Is this account to be listened to that way? Settings are as the platform's receiver parsed them. */
  wants(account: Account): boolean;
  /** @throws StreamFailure when no connection came about. */
  open(account: Account, options: StreamOptions): Promise<OpenStream>;
}

/** Checks a streamer against its types and forgets them, so that all fit one list. */
export function defineStreamer<Account>(streamer: Streamer<Account>): Streamer {
  return streamer as unknown as Streamer;
}

/** No connection came about. */
export class StreamFailure extends Error {
  readonly reason: StreamEndReason;
  /** @param message What went wrong and what would help; shown to operators. Holds no secret. */
  constructor(reason: StreamEndReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StreamFailure";
    this.reason = reason;
  }
}

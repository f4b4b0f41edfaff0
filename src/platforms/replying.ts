import { partsOf, type Reply, type ReplyPart, ReplyRefused } from "../model/reply.ts";
import type { CallbackAnswer, ReceiveContext } from "./receiving.ts";

/** A reply at the moment it is put into an answer: of a text that grows, as much as there is. */
export interface ReplyContent extends Omit<Reply, "stream"> {
  readonly stream?: ReplyStream | undefined;
}

export interface ReplyStream {
  /** The platform asks for the next state by it. */
  readonly id: string;
  /** Nothing more will come. */
  readonly finish: boolean;
  /** All of the text so far. */
  readonly content: string;
}

/** What a platform takes in answer to one kind of happening, and how long it waits. Data, each with its page. */
export interface ReplyRules {
  /** The parts that go together, one line each; anything else is refused. */
  readonly takes: readonly (readonly ReplyPart[])[];
  /** How long a replier may take: what the platform waits, less the way there and back. Milliseconds. */
  readonly withinMs: number;
  /** How often the platform calls in all until it is answered, and how long it waits each time. */
  readonly tries: number;
  readonly tryMs: number;
  /** Where a text may go on growing after the answer. */
  readonly stream?: {
    /** Bytes of UTF-8 that it may reach. */
    readonly bytes: number;
    /** How long after the callback the platform still asks for more. Milliseconds. */
    readonly forMs: number;
  };
}

/** How one callback is replied to: over HTTP with an answer, over a long connection with JSON of the platform's own. */
export interface ReplyWay<Answer = CallbackAnswer> {
  readonly rules: ReplyRules;
  /**
   * Sealed and signed anew each time.
   *
   * @param reply Parts that `rules.takes` has on one line.
   * @throws RangeError for what the platform would not show, in words and without the content.
   */
  answer(reply: ReplyContent, context: ReceiveContext): Answer;
}

/** What each kind of happening is replied to with, by a name for the documents. */
export type Replying = Readonly<Record<string, ReplyRules>>;

/** @throws ReplyRefused when the platform does not take these parts, or not together. */
export function checkParts(reply: Reply, { takes }: ReplyRules, platform: string): void {
  const parts = partsOf(reply);
  if (takes.some((together) => isSame(together, parts))) return;
  const known = takes.map((together) => together.join(" with ")).join(", or ");
  const found = parts.length === 0 ? "nothing" : parts.join(" with ");
  throw new ReplyRefused(`the reply has ${found}, expected ${known}: ${platform} shows nothing else in answer to this`);
}

function isSame(left: readonly ReplyPart[], right: readonly ReplyPart[]): boolean {
  return left.length === right.length && left.every((part) => right.includes(part));
}

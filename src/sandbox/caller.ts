import { randomBytes } from "node:crypto";
import type { CallbackRequest, HubAnswer, Judgement, Moment, PlatformCall } from "./callers/call.ts";
import type { PostCallback } from "./post-callback.ts";
import type { Timer } from "./timer.ts";

export interface CallerOptions {
  readonly timer: Timer;
  readonly post: PostCallback;
  /** Default: the system's randomness. */
  readonly random?: (bytes: number) => Buffer;
}

export interface SendOptions {
  /** Give up after this many, although the platform would go on. */
  readonly attempts?: number | undefined;
  /**
   * `renewed` signs and encrypts each attempt anew, `verbatim` sends the same bytes again. The platforms do not say
   * which they do; what they tell stays the same in both. Default `renewed`.
   */
  readonly repeats?: "renewed" | "verbatim" | undefined;
}

/** One request and what came of it. */
export interface Attempt {
  /** When it was sent. Epoch milliseconds. */
  readonly at: number;
  /** How long the answer took, or the platform's patience. Milliseconds. */
  readonly tookMs: number;
  /** Absent where no answer came. */
  readonly status?: number;
  /** The hub's answer; at most the first 4,096 characters. */
  readonly body?: string;
  /** `faulty` is taken for delivered, but means nothing to the platform; see {@link Judgement}. */
  readonly verdict: Judgement["verdict"] | "late" | "unreachable";
  /** Why it was not accepted. */
  readonly problem?: string;
  /** What the hub answered to the person, decrypted. */
  readonly reply?: unknown;
  /** When the platform tries again; absent: it does not. Epoch milliseconds. */
  readonly nextAt?: number;
}

export interface CallReport {
  readonly name: string;
  readonly content: unknown;
  readonly messageId?: string;
  readonly attempts: readonly Attempt[];
  /** What the platform asked afterwards because of the reply: the next states of a text that grows, oldest first. */
  readonly followed?: readonly Attempt[];
  /** `waiting`: an attempt is under way or to come. */
  readonly outcome: "waiting" | "accepted" | "faulty" | "given-up" | "cancelled";
}

/** A call that is under way. */
export interface Sending {
  /** As it stands now. */
  report(): CallReport;
  /** What came of the first attempt. Never rejects. */
  readonly first: Promise<Attempt>;
  /** What came of it all. Never rejects. */
  readonly done: Promise<CallReport>;
}

/** Calls the hub as the platforms do. */
export interface Caller {
  /** @throws RangeError when too many calls are under way, or the content cannot be written in the platform's form. */
  send(call: PlatformCall, options?: SendOptions): Sending;
  /** How many calls are under way. */
  readonly underWay: number;
  /** Breaks off what is under way. Harmless to repeat. */
  close(): void;
}

const mostUnderWay = 10_000;
const shownCharacters = 4_096;

/** Sends, judges the answer as the platform would, and tries again on the platform's schedule. */
export function createCaller({ timer, post, random = randomBytes }: CallerOptions): Caller {
  const breakOffs = new Set<AbortController>();

  return {
    send(call, options = {}) {
      if (breakOffs.size >= mostUnderWay) throw new RangeError(`${mostUnderWay} calls are under way; wait for some`);
      const breakOff = new AbortController();
      const means = { timer, post, random, stopped: breakOff.signal };
      // Made here, so that what cannot be written is thrown at whoever asked for it.
      const sending = startSending(call, call.request(momentOf(means)), options, means);
      breakOffs.add(breakOff);
      void sending.done.finally(() => breakOffs.delete(breakOff));
      return sending;
    },
    get underWay() {
      return breakOffs.size;
    },
    close() {
      for (const breakOff of breakOffs) breakOff.abort();
    },
  };
}

interface Means extends Required<CallerOptions> {
  readonly stopped: AbortSignal;
}

function startSending(call: PlatformCall, firstRequest: CallbackRequest, options: SendOptions, means: Means): Sending {
  const attempts: Attempt[] = [];
  const followed: Attempt[] = [];
  let outcome: CallReport["outcome"] = "waiting";
  const report = (): CallReport => ({
    name: call.name,
    content: call.content,
    ...(call.messageId === undefined ? {} : { messageId: call.messageId }),
    attempts: [...attempts],
    ...(followed.length === 0 ? {} : { followed: [...followed] }),
    outcome,
  });
  const first = Promise.withResolvers<Attempt>();

  const run = async (): Promise<CallReport> => {
    const delays = call.retryDelaysMs.slice(0, (options.attempts ?? Number.POSITIVE_INFINITY) - 1);
    let request = firstRequest;
    for (const delayMs of [...delays, undefined]) {
      const tried = await tryOnce(call, request, means);
      const again = delayMs !== undefined && isRepeated(tried.verdict) && !means.stopped.aborted;
      const nextAt = again ? means.timer.now() + delayMs : undefined;
      const attempt = nextAt === undefined ? tried : { ...tried, nextAt };
      attempts.push(attempt);
      if (nextAt === undefined) outcome = outcomeOf(tried.verdict, means.stopped);
      first.resolve(attempt);
      if (nextAt === undefined) {
        await follow(call, tried, followed, means);
        break;
      }
      await until(nextAt, means);
      if (means.stopped.aborted) {
        outcome = "cancelled";
        break;
      }
      if (options.repeats !== "verbatim") request = call.request(momentOf(means));
    }
    return report();
  };
  return { report, first: first.promise, done: run() };
}

/** Goes on asking for as long as the replies give reason to. */
async function follow(call: PlatformCall, tried: Attempt, followed: Attempt[], means: Means): Promise<void> {
  let next = tried.verdict === "accepted" ? call.next?.(tried.reply, momentOf(means)) : undefined;
  while (next) {
    await until(means.timer.now() + next.afterMs, means);
    if (means.stopped.aborted) return;
    const state = await tryOnce(next.call, next.call.request(momentOf(means)), means);
    followed.push(state);
    next = state.verdict === "accepted" ? next.call.next?.(state.reply, momentOf(means)) : undefined;
  }
}

async function tryOnce(call: PlatformCall, request: CallbackRequest, means: Means): Promise<Attempt> {
  const { timer, post, stopped } = means;
  const at = timer.now();
  const deadline = new AbortController();
  const callOff = timer.at(at + call.deadlineMs, () => deadline.abort());
  try {
    const answer = await post(request, AbortSignal.any([deadline.signal, stopped]));
    return { at, tookMs: timer.now() - at, ...shown(answer), ...call.judge(answer, request) };
  } catch (cause) {
    const tookMs = timer.now() - at;
    if (deadline.signal.aborted) {
      return { at, tookMs, verdict: "late", problem: `no answer within ${call.deadlineMs} ms` };
    }
    return { at, tookMs, verdict: "unreachable", problem: stopped.aborted ? "broken off" : reasonOf(cause) };
  } finally {
    callOff();
  }
}

function shown({ status, body }: HubAnswer): { status: number; body: string } {
  return { status, body: body.slice(0, shownCharacters) };
}

function isRepeated(verdict: Attempt["verdict"]): boolean {
  return verdict === "refused" || verdict === "late" || verdict === "unreachable";
}

function outcomeOf(verdict: Attempt["verdict"], stopped: AbortSignal): CallReport["outcome"] {
  if (verdict === "accepted" || verdict === "faulty") return verdict;
  return stopped.aborted ? "cancelled" : "given-up";
}

/** `fetch` hides what happened in its cause; neither tells the URL, whose query is signed. */
function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  if (!(inner instanceof Error)) return "no answer came";
  return "code" in inner && typeof inner.code === "string" ? `no answer came: ${inner.code}` : inner.message;
}

function until(at: number, { timer, stopped }: Means): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      callOff();
      stopped.removeEventListener("abort", end);
      resolve();
    };
    const callOff = timer.at(at, end);
    stopped.addEventListener("abort", end);
    if (stopped.aborted) end();
  });
}

function momentOf({ timer, random }: Pick<Means, "timer" | "random">): Moment {
  return { nowMs: timer.now(), random };
}

import { randomBytes } from "node:crypto";
import type { CallbackRequest, HubAnswer, Judgement, PlatformCall } from "../../src/sandbox/callers/call.ts";
import { type CallingPlatform, callingSides } from "../../src/sandbox/callers/calling-sides.ts";
import { type HappeningInput, happening } from "../../src/sandbox/callers/happening.ts";
import { postCallback } from "../../src/sandbox/post-callback.ts";

/** What the hub answered, and what the platform makes of it. */
export interface Called extends HubAnswer {
  readonly verdict: Judgement["verdict"];
  /** What the answer says, decrypted; or why the platform cannot use it. */
  readonly said?: unknown;
}

/**
 * One request at a time, as a platform makes it, with nothing tried again: for repeats, forgeries and other clocks. The
 * sandbox signs and encrypts, which shares no code with what verifies.
 */
export class PlatformCaller {
  readonly #platform: CallingPlatform;
  readonly #settings: unknown;

  constructor(platform: CallingPlatform, settings: Readonly<Record<string, unknown>>) {
    this.#platform = platform;
    this.#settings = callingSides[platform].settings.parse(settings);
  }

  /** Something that happened once, to be told any number of times. */
  happened(what: HappeningInput, nowMs = Date.now()): Happened {
    const call = callingSides[this.#platform].call(happening.parse(what), this.#settings, {
      nowMs,
      random: randomBytes,
    });
    return new Happened(call);
  }
}

export class Happened {
  readonly call: PlatformCall;

  constructor(call: PlatformCall) {
    this.call = call;
  }

  /** The platform's id of the message. @throws Error where there is none. */
  get messageId(): string {
    const { messageId } = this.call;
    if (messageId === undefined) throw new Error(`${this.call.name} is no message`);
    return messageId;
  }

  /** Signed and encrypted for this moment; each request is another one. */
  request(nowMs = Date.now()): CallbackRequest {
    return this.call.request({ nowMs, random: randomBytes });
  }

  async send(request = this.request()): Promise<Called> {
    const answer = await post(request);
    const judged = this.call.judge(answer, request);
    const said = judged.verdict === "accepted" ? judged.reply : judged.problem;
    return { ...answer, verdict: judged.verdict, ...(said === undefined ? {} : { said }) };
  }
}

/** @throws when no complete answer comes within ten seconds. */
export function post(request: CallbackRequest): Promise<HubAnswer> {
  return postCallback(request, AbortSignal.timeout(10_000));
}

/** The same request with one part of its query or headers, or its body, changed. */
export function tampered(request: CallbackRequest, change: Tampering): CallbackRequest {
  const url = new URL(request.url);
  for (const [name, value] of Object.entries(change.query ?? {})) url.searchParams.set(name, value);
  return {
    ...request,
    url: url.href,
    headers: { ...request.headers, ...change.headers },
    body: change.body ?? request.body,
  };
}

export interface Tampering {
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

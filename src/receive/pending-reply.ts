import { type Reply, ReplyRefused } from "../model/reply.ts";
import { reach, utf8Cost } from "../platforms/byte-cost.ts";
import type { ReplyContent } from "../platforms/replying.ts";
import type { ReceivingAccount } from "./accounts.ts";

export interface PendingReplyOptions {
  /** The Event's; a text that grows is asked for by it. */
  readonly id: string;
  readonly account: Pick<ReceivingAccount, "tenant" | "platform" | "name">;
  /** Bytes of UTF-8 that a text may grow to; undefined where none can grow. */
  readonly longestBytes: number | undefined;
}

/** How a replier ended that did not throw. */
export type ReplyEnding = "said" | "none" | "cut";

/** A reply from the moment that somebody is asked for it until it is forgotten. */
export class PendingReply {
  readonly id: string;
  readonly account: PendingReplyOptions["account"];
  /** Times that the platform called for it. */
  tries = 0;
  readonly #longestBytes: number | undefined;
  readonly #settled = Promise.withResolvers<void>();
  readonly #stopping = new AbortController();
  readonly #counted = new Set<string>();
  #parts: ReplyContent | undefined;
  #isGrowing = false;
  #finish = false;
  #text = "";
  #bytes = 0;
  #isCardShown = false;
  #isEndShown = false;

  constructor({ id, account, longestBytes }: PendingReplyOptions) {
    this.id = id;
    this.account = account;
    this.#longestBytes = longestBytes;
  }

  /** Resolves when it is known whether there is a reply; of a text that grows, when it begins to. Never rejects. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  /** The time is up, nobody listens any more, or the hub stops. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** From now on it is a text that grows, although nothing of it is there yet. */
  grow(): void {
    this.#isGrowing = true;
  }

  /**
   * What to answer with now; undefined while or when there is nothing.
   *
   * @param asked For the callback itself, of which a repeat says the same; or for the next state of a text, where a
   * card comes once.
   */
  content(asked: "callback" | "poll"): ReplyContent | undefined {
    if (!this.#isGrowing) return this.#parts;
    // Half of a character may be all that has come of it.
    const content = this.#finish ? this.#text : this.#text.replace(/[\uD800-\uDBFF]$/, "");
    const stream = { id: this.id, finish: this.#finish, content };
    const card = asked === "callback" || !this.#isCardShown ? this.#parts?.card : undefined;
    return card ? { stream, card } : { stream };
  }

  /** This was put into an answer. */
  shown({ card, stream }: ReplyContent): void {
    this.#isCardShown ||= card !== undefined;
    this.#isEndShown ||= stream?.finish === true;
  }

  /** Nobody thinks about it any more, and of a text that grows the end was shown. */
  get isOver(): boolean {
    return this.#finish && (!this.#isGrowing || this.#isEndShown);
  }

  /** It cannot be shown. */
  refuse(): void {
    this.#parts = undefined;
    this.#text = "";
    this.#finish = true;
  }

  /** True the first time for each word: a repeat is not counted again. */
  isNew(word: string): boolean {
    const before = this.#counted.size;
    return this.#counted.add(word).size > before;
  }

  /** The replier is to end; a text that grows stays as it is. */
  timeOut(reason: string): void {
    this.#stopping.abort(new Error(reason));
    if (this.#isGrowing) this.#finish = true;
  }

  /** Nobody waits any more. */
  abandon(): void {
    this.#parts = undefined;
    this.timeOut("the hub stops");
    this.#settled.resolve();
  }

  /** Sees a replier through. @throws what it throws, and ReplyRefused for a text that is too long or none. */
  async follow(ask: () => Promise<Reply | undefined>): Promise<ReplyEnding> {
    try {
      const reply = await ask();
      return reply ? await this.#take(reply) : "none";
    } finally {
      this.#finish = true;
      this.#settled.resolve();
    }
  }

  async #take(reply: Reply): Promise<ReplyEnding> {
    const { stream, ...parts } = reply;
    const { text, markdown, ...others } = parts;
    const longest = this.#longestBytes;
    if (longest === undefined) {
      this.#parts = parts;
      return "said";
    }
    const words = text ?? markdown;
    const bytes = Buffer.byteLength(words ?? "");
    if (bytes > longest) throw new ReplyRefused(`the text has ${bytes} bytes, and at most ${longest} are shown`);
    this.#parts = others;
    if (words !== undefined) [this.#isGrowing, this.#text] = [true, words];
    return stream ? await this.#read(stream, longest) : "said";
  }

  async #read(stream: AsyncIterable<string>, longest: number): Promise<ReplyEnding> {
    this.#isGrowing = true;
    this.#settled.resolve();
    const ended = Promise.withResolvers<undefined>();
    this.signal.addEventListener("abort", () => ended.resolve(undefined), { once: true });
    const iterator = stream[Symbol.asyncIterator]();
    try {
      while (!this.signal.aborted) {
        const next = await Promise.race([iterator.next(), ended.promise]);
        if (next === undefined || next.done) break;
        if (!this.#append(next.value, longest)) return "cut";
      }
      return "said";
    } finally {
      // Not waited for: whoever does not heed the signal may never get there.
      Promise.resolve(iterator.return?.()).catch(() => {});
    }
  }

  /** False when it is as long as it can get. */
  #append(chunk: unknown, longest: number): boolean {
    if (typeof chunk !== "string") throw new ReplyRefused(`a stream yields text, found ${typeof chunk}`);
    const bytes = this.#bytes + Buffer.byteLength(chunk);
    if (bytes <= longest) {
      this.#text += chunk;
      this.#bytes = bytes;
      return true;
    }
    const whole = this.#text + chunk;
    this.#text = whole.slice(0, reach(whole, 0, longest, utf8Cost));
    this.#stopping.abort(new Error(`the text has the ${longest} bytes that are shown`));
    return false;
  }
}

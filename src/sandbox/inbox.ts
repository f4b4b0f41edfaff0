import { hash } from "node:crypto";
import type { Content, SandboxPlatform } from "./stand-in.ts";

/** A message that a group, or a mailbox, would show. */
export interface ReceivedMessage extends Content {
  /** Counts all messages of all platforms, from 1, without gaps. */
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly time: number;
  readonly platform: SandboxPlatform;
  /** The robot's token; for email the recipient's address. */
  readonly token: string;
  readonly headers: Readonly<Record<string, string>>;
  /** An earlier message with the same text in the same place, if one is still kept. */
  readonly duplicateOf?: number;
}

/** What arrived, before it has its place in the order. */
export interface Arrival extends Content {
  readonly time: number;
  readonly platform: SandboxPlatform;
  readonly token: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Size as received, which is what the inbox' own bound counts. */
  readonly bytes: number;
}

export interface InboxBounds {
  readonly messages: number;
  readonly bytes: number;
}

export interface Query {
  readonly platform?: SandboxPlatform | undefined;
  readonly token?: string | undefined;
  /** Only messages after this seq. */
  readonly since?: number | undefined;
  readonly limit?: number | undefined;
}

interface Slot {
  readonly message: ReceivedMessage;
  readonly bytes: number;
  readonly digest: string;
}

/** The last messages in the order of their arrival: a ring, bounded in count and in bytes. */
export class Inbox {
  readonly #bounds: InboxBounds;
  readonly #slots: (Slot | undefined)[] = [];
  /** Which kept message first had a text. */
  readonly #firsts = new Map<string, number>();
  #next = 1;
  #oldest = 1;
  #bytes = 0;
  #fellOut = 0;

  constructor(bounds: InboxBounds) {
    this.#bounds = bounds;
  }

  add({ bytes, ...arrival }: Arrival): ReceivedMessage {
    const digest = hash("sha1", `${arrival.platform}\n${arrival.token}\n${arrival.text}`, "base64");
    const first = this.#firsts.get(digest);
    const seq = this.#next++;
    const message: ReceivedMessage =
      first === undefined ? { seq, ...arrival } : { seq, ...arrival, duplicateOf: first };
    if (first === undefined) this.#firsts.set(digest, seq);
    if (this.kept > this.#bounds.messages) this.#drop();
    this.#slots[seq % this.#bounds.messages] = { message, bytes, digest };
    this.#bytes += bytes;
    while (this.#bytes > this.#bounds.bytes && this.kept > 1) this.#drop();
    return message;
  }

  /** How many messages are kept. */
  get kept(): number {
    return this.#next - this.#oldest;
  }

  /** How many are no longer kept because newer ones needed the room. */
  get fellOut(): number {
    return this.#fellOut;
  }

  /** The seq of the newest message ever received; 0 when there was none. */
  get last(): number {
    return this.#next - 1;
  }

  list({ platform, token, since = 0, limit = Number.POSITIVE_INFINITY }: Query = {}): ReceivedMessage[] {
    const found: ReceivedMessage[] = [];
    for (let seq = Math.max(this.#oldest, since + 1); seq < this.#next && found.length < limit; seq++) {
      const message = this.#slots[seq % this.#bounds.messages]?.message;
      if (!message || (platform && message.platform !== platform) || (token !== undefined && message.token !== token)) {
        continue;
      }
      found.push(message);
    }
    return found;
  }

  /** Empties it; the numbering goes on, so that `since` keeps its meaning. */
  clear(): void {
    this.#slots.length = 0;
    this.#firsts.clear();
    this.#oldest = this.#next;
    this.#bytes = 0;
    this.#fellOut = 0;
  }

  #drop(): void {
    const index = this.#oldest % this.#bounds.messages;
    const slot = this.#slots[index];
    this.#slots[index] = undefined;
    this.#oldest++;
    this.#fellOut++;
    if (!slot) return;
    this.#bytes -= slot.bytes;
    if (this.#firsts.get(slot.digest) === slot.message.seq) this.#firsts.delete(slot.digest);
  }
}

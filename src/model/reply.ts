/**
 * What a person sees in answer to what they did, carried by the answer to the platform's own call. Which parts a
 * platform takes, and which of them together, is the platform's data: see `ReplyRules`.
 */
export interface Reply {
  readonly text?: string | undefined;
  readonly markdown?: string | undefined;
  /** The platform's id of an uploaded file. */
  readonly image?: string | undefined;
  readonly voice?: string | undefined;
  readonly video?: ReplyVideo | undefined;
  readonly articles?: readonly ReplyArticle[] | undefined;
  readonly music?: ReplyMusic | undefined;
  /** Hands the chat to people; to this one of them where named. */
  readonly transfer?: { readonly account?: string | undefined } | undefined;
  /** A card in the platform's own JSON; for a click, what takes the clicked card's place. */
  readonly card?: Readonly<Record<string, unknown>> | undefined;
  /** The new text of the button that was clicked. */
  readonly button?: string | undefined;
  /** A few words that pass. */
  readonly toast?: ReplyToast | undefined;
  /** A text that grows while somebody reads it: what is yielded is appended. */
  readonly stream?: AsyncIterable<string> | undefined;
}

export interface ReplyVideo {
  /** The platform's id of an uploaded file. */
  readonly media: string;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
}

export interface ReplyArticle {
  readonly title: string;
  readonly description?: string | undefined;
  readonly url: string;
  readonly picture?: string | undefined;
}

export interface ReplyMusic {
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly url?: string | undefined;
  readonly hqUrl?: string | undefined;
  /** The platform's id of an uploaded picture. */
  readonly thumb: string;
}

export interface ReplyToast {
  readonly kind?: "info" | "success" | "warning" | "error" | undefined;
  readonly text: string;
}

export type ReplyPart = keyof Reply;

/** Every part, in the order that documents name them. */
export const replyParts = [
  "text",
  "markdown",
  "image",
  "voice",
  "video",
  "articles",
  "music",
  "transfer",
  "card",
  "button",
  "toast",
  "stream",
] as const satisfies readonly ReplyPart[];

/** The parts that a reply has. */
export function partsOf(reply: { readonly [Part in ReplyPart]?: unknown }): ReplyPart[] {
  return replyParts.filter((part) => reply[part] !== undefined);
}

/** A reply that is none, or that the platform would not show; the person gets the platform's usual answer instead. */
export class ReplyRefused extends Error {
  readonly code = "REPLY_REFUSED";
  /** @param message What is wrong with it and what would be right, without its content. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ReplyRefused";
  }
}

import type { PlatformError } from "../model/platform-error.ts";
import type { Receipt } from "../model/receipt.ts";
import type { Payload, RenderContext } from "../platforms/definition.ts";

/** What a Receipt must be: `ok`, or an error with these members. */
export type Expected = { readonly ok: true } | ({ readonly ok: false } & Partial<PlatformError>);

/** What the contract has to know of a platform to hold it to its word. */
export interface PlatformCases {
  /** The platform's folder. Each `fixtures/*.json` is an answer that is played back; see `Fixture`. */
  readonly folder: URL;
  /** A Channel's settings as a configuration file has them, without the keys that all Channels share. */
  readonly channel: Readonly<Record<string, unknown>>;
  /** Settings that must be refused, each with what the error has to say. */
  readonly badChannels: readonly { readonly settings: unknown; readonly says: RegExp }[];
  /** Signatures made by the platform's code, beside what the platform published. */
  readonly signatures?: readonly { readonly of: string; readonly made: string; readonly published: string }[];
  /** The bytes of a payload as the platform counts them. */
  measure(payload: Payload): number;
  /** Everything in a payload that a person gets to read. */
  textOf(payload: Payload): string;
  /** For platforms that speak HTTP: their Channel at another origin. */
  readonly http?: HttpCases;
  /** For the others: attempts over whatever they speak, against a server that the platform's test runs. */
  readonly attempts?: readonly {
    readonly name: string;
    readonly attempt: () => Promise<Receipt>;
    readonly expected: Expected;
  }[];
}

export interface HttpCases {
  /** Settings of a Channel that posts to this origin and carries these secrets. */
  channelAt(origin: string): Readonly<Record<string, unknown>>;
  /** What must never be quoted: the secrets in `channelAt`'s settings. */
  readonly secrets: readonly string[];
  /** The platform's success. */
  readonly success: string;
  /** A refusal of the platform with this message; and with this code of its table, where one is asked for. */
  refusal(message: string, code?: string): string;
}

/** A recorded answer: `fixtures/<name>.json`. */
export interface Fixture {
  /** The page, or where else it was seen. */
  readonly source: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** As an object, or as text when it is no JSON. */
  readonly body: unknown;
  readonly expected: Expected;
}

/** What the contract renders in. */
export const context: RenderContext = {
  taskId: "0190b0a0-0000-7000-8000-000000000000",
  strategy: "all",
  createdAt: 1_700_000_000_000,
};

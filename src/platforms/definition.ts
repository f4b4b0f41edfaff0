import type * as z from "zod";
import type { Message } from "../model/message.ts";
import type { ErrorKind, PlatformError } from "../model/platform-error.ts";
import type { RateWindow } from "../model/rate.ts";
import type { Receipt } from "../model/receipt.ts";
import type { HttpClient } from "./http.ts";
import type { SystemPorts } from "./system/ports.ts";

/** What a platform can show. Data, so that the renderer and the documents read the same thing. */
export interface Capabilities {
  /** `none`: plain text only; `subset`: the platform's own dialect; `full`: everything of CommonMark. */
  readonly markdown: "none" | "subset" | "full";
  readonly cards: boolean;
  /** `url`: buttons that open a page; `none`: they become links in the text. */
  readonly buttons: "url" | "none";
  /** Whom a Message can call by name. */
  readonly mentions: readonly ("all" | "users" | "mobiles")[];
  /** Does the platform answer with an id of the message? */
  readonly messageId: boolean;
}

export interface Limits {
  /** Largest request or content in UTF-8 bytes, by style. */
  readonly bytes: { readonly text: number; readonly card: number };
  /** What one Channel takes, unless its settings say otherwise. */
  readonly rate: readonly RateWindow[];
}

/** One published code of the platform. */
export interface ErrorRow {
  readonly kind: ErrorKind;
  /** What it means, in the hub's words. */
  readonly meaning: string;
  /** What the operator can do about it; shown in a result's message. */
  readonly advice: string;
  /** For `rate-limited`: how long the platform is known to block when it does not say. */
  readonly retryAfterMs?: number;
  /** The page the code was read from. */
  readonly source: string;
}

/** The platform's published codes. Keys are the codes as text. */
export type ErrorTable = Readonly<Record<string, ErrorRow>>;

/** What a platform may show around a Message; system notifications show all of it. */
export interface RenderContext {
  readonly taskId: string;
  readonly strategy: string;
  /** Why a last resort rings. */
  readonly reason?: string | undefined;
  /** Epoch milliseconds of the accept. */
  readonly createdAt: number;
}

/** One request to the platform. A long Message becomes several, sent in order. */
export type Payload = Readonly<Record<string, unknown>>;

export interface SendRequest<Account, Channel> {
  readonly payload: Payload;
  readonly channel: Channel;
  /** Absent where the platform has no Accounts. */
  readonly account: Account | undefined;
  /** The same for every attempt at the same payload: the platform's idempotency key, where it has one. */
  readonly key: string;
  /** Give up after this long. Milliseconds. */
  readonly timeoutMs: number;
}

/** Sends for one platform. Long-lived: holds pools, never per-message state. */
export interface Sender<Account, Channel> {
  /** Never throws for what the platform or the network did: that is a Receipt. */
  send(request: SendRequest<Account, Channel>): Promise<Receipt>;
  /** Ends pooled connections. Harmless to repeat. */
  close?(): Promise<void>;
}

/** What the composition root lends to platforms. Nothing here reads the environment. */
export interface Ports {
  readonly http: HttpClient;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly system: SystemPorts;
}

/** How one platform speaks. The only thing the rest of the hub knows of it. */
export interface Platform<Account = unknown, Channel = unknown> {
  /** Stored for ever. */
  readonly id: string;
  /** Other names that clients and configuration files know it by. */
  readonly aliases: readonly string[];
  /** The name that the push API shows, where it was always another one than the id. */
  readonly apiName?: string;
  readonly label: { readonly en: string; readonly zh: string };
  readonly capabilities: Capabilities;
  readonly limits: Limits;
  readonly errors: ErrorTable;
  /** Credentials shared by Channels; absent where each Channel carries its own. */
  readonly account?: z.ZodType<Account>;
  /** One entry of the platform's list in a Recipient, as the configuration file writes it. */
  readonly channel: z.ZodType<Channel>;
  /** The key of that list: `webhooks`, `recipients` or `notifications`. */
  readonly listKey: string;
  /** Sent to over HTTP, so that a Channel's proxy means something. */
  readonly overHttp?: true;
  /** What identifies the place. Channels with one address share a lane and its limits. */
  address(channel: Channel): string;
  /** Pure: Message in, requests out, each within the limits. */
  render(message: Message, channel: Channel, context: RenderContext): readonly Payload[];
  connect(ports: Ports): Sender<Account, Channel>;
}

/** Checks a platform's definition against its types and forgets them, so that all platforms fit one list. */
export function definePlatform<Account, Channel>(platform: Platform<Account, Channel>): Platform {
  return platform as unknown as Platform;
}

/** The PlatformError of a published code; unknown codes are refused for good, quoting what came. */
export function errorOf(table: ErrorTable, code: string, message: string, retryAfterMs?: number): PlatformError {
  const row = table[code];
  if (!row) {
    return { kind: "rejected", code, message, advice: "此错误码未收录，请查阅平台文档" };
  }
  const wait = retryAfterMs ?? row.retryAfterMs;
  return { kind: row.kind, code, message, advice: row.advice, ...(wait === undefined ? {} : { retryAfterMs: wait }) };
}

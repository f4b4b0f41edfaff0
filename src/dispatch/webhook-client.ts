import { lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";
import type { Agent, Dispatcher } from "undici";
import { isPublicAddress } from "./public-address.ts";
import { namesPrivateHost } from "./target.ts";

export interface WebhookClientOptions {
  /** May subscriptions reach loopback, private and link-local addresses? */
  readonly allowPrivate: boolean;
  /** From the call to the answer's headers. */
  readonly timeoutMs: number;
  /** Connections to one address; more requests wait for one to be free. Default 8. */
  readonly connections?: number;
  /** Resolves names; the system's by default. */
  readonly lookup?: LookupFunction;
}

export interface WebhookRequest {
  /** May carry a credential, so it never goes into an error. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** `refused`: nothing was sent, as the address is the hub's own network. */
export type WebhookAnswer =
  | { readonly kind: "answered"; readonly status: number; readonly retryAfter?: string | undefined }
  | { readonly kind: "no-answer" | "refused"; readonly error: string };

/** The same with what the answer says. */
export type WebhookReply =
  | { readonly kind: "answered"; readonly status: number; readonly body: string }
  | Exclude<WebhookAnswer, { kind: "answered" }>;

export interface WebhookClient {
  post(request: WebhookRequest): Promise<WebhookAnswer>;
  /** Posts, and reads what is answered: at most 64 KiB, in UTF-8. The signal breaks it off. */
  ask(request: WebhookRequest, signal: AbortSignal): Promise<WebhookReply>;
  close(): Promise<void>;
}

/** Read and thrown away, so that the connection can be used again; a longer body costs it the connection. */
const ANSWER_BYTES = 16 * 1024;
const REPLY_BYTES = 64 * 1024;

/** Posts to addresses that others chose. Follows no redirect, and connects to the very address that was checked. */
export function createWebhookClient(options: WebhookClientOptions): WebhookClient {
  const { allowPrivate, timeoutMs, connections = 8, lookup = systemLookup as LookupFunction } = options;
  let agent: Agent | undefined;
  /** Loaded when the first subscription has something to hear: a hub without one need not carry it. */
  const client = async () => {
    // By way of its default: bundled, a CommonJS package that is loaded late has no other export.
    const { Agent, request } = (await import("undici")).default;
    agent ??= new Agent({
      connections,
      allowH2: false,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: Math.min(timeoutMs, 5_000), lookup: allowPrivate ? lookup : guarded(lookup) },
    });
    return { agent, request };
  };
  const send = async <Answered>(
    { url, headers, body }: WebhookRequest,
    signal: AbortSignal,
    read: (answer: Dispatcher.ResponseData) => Promise<Answered>,
  ): Promise<Answered | Exclude<WebhookAnswer, { kind: "answered" }>> => {
    const target = URL.parse(url);
    if (!target) return { kind: "refused", error: "the address is not a URL" };
    if (!allowPrivate && namesPrivateHost(target)) return { kind: "refused", error: notPublic(target.hostname) };
    const { agent: dispatcher, request } = await client();
    try {
      return await read(await request(target, { method: "POST", headers, body, dispatcher, signal }));
    } catch (error) {
      if (error instanceof PrivateAddress) return { kind: "refused", error: error.message };
      return { kind: "no-answer", error: signal.aborted ? "no answer in time" : wordsOf(error) };
    }
  };
  return {
    async post(request) {
      const timer = new AbortController();
      const timeout = setTimeout(() => timer.abort(), timeoutMs);
      try {
        const answered = await send(request, timer.signal, async ({ statusCode, headers, body }) => {
          const after = headers["retry-after"];
          // What the body says does not matter, nor whether it ends.
          await body.dump({ limit: ANSWER_BYTES, signal: timer.signal }).catch(() => {});
          const retryAfter = Array.isArray(after) ? after[0] : after;
          return { kind: "answered" as const, status: statusCode, retryAfter };
        });
        const isLate = answered.kind === "no-answer" && timer.signal.aborted;
        return isLate ? { kind: "no-answer", error: `no answer within ${timeoutMs} ms` } : answered;
      } finally {
        clearTimeout(timeout);
      }
    },
    ask: (request, signal) =>
      send(request, signal, async ({ statusCode, body }) => {
        const chunks: Uint8Array[] = [];
        let bytes = 0;
        for await (const chunk of body) {
          bytes += chunk.length;
          if (bytes > REPLY_BYTES)
            return { kind: "no-answer" as const, error: `it answered over ${REPLY_BYTES} bytes` };
          chunks.push(chunk);
        }
        return { kind: "answered" as const, status: statusCode, body: Buffer.concat(chunks).toString("utf8") };
      }),
    close: async () => agent?.close(),
  };
}

class PrivateAddress extends Error {}

function notPublic(host: string): string {
  return `${host} is an address of the hub's own network, which only subscriptions.allow_private opens`;
}

/** Gives the socket only public addresses; it connects to what it is given and asks no second time. */
function guarded(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      const all = typeof found === "string" ? [{ address: found, family: 0 }] : (found ?? []);
      const open = all.filter(({ address }) => isPublicAddress(address));
      const [first] = open;
      if (error) callback(error, []);
      else if (!first) callback(new PrivateAddress(notPublic(hostname)), []);
      else if (options.all) callback(null, open);
      else callback(null, first.address, first.family);
    });
  };
}

/** The system's code and nothing else: other parts of an error may quote the address. */
function wordsOf(error: unknown): string {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "error";
  return `the connection failed (${code})`;
}

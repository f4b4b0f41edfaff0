import { randomFillSync } from "node:crypto";
import type { CallbackRequest, Moment } from "../../src/sandbox/callers/call.ts";
import { callingSides } from "../../src/sandbox/callers/calling-sides.ts";
import { type Happening, type HappeningInput, happening } from "../../src/sandbox/callers/happening.ts";
import { type BenchPlatform, callerAccounts } from "./accounts.ts";

/** One thing that a platform tells, signed and encrypted by the sandbox. */
export interface SignedCallback {
  readonly request: CallbackRequest;
  /** The platform's id of the message; empty where it is not of one. */
  readonly messageId: string;
}

/** With this text, what WeCom's XML says before it is encrypted has about 1 KB. */
const text = "支付回调延迟超过阈值，请值班同学检查 payment-gateway 与 orders 队列，主机 10.2.3.4。".repeat(7);

/** A message that somebody wrote to the app. */
export const message: HappeningInput = { event: "message", person: "zhangsan", text };

/** Makes callbacks of a kind. No two are of the same happening, or have the same nonce. */
export function callbackMaker(platform: BenchPlatform, input: HappeningInput = message): () => SignedCallback {
  const side = callingSides[platform];
  const settings = side.settings.parse(callerAccounts[platform]);
  const happened: Happening = happening.parse(input);
  return () => {
    const moment: Moment = { nowMs: Date.now(), random: distinct };
    const call = side.call(happened, settings, moment);
    return { request: call.request(moment), messageId: call.messageId ?? "" };
  };
}

/** Callbacks as the bytes of HTTP requests (Latin-1 text), made beforehand: signing must not slow the load generator. */
export function requestPool(callbacks: readonly SignedCallback[]): (n: number) => string {
  const requests = callbacks.map(({ request }) => httpText(request));
  return (n) => requests[n] ?? "";
}

let counted = 0;

/** Random bytes that end with a count: a nonce of 32 random bits would repeat itself among some ten thousand. */
function distinct(bytes: number): Buffer {
  const made = randomFillSync(Buffer.alloc(bytes));
  made.writeUInt32BE(counted++ >>> 0, bytes - 4);
  return made;
}

function httpText({ method, url, headers, body }: CallbackRequest): string {
  const target = url.slice(url.indexOf("/", "http://".length));
  const bytes = Buffer.from(body, "utf8");
  const lines = Object.entries({ ...headers, "content-length": bytes.length, host: "127.0.0.1" });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `${method} ${target} HTTP/1.1\r\n${head}\r\n${bytes.toString("latin1")}`;
}

import type { MailHeaders } from "./receive-headers.ts";

/** A mailbox that no person writes from, whatever the domain. */
const ROBOTS =
  /^(?:mailer-daemon|postmaster|mail-daemon|no-?reply|do-?not-?reply|bounces?|auto-?reply|notifications?)(?:[+_.-].*)?$/i;

/**
 * Did no person write this? Then nothing may answer it, or two machines write to each other for ever
 * (RFC 3834 §2). Beside its `Auto-Submitted` these are looked at: the empty return path of RFC 5321 §4.5.5, reports
 * (RFC 6522), lists (RFC 2919, RFC 2369), `Precedence`, Microsoft's `X-Auto-Response-Suppress` (MS-OXCMAIL), and the
 * headers and senders that older software uses.
 *
 * @param from The sender's address, `undefined` when there is none.
 * @param own Our own addresses, in lower case: what comes from ourselves is not answered either.
 */
export function isAutomatic(headers: MailHeaders, from: string | undefined, own: readonly string[]): boolean {
  const submitted = headers.first("auto-submitted");
  if (submitted !== undefined && !/^\s*no\s*(?:[;(]|$)/i.test(submitted)) return true;
  if (/^\s*<\s*>\s*$/.test(headers.first("return-path") ?? "")) return true;
  if (/^\s*multipart\/report\b/i.test(headers.first("content-type") ?? "")) return true;
  if (/^\s*(?:bulk|junk|list|auto_reply)\b/i.test(headers.first("precedence") ?? "")) return true;
  if (MARKS.some((name) => headers.first(name) !== undefined)) return true;
  if (/\b(?:all|oof|autoreply)\b/i.test(headers.first("x-auto-response-suppress") ?? "")) return true;
  if (from === undefined) return true;
  return own.includes(from.toLowerCase()) || ROBOTS.test(from.slice(0, Math.max(from.lastIndexOf("@"), 0)));
}

const MARKS = [
  "list-id",
  "list-unsubscribe",
  "list-post",
  "list-help",
  "list-subscribe",
  "list-owner",
  "list-archive",
  "x-autoreply",
  "x-autorespond",
  "x-autoresponder",
];

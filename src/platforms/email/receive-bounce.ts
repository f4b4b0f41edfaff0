import type { MessageState, MessageStatus } from "../../model/event-data.ts";
import { headersOf, type MailHeaders } from "./receive-headers.ts";
import { messageIdOf } from "./receive-ids.ts";

/** What a mail that may be a report on another one shows. */
export interface MaybeReport {
  readonly headers: MailHeaders;
  readonly from: string | undefined;
  readonly subject: string;
  readonly text: string;
  /** Its `message/delivery-status` part, where it has one. */
  readonly deliveryStatus: string | undefined;
  /** The mail as it came. */
  readonly raw: Uint8Array;
}

/** More recipients than one mail of ours can have. */
const RECIPIENTS = 100;

/** How much of a report is looked through for the headers that it returns. */
const LOOK_BYTES = 1024 * 1024;

/**
 * What a report says became of a mail, by its recipients; empty for every other mail, and for reports that say only
 * that it takes longer, or not of which mail.
 *
 * Reports have a form (RFC 3464). QQ, NetEase and qmail write prose instead; theirs count when a mail system is the
 * sender, the subject says it came back, and the mail that came back is inside.
 */
export function deliveryReportsOf(mail: MaybeReport): MessageStatus[] {
  const messageId = returnedIdOf(mail);
  if (messageId === undefined) return [];
  if (mail.deliveryStatus !== undefined) return reportsIn(mail.deliveryStatus, messageId);
  if (!isProseBounce(mail)) return [];
  return [{ messageId, state: "failed", reason: words(mail.text) }];
}

/** The headers of the mail in question come back as the report's last part. Its own headers are not meant. */
function returnedIdOf({ raw }: MaybeReport): string | undefined {
  const text = Buffer.from(raw.buffer, raw.byteOffset, Math.min(raw.byteLength, LOOK_BYTES)).toString("latin1");
  const body = text.search(/\r?\n\r?\n/);
  const line = /^[ \t>]{0,4}Message-ID:[ \t]*(?:\r?\n[ \t]+)?(<[^<>\s]{1,500}>)/im.exec(
    body < 0 ? "" : text.slice(body),
  );
  return messageIdOf(line?.[1]);
}

/** RFC 3464 §2.1: a block on the mail, then one on each recipient, with empty lines between them. */
function reportsIn(deliveryStatus: string, messageId: string): MessageStatus[] {
  const blocks = deliveryStatus
    .slice(0, LOOK_BYTES)
    .trim()
    .split(/\r?\n[ \t]*\r?\n\s*/, RECIPIENTS + 1);
  return blocks.flatMap((block) => {
    const fields = headersOf(block);
    const state = stateOf(fields.first("action"));
    if (state === undefined) return [];
    const recipient = /;\s*<?([^\s<>;]{1,320})/.exec(fields.first("final-recipient") ?? "")?.[1];
    const reason = [fields.first("status"), fields.first("diagnostic-code")?.replace(/^\s*[\w-]+\s*;\s*/, "")];
    return {
      messageId,
      state,
      person: recipient === undefined ? undefined : { id: recipient },
      reason: state === "failed" ? words(reason.filter(Boolean).join(" ")) : undefined,
    };
  });
}

/** RFC 3464 §2.3.3. Of `relayed` and `expanded` mail nobody tells more; `delayed` is no end. */
function stateOf(action: string | undefined): MessageState | undefined {
  switch (action?.trim().toLowerCase()) {
    case "failed":
      return "failed";
    case "delivered":
      return "delivered";
    case "relayed":
    case "expanded":
      return "sent";
    default:
      return undefined;
  }
}

function isProseBounce({ from, subject }: MaybeReport): boolean {
  if (!/^(?:mailer-daemon|postmaster|mail-daemon)@/i.test(from ?? "")) return false;
  return /退信|退件|系统退|投递失败|undeliver|failure notice|returned mail|delivery (?:status notification|failure|failed)|mail delivery/i.test(
    subject,
  );
}

function words(text: string): string {
  return text
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .slice(0, 500)
    .toWellFormed();
}

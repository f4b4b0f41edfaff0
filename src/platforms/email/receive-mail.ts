import { type ParsedMail, type Attachment as ParsedPart, simpleParser } from "mailparser";
import type { Attachment, ReceivedMessage } from "../../model/event-data.ts";
import type { ParsedEvent } from "../receiving.ts";
import { isAutomatic } from "./receive-automatic.ts";
import { deliveryReportsOf } from "./receive-bounce.ts";
import { headersOf, headOf, type MailHeaders } from "./receive-headers.ts";
import { mailKey, messageIdOf, messageIdsIn } from "./receive-ids.ts";
import { newTextOf, textOfHtml } from "./receive-text.ts";

export interface MailContext {
  /** When the mailbox got it (INTERNALDATE): a mail's own Date is whatever its sender says. Epoch milliseconds. */
  readonly receivedAtMs: number;
  /** Our own addresses, in lower case. */
  readonly own?: readonly string[];
  /** Where the mail lies; attachments are found again at `{place}/{part}`. */
  readonly place?: string;
  /** Of a mail that was too large only the start was fetched. Bytes. */
  readonly tooLarge?: { readonly bytes: number; readonly limit: number };
}

const ATTACHMENTS = 100;
const NAME_LENGTH = 255;
const SUBJECT_LENGTH = 1000;

/**
 * Reads a mail: one `yizhan.message.received`, or a `yizhan.message.status` for each recipient that a delivery report
 * speaks of. Never throws for what is in it: of a mail that cannot be taken apart the headers are given.
 *
 * @param raw The mail as IMAP gives it (RFC 5322).
 */
export async function parseMail(raw: Uint8Array, context: MailContext): Promise<readonly ParsedEvent[]> {
  const bytes = context.tooLarge ? headOf(raw) : raw;
  const headers = headersOf(bytes);
  const mail = (await takenApart(bytes)) ?? (await takenApart(headOf(bytes)));
  const sender = mail?.from?.value.find(({ address }) => address);
  const from = sender?.address?.slice(0, NAME_LENGTH).toWellFormed();
  const subject = oneLine(mail?.subject ?? "", SUBJECT_LENGTH);
  const text = textOf(mail, context);
  const id = messageIdOf(headers.first("message-id"));
  const key = mailKey(id, headers.first("date") ?? "", headers.first("from") ?? "", subject, text);
  const at = context.receivedAtMs;

  const deliveryStatus = mail?.attachments.find(isDeliveryStatus)?.content.toString("utf8");
  const reports = deliveryReportsOf({ headers, from, subject, text, deliveryStatus, raw: bytes });
  if (reports.length > 0) {
    return reports.map((data, index) => ({
      type: "yizhan.message.status",
      data,
      subject: data.person?.id,
      at,
      key: `${key}#${index}`,
    }));
  }

  const person = { id: addressed(from), name: named(sender?.name) };
  const parents = messageIdsIn(headers.first("in-reply-to"));
  const data: ReceivedMessage = {
    messageId: id ?? key,
    kind: "mail",
    chat: chatOf(headers, person),
    sender: person,
    title: subject,
    text,
    mentions: [],
    attachments: (mail?.attachments ?? [])
      .filter((part) => !isDeliveryStatus(part))
      .slice(0, ATTACHMENTS)
      .map((part) => attachmentOf(part, context.place)),
    replyTo: parents[0] ?? messageIdsIn(headers.first("references")).at(-1),
    thread: messageIdsIn(headers.first("references"))[0] ?? parents[0],
    automatic: isAutomatic(headers, from, context.own ?? []),
  };
  return [{ type: "yizhan.message.received", data, subject: person.id, at, key }];
}

async function takenApart(raw: Uint8Array): Promise<ParsedMail | undefined> {
  try {
    return await simpleParser(inGb18030(raw), {
      skipHtmlToText: true,
      skipTextToHtml: true,
      skipTextLinks: true,
      skipImageLinks: true,
      keepCidLinks: true,
      keepDeliveryStatus: true,
    });
  } catch {
    return undefined;
  }
}

/**
 * GB 18030 contains GBK and GB 2312, and Chinese mail says either of those and means it
 * (https://encoding.spec.whatwg.org/#gbk-decoder). Relabelled before parsing; a line that happens to look like such
 * a label says `gb18030` afterwards and nothing worse.
 */
function inGb18030(raw: Uint8Array): Buffer {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const text = bytes.toString("latin1");
  const labelled = text.replace(
    /(charset\s{0,5}=\s{0,5}"?|=\?)(?:gb_?2312(?:-80)?|x-gbk|gbk|cp936)(?=["?;\s])/gi,
    "$1gb18030",
  );
  return labelled === text ? bytes : Buffer.from(labelled, "latin1");
}

function textOf(mail: ParsedMail | undefined, { tooLarge }: MailContext): string {
  if (tooLarge) {
    const mebibytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
    return `（邮件大小${mebibytes(tooLarge.bytes)}，超过上限${mebibytes(tooLarge.limit)}，未收取正文与附件）`;
  }
  const plain = (mail?.text ?? "").trim();
  if (plain !== "") return newTextOf(plain);
  return mail?.html ? newTextOf(textOfHtml(mail.html)) : "";
}

function attachmentOf(part: ParsedPart, place: string | undefined): Attachment {
  // A mail that is nothing but a file has no parts to number; IMAP calls its body 1 (RFC 3501 §6.4.5).
  const number = part.partId ?? "1";
  return {
    kind: kindOf(part.contentType),
    ref: place === undefined ? number : `${place}/${number}`,
    name: named(part.filename),
    bytes: part.size,
  };
}

function kindOf(contentType: string): Attachment["kind"] {
  if (contentType.startsWith("image/")) return "image";
  if (contentType.startsWith("audio/")) return "voice";
  return contentType.startsWith("video/") ? "video" : "file";
}

/** A list is a group; else a mail is between its sender and us. */
function chatOf(headers: MailHeaders, person: { readonly id: string; readonly name: string | undefined }) {
  const list = /<([^<>]{1,255})>\s*$/.exec(headers.first("list-id") ?? "")?.[1];
  if (list !== undefined) return { id: list, kind: "group" as const };
  return { ...person, kind: "direct" as const };
}

/** Domains do not tell cases apart; local parts may (RFC 5321 §2.4). */
function addressed(from: string | undefined): string {
  if (from === undefined) return "unknown";
  const at = from.lastIndexOf("@");
  return from.slice(0, at + 1) + from.slice(at + 1).toLowerCase();
}

function named(name: string | undefined): string | undefined {
  const line = oneLine(name ?? "", NAME_LENGTH);
  return line === "" ? undefined : line;
}

function oneLine(text: string, length: number): string {
  return text
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .slice(0, length)
    .toWellFormed();
}

function isDeliveryStatus({ contentType }: ParsedPart): boolean {
  return contentType === "message/delivery-status" || contentType === "message/global-delivery-status";
}

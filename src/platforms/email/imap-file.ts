import type { Readable } from "node:stream";
import { type App, AppFailure, defineApp, type FileAnswer } from "../app-calls.ts";
import type { MailboxAccount } from "./imap-account.ts";
import { type MailboxConnection, openMailbox } from "./imap-connection.ts";
import { troubleOf } from "./imap-trouble.ts";

/** Asked for at a time: fewer, larger questions than imapflow's own 64 KiB. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * The files in mails, fetched from where the mail lies: only that part, over a connection of its own, as the one that
 * waits for new mail must go on waiting.
 *
 * @param stopping Breaks off what is being fetched.
 */
export function mailboxFiles(stopping: AbortSignal): App {
  return defineApp<MailboxAccount>({
    identity: () => undefined,
    token: () => Promise.reject(new AppFailure(gone)),
    async file({ attachment }, { account, timeoutMs }): Promise<FileAnswer> {
      const [, uidValidity, uid = "", part = ""] = place.exec(attachment.ref ?? "") ?? [];
      if (uidValidity === undefined) throw new AppFailure(gone);
      const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), stopping]);
      const connection = await openMailbox(account, signal).catch((error: unknown) => {
        throw failureOf(error, account);
      });
      try {
        // UIDs of a folder that was made anew mean other mails.
        if (String(connection.mailbox.uidValidity) !== uidValidity) throw new AppFailure(gone);
        const { meta, content } = await connection.client.download(uid, part, { uid: true, chunkSize: CHUNK_BYTES });
        if (!content) throw new AppFailure(gone);
        const charset = meta.charset === undefined ? "" : `; charset=${meta.charset}`;
        const chunks = chunksOf(content, connection, account);
        return { name: meta.filename, contentType: meta.contentType && meta.contentType + charset, chunks };
      } catch (error) {
        await connection.close();
        throw failureOf(error, account);
      }
    },
  });
}

/** UIDVALIDITY, UID and the part's number: as an Event has it. */
const place = /^(\d{1,20})\/(\d{1,20})\/(\d{1,10}(?:\.\d{1,10}){0,20})$/;

async function* chunksOf(content: Readable, connection: MailboxConnection, account: MailboxAccount) {
  try {
    for await (const chunk of content) yield chunk as Uint8Array;
  } catch (error) {
    throw failureOf(error, account);
  } finally {
    await connection.close();
  }
}

const gone = {
  kind: "rejected",
  code: "file-gone",
  message: "the mail, or this part of it, is no longer in the mailbox",
  advice: "邮件或附件已不在邮箱中，未下载",
} as const;

function failureOf(error: unknown, account: MailboxAccount): AppFailure {
  if (error instanceof AppFailure) return error;
  const { code, message, advice } = troubleOf(error, account);
  const kind = code === "login" ? "unauthorized" : code === "mailbox" ? "rejected" : "unavailable";
  return new AppFailure({ kind, code, message, advice }, { cause: error });
}

import type { FetchMessageObject, ImapFlow } from "imapflow";
import type { ParsedEvent } from "../receiving.ts";
import type { MailboxAccount } from "./imap-account.ts";
import type { MailboxConnection } from "./imap-connection.ts";
import { headOf } from "./receive-headers.ts";
import { parseMail } from "./receive-mail.ts";

/** How far a mailbox was read. */
export interface MailboxState {
  /** UIDs mean something only together with this (RFC 3501 §2.3.1.1). Digits. */
  readonly uidValidity: string;
  /** The highest UID that was read; 0 for none. */
  readonly lastUid: number;
  /** When that was, in epoch milliseconds: from where to read again when UIDs no longer mean anything. */
  readonly readAt: number;
}

/** Remembers over restarts how far a mailbox was read. */
export interface MailboxStatePort {
  load(): Promise<MailboxState | undefined>;
  save(state: MailboxState): Promise<void>;
}

/** A mail that came, read. */
export interface ReceivedMail {
  /** One, or one for each recipient that a delivery report speaks of. */
  readonly events: readonly ParsedEvent[];
  /** The mail as it came; only its headers when it was larger than the account's `max_bytes`. */
  readonly raw: Uint8Array;
}

export interface NewMailOptions {
  readonly account: MailboxAccount;
  /**
   * Resolves once the Events are stored; only then the mail counts as read. When it rejects, the mail comes again
   * after a pause. A crash between the two gives the same mail twice, with the same keys.
   */
  readonly onMail: (mail: ReceivedMail) => Promise<void>;
  readonly state: MailboxStatePort;
  /** Epoch milliseconds. */
  readonly clock: { now(): number };
  readonly log: {
    info(fields: object, text: string): void;
    warn(fields: object, text: string): void;
  };
}

/** Mails whose sizes are asked for at once. */
const BATCH = 100;

/** What is fetched of a mail that is too large: room for any headers. Bytes. */
const HEAD_BYTES = 256 * 1024;

/**
 * SEARCH compares days, in the server's time zone, and clocks differ: how far before the last reading mails are read
 * again when the UIDs have changed.
 */
const OVERLAP_MS = 2 * 24 * 60 * 60_000;

/**
 * Gives on, oldest first, every mail that came since the state was saved, and saves after each. Ends early when the
 * signal is aborted.
 *
 * @throws when the connection breaks, a mail could not be stored or the state could not be saved.
 */
export async function readNewMail(
  { client, mailbox }: Pick<MailboxConnection, "client" | "mailbox">,
  options: NewMailOptions,
  signal: AbortSignal,
): Promise<void> {
  const { account, state, clock, log } = options;
  const uidValidity = String(mailbox.uidValidity);
  const saved = await state.load();
  let lastUid = saved?.uidValidity === uidValidity ? saved.lastUid : 0;
  const save = (uid: number) => {
    lastUid = uid;
    return state.save({ uidValidity, lastUid, readAt: clock.now() });
  };

  if (saved === undefined && account.first === "new") return save(mailbox.uidNext - 1);
  const resync = saved !== undefined && saved.uidValidity !== uidValidity;
  if (resync) {
    log.warn({ mailbox: account.mailbox }, "the mailbox was made anew: mails of the last days are read again");
  }
  const uids = await newUids(client, lastUid, resync ? new Date(saved.readAt - OVERLAP_MS) : undefined);

  for (let start = 0; start < uids.length; start += BATCH) {
    const batch = uids.slice(start, start + BATCH);
    const known = await client.fetchAll(batch.join(","), { uid: true, size: true, internalDate: true }, { uid: true });
    const byUid = new Map(known.map((message) => [message.uid, message]));
    for (const uid of batch) {
      if (signal.aborted) return;
      const message = byUid.get(uid);
      // Deleted since the search: then there is nothing to read, and nothing to wait for.
      const mail = message && (await fetched(client, message, options, `${uidValidity}/${uid}`));
      if (mail) await options.onMail(mail);
      await save(uid);
    }
  }
  // Where nothing was found the place is kept all the same: without it the next start would begin anew.
  if (uids.length === 0 && saved?.uidValidity !== uidValidity) await save(mailbox.uidNext - 1);
}

/** In the order they arrived. `n:*` names the newest mail even when its UID is less than n (RFC 3501 §6.4.8). */
async function newUids(client: ImapFlow, lastUid: number, since: Date | undefined): Promise<number[]> {
  const query = since === undefined ? { uid: `${lastUid + 1}:*` } : { since };
  const found = await client.search(query, { uid: true });
  if (!Array.isArray(found)) throw new Error("the server did not answer the search for new mail");
  return found.filter((uid) => uid > lastUid).sort((one, other) => one - other);
}

async function fetched(
  client: ImapFlow,
  message: FetchMessageObject,
  { account, clock }: NewMailOptions,
  place: string,
) {
  const bytes = message.size ?? 0;
  const limit = account.max_bytes;
  const tooLarge = bytes > limit;
  // Always a range: some servers are wrong about the size, and what comes must fit. imapflow asks by BODY.PEEK.
  const source = { start: 0, maxLength: tooLarge ? Math.min(HEAD_BYTES, limit) : limit };
  const answer = await client.fetchOne(String(message.uid), { source }, { uid: true });
  const raw = answer ? answer.source : undefined;
  if (raw === undefined) return undefined;
  const receivedAtMs = new Date(message.internalDate ?? Number.NaN).getTime();
  const own = [account.address ?? account.username].map((address) => address.toLowerCase());
  const events = await parseMail(raw, {
    receivedAtMs: Number.isNaN(receivedAtMs) ? clock.now() : receivedAtMs,
    own,
    place,
    ...(tooLarge ? { tooLarge: { bytes, limit } } : {}),
  });
  return { events, raw: tooLarge ? headOf(raw) : raw };
}

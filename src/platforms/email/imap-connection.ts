import type { ImapFlow, MailboxObject } from "imapflow";
import type { MailboxAccount } from "./imap-account.ts";

export interface MailboxConnection {
  readonly client: ImapFlow;
  readonly mailbox: MailboxObject;
  /** Resolves when the connection has ended, for whatever reason. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

const CONNECT_MS = 20_000;
/** A server that says nothing for so long in the middle of an answer is gone. */
const ANSWER_MS = 90_000;

/**
 * Connects, logs in, names itself and opens the account's folder for reading only.
 *
 * 163.com and 126.com refuse to open a folder ("Unsafe Login") for a client that has not named itself by the ID
 * command of RFC 2971; imapflow sends it after the login where the server offers it.
 *
 * @throws imapflow's or Node's error; see `troubleOf`.
 */
export async function openMailbox(account: MailboxAccount, signal: AbortSignal): Promise<MailboxConnection> {
  // Loaded when the first mailbox is watched: most hubs have none.
  const { ImapFlow } = await import("imapflow");
  signal.throwIfAborted();
  const client = new ImapFlow({
    host: account.imap_host,
    port: account.imap_port,
    secure: account.tls === "implicit",
    doSTARTTLS: account.tls === "starttls",
    tls: { rejectUnauthorized: account.tls_verify },
    auth: { user: account.username, pass: account.password },
    clientInfo: { name: "yizhan", vendor: "yizhan", version: false, "support-url": false },
    logger: false,
    disableAutoIdle: true,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: ANSWER_MS,
    // One mail and its frame. A server that sends more than it was asked for is not to fill the memory.
    maxLiteralSize: account.max_bytes + 64 * 1024,
    maxResponseSize: account.max_bytes + 4 * 1024 * 1024,
    maxLineLength: 4 * 1024 * 1024,
  });
  const closed = new Promise<void>((resolve) => client.once("close", () => resolve()));
  // Errors come back from the command that met them, or as the end of the connection.
  client.on("error", () => client.close());
  const abort = () => client.close();
  signal.addEventListener("abort", abort, { once: true });
  const close = async () => {
    signal.removeEventListener("abort", abort);
    client.close();
    await closed;
  };
  try {
    await client.connect();
    const mailbox = await client.mailboxOpen(account.mailbox, { readOnly: true });
    return { client, mailbox, closed, close };
  } catch (error) {
    signal.removeEventListener("abort", abort);
    client.close();
    throw error;
  }
}

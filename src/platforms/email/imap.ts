import type { ImapFlow } from "imapflow";
import { openMailbox } from "./imap-connection.ts";
import { type NewMailOptions, readNewMail } from "./imap-new-mail.ts";
import { reconnectDelay } from "./imap-reconnect.ts";
import { type ImapTrouble, troubleOf } from "./imap-trouble.ts";

export type WatchHappening =
  /** Everything that was there has been given on, and new mail is waited for. */
  | { readonly kind: "watching"; readonly idle: boolean }
  /** No connection, or it ended; there will be another one. */
  | { readonly kind: "disconnected"; readonly trouble: ImapTrouble; readonly retryInMs: number };

export interface MailboxWatchOptions extends NewMailOptions {
  readonly clock: {
    now(): number;
    /** Calls back once at or after `at`; gives a function that calls it off. */
    at(at: number, callback: () => void): () => void;
  };
  readonly onHappening?: (happening: WatchHappening) => void;
  /** From 0 to 1, for jitter. */
  readonly random?: () => number;
}

export interface MailboxWatch {
  /** Ends the connection after the mail in hand; resolves when nothing is left open. Harmless to repeat. */
  stop(): Promise<void>;
}

/**
 * RFC 2177 wants IDLE renewed within 29 minutes; routers forget quiet connections sooner. Each time the mailbox is
 * looked through as well, so a notice that got lost costs these minutes and no mail.
 */
const IDLE_MS = 4 * 60_000;

/**
 * Reads a mailbox from where it was left, and then whatever comes, as long as it is not stopped: IDLE where the
 * server has it, else by asking. One connection; lost ones are replaced, with pauses that grow. Nothing in the
 * mailbox is changed (it is opened by EXAMINE), so several hubs and people can read it, and nothing is ever answered.
 */
export function watchMailbox(options: MailboxWatchOptions): MailboxWatch {
  const { account, clock, log, onHappening = () => {}, random = Math.random } = options;
  const stopping = new AbortController();
  const done = keepWatching();

  async function keepWatching(): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      let trouble: ImapTrouble;
      try {
        await watchOnce(() => {
          failures = 0;
        });
        trouble = { code: "closed", message: "the server closed the connection", advice: "将自动重连" };
      } catch (error) {
        trouble = troubleOf(error, account);
      }
      if (stopping.signal.aborted) return;
      failures++;
      const retryInMs = reconnectDelay(failures, trouble, random());
      log.warn({ host: account.imap_host, mailbox: account.mailbox, ...trouble, retryInMs }, "no mail is received");
      const paused = pause(retryInMs);
      onHappening({ kind: "disconnected", trouble, retryInMs });
      await paused;
    }
  }

  /** Ends when the connection does, or rejects with why there was none. */
  async function watchOnce(onWatching: () => void): Promise<void> {
    const connection = await openMailbox(account, stopping.signal);
    const { client, closed } = connection;
    try {
      const news = newsOf(client, closed, stopping.signal);
      const idle = client.capabilities.has("IDLE");
      log.info({ host: account.imap_host, mailbox: account.mailbox, idle }, "the mailbox is open");
      while (!news.ended()) {
        news.expect();
        await readNewMail(connection, options, stopping.signal);
        if (news.ended()) break;
        onWatching();
        const waiting = news.wait(idle ? IDLE_MS : account.poll_seconds * 1000);
        // Lasts until the next command, so nobody waits for it; its failure is the connection's.
        if (idle) void client.idle().catch(() => {});
        onHappening({ kind: "watching", idle });
        await waiting;
        // Tells of new mail a server without IDLE; proves that one with IDLE is still there.
        if (!news.ended()) await client.noop();
      }
    } finally {
      await connection.close();
    }
  }

  function newsOf(client: ImapFlow, closed: Promise<void>, signal: AbortSignal) {
    let fresh = false;
    let ended = signal.aborted;
    let wake = () => {};
    client.on("exists", () => {
      fresh = true;
      wake();
    });
    const end = () => {
      ended = true;
      wake();
    };
    signal.addEventListener("abort", end, { once: true });
    void closed.then(() => {
      signal.removeEventListener("abort", end);
      end();
    });
    return {
      ended: () => ended,
      /** What was told up to now is about to be read. */
      expect() {
        fresh = false;
      },
      /** Until there is something to read, the connection ended, or this long. */
      async wait(ms: number): Promise<void> {
        if (fresh || ended) return;
        await new Promise<void>((resolve) => {
          const off = clock.at(clock.now() + ms, resolve);
          wake = () => {
            off();
            resolve();
          };
        });
      },
    };
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const off = clock.at(clock.now() + ms, end);
      stopping.signal.addEventListener("abort", end, { once: true });
      function end(): void {
        off();
        stopping.signal.removeEventListener("abort", end);
        resolve();
      }
    });
  }

  return {
    async stop() {
      stopping.abort();
      await done;
    },
  };
}

import { createHash } from "node:crypto";
import { type Receipt, refused } from "../../model/receipt.ts";
import { errorOf, type Sender, type SendRequest } from "../definition.ts";
import { type EmailAccount, isLoopback, mayLogInUnencrypted } from "./account.ts";
import { domainOf, mailboxFrom } from "./address.ts";
import { emailErrors, type SmtpTrouble, smtpError } from "./errors.ts";
import type { Mail } from "./render.ts";

export interface EmailChannel {
  readonly email: string;
}

type Transport = Awaited<ReturnType<typeof openTransport>>;

/** Settings whose connections are kept; more than one tenant's worth, and a reload or two. */
const TRANSPORTS = 200;

/** Hands mails to SMTP servers over kept connections, a pool for each set of settings. */
export class SmtpSender implements Sender<EmailAccount, EmailChannel> {
  readonly #transports = new Map<string, Promise<Transport>>();

  async send(request: SendRequest<EmailAccount, EmailChannel>): Promise<Receipt> {
    const { account, channel, key, timeoutMs } = request;
    if (!account) return refused(errorOf(emailErrors, "account", "no SMTP server is configured"));
    const from = mailboxFrom(account.from);
    if (!from) return refused(errorOf(emailErrors, "message", "the sender's address cannot be read"));
    const mail = request.payload as unknown as Mail;
    const messageId = messageIdOf(key, from.address);
    try {
      const transport = await this.#transportOf(account);
      await transport.sendMail({
        from,
        to: { name: "", address: channel.email },
        ...(account.reply_to === undefined ? {} : { replyTo: account.reply_to }),
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        headers: mail.headers,
        priority: mail.priority,
        date: new Date(mail.date),
        messageId,
        disableFileAccess: true,
        disableUrlAccess: true,
        // Covers waiting for a connection as well as a server that answers one byte at a time.
        signal: AbortSignal.timeout(timeoutMs),
      });
      return { ok: true, messageId };
    } catch (error) {
      return refused(smtpError(troubleOf(error, timeoutMs), secretsOf(account)));
    }
  }

  async close(): Promise<void> {
    const open = [...this.#transports.values()];
    this.#transports.clear();
    for (const transport of await Promise.allSettled(open)) {
      if (transport.status === "fulfilled") transport.value.close();
    }
  }

  #transportOf(account: EmailAccount): Promise<Transport> {
    const settings = JSON.stringify(account);
    const known = this.#transports.get(settings);
    if (known !== undefined) return known;
    const transport = openTransport(account);
    this.#transports.set(settings, transport);
    for (const [oldest, unused] of this.#transports) {
      if (this.#transports.size <= TRANSPORTS) break;
      this.#transports.delete(oldest);
      // Finishes what it sends; its idle connections close now.
      unused.then((pool) => pool.close()).catch(() => {});
    }
    return transport;
  }
}

async function openTransport(account: EmailAccount) {
  // Loaded when the first mail goes out: most starts of the hub send none for a while.
  const { createTransport } = await import("nodemailer");
  const { smtp_host, smtp_port, username, password, tls, tls_verify } = account;
  const loggingIn = username !== "";
  return createTransport({
    pool: true,
    host: smtp_host,
    port: smtp_port,
    secure: tls === "implicit" || (tls === "auto" && smtp_port === 465),
    // An attacker on the way can hide the offer of STARTTLS. Where a password is at stake we insist on it.
    requireTLS: tls === "starttls" || (tls === "auto" && loggingIn && !mayLogInUnencrypted(account)),
    ignoreTLS: tls === "none",
    // On the loopback a certificate proves nothing that we do not know; servers there make up their own.
    tls: { rejectUnauthorized: tls_verify && !(tls === "auto" && isLoopback(smtp_host)) },
    ...(loggingIn ? { auth: { user: username, pass: password } } : {}),
    maxConnections: account.pool,
    // A connection that the server had closed while it was idle is replaced once; the lane does the other retries.
    maxRequeues: 1,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: ANSWER_MS,
    socketTimeout: ANSWER_MS,
  });
}

const CONNECT_MS = 10_000;
/** Below the minutes of RFC 5321 §4.5.3.2 on purpose: the lane's own limit is shorter, and it tries again. */
const ANSWER_MS = 60_000;

/**
 * The same for every attempt, so that receivers that look at it show a repeated mail once. Hashed, because keys
 * may hold what a local part may not.
 */
function messageIdOf(key: string, from: string): string {
  return `<${createHash("sha256").update(key).digest("hex").slice(0, 40)}@${domainOf(from)}>`;
}

function troubleOf(error: unknown, timeoutMs: number): SmtpTrouble {
  if (!(error instanceof Error)) return { message: String(error) };
  const { code, originalCode, response } = error as Error & Partial<SmtpTrouble>;
  if (code === "EABORT") return { code, message: `no answer within ${timeoutMs} ms` };
  return { code, originalCode, response, message: error.message };
}

/** The password as it is and as AUTH encodes it. */
function secretsOf({ username, password }: EmailAccount): string[] {
  if (password === "") return [];
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  return [base64(`\0${username}\0${password}`), base64(password), password];
}

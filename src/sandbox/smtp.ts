import type { AddressInfo } from "node:net";
import type { SMTPServer, SMTPServerDataStream, SMTPServerSession } from "smtp-server";
import { sameText } from "./constant-time.ts";
import type { Strike } from "./faults.ts";
import { readMail } from "./mail.ts";
import type { SandboxState } from "./state.ts";
import { count } from "./tally.ts";

export interface MailServerOptions {
  readonly host: string;
  readonly port: number;
  /** Without one every login is welcome, and none is needed. */
  readonly login: { readonly user: string; readonly password: string } | undefined;
}

export interface MailServer {
  readonly port: number;
  close(): Promise<void>;
}

const largestMailBytes = 10 * 1024 * 1024;
const mostClients = 500;
const mostRecipients = 1_000;

/**
 * A mail server that delivers into the inbox only, one message a recipient. STARTTLS is offered with a
 * certificate whose key is public: for trying, and for nothing else. Replies follow RFC 5321.
 */
export async function startMailServer(state: SandboxState, options: MailServerOptions): Promise<MailServer> {
  // Only loaded by whoever wants a mail server: the robots start without it.
  const { SMTPServer } = await import("smtp-server");
  const clients = new Map<string, AbortController>();
  const clientOf = (session: SMTPServerSession): AbortController => {
    const known = clients.get(session.id);
    if (known) return known;
    const made = new AbortController();
    clients.set(session.id, made);
    return made;
  };

  const server: SMTPServer = new SMTPServer({
    name: "sandbox.invalid",
    banner: "Yizhan sandbox",
    logger: false,
    size: largestMailBytes,
    maxClients: mostClients,
    disableReverseLookup: true,
    authOptional: options.login === undefined,
    allowInsecureAuth: true,
    closeTimeout: 1,
    onAuth(auth, _session, done) {
      const { login } = options;
      const user = auth.username ?? "";
      const password = auth.password ?? "";
      const isWelcome = !login || (sameText(user, login.user) && sameText(password, login.password));
      if (isWelcome) done(null, { user });
      else done(smtpError(535, "5.7.8 authentication failed"));
    },
    onRcptTo({ address }, session, done) {
      if (session.envelope.rcptTo.length >= mostRecipients) return done(smtpError(452, "4.5.3 too many recipients"));
      const strike = state.faults.strike("email", address, "rcpt");
      if (!strike) return done();
      count(state.tallies.email.faults, strike.settings.mode);
      void suffer(strike, session, done);
    },
    onData(stream, session, done) {
      void receive(stream, session, done);
    },
    onClose(session, done) {
      clients.get(session.id)?.abort();
      clients.delete(session.id);
      done?.();
    },
  });

  const receive = async (stream: SMTPServerDataStream, session: SMTPServerSession, done: Done): Promise<void> => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes <= largestMailBytes) chunks.push(chunk);
    }
    if (bytes > largestMailBytes) return done(smtpError(552, "5.3.4 message is larger than the limit"));
    const raw = Buffer.concat(chunks);
    const addresses = session.envelope.rcptTo.map(({ address }) => address);
    state.tallies.email.requests += addresses.length;
    const strike = strikeOnOneOf(addresses);
    if (strike) count(state.tallies.email.faults, strike.settings.mode);
    const isKeptFirst = strike?.settings.beforeAccepting === false;
    if (isKeptFirst) keep(raw, session, addresses);
    if (!strike) {
      keep(raw, session, addresses);
      return done(null, "2.0.0 kept");
    }
    await suffer(strike, session, (error) => {
      if (error) return done(error);
      if (!isKeptFirst) keep(raw, session, addresses);
      done(null, "2.0.0 kept");
    });
  };

  /** A mail is struck once, whichever of its recipients a fault names. */
  const strikeOnOneOf = (addresses: readonly string[]): Strike | undefined => {
    for (const address of addresses) {
      const strike = state.faults.strike("email", address);
      if (strike) return strike;
    }
    return undefined;
  };

  const keep = (raw: Buffer, session: SMTPServerSession, addresses: readonly string[]): void => {
    const mail = readMail(raw);
    const { mailFrom } = session.envelope;
    const envelope = { from: mailFrom ? mailFrom.address : "", to: addresses, secure: session.secure };
    for (const address of addresses) {
      state.receive({
        type: "mail",
        body: { envelope, subject: mail.subject, text: mail.text, html: mail.html },
        text: [mail.subject, mail.text ?? mail.html ?? ""].join("\n"),
        mentions: [],
        time: state.now(),
        platform: "email",
        token: address,
        headers: mail.headers,
        bytes: raw.length,
      });
    }
  };

  /** Answers wrongly, or goes on as if nothing was after a delay. A dropped connection gets no answer at all. */
  const suffer = async ({ settings, hold }: Strike, session: SMTPServerSession, done: Done): Promise<void> => {
    switch (settings.mode) {
      case "fail":
        return done(smtpError(replyCodeOf(settings.code), settings.message ?? "sandbox fault"));
      case "throttle":
        return done(smtpError(450, "4.7.1 too many messages, slow down"));
      case "stall": {
        const left = clientOf(session).signal;
        await hold(left);
        if (left.aborted) state.tallies.email.abandoned++;
        else done();
        return;
      }
      case "garbage":
      case "drop":
        for (const connection of server.connections) {
          if (connection.session.id !== session.id) continue;
          const socket = connection._socket;
          if (settings.mode === "drop") socket.destroy();
          else socket.end("<html>It works!</html>\r\n", () => socket.destroy());
        }
    }
  };

  const port = await new Promise<number>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => {
      server.off("error", reject);
      // A client that breaks off in the middle is reported here, and is no concern of ours.
      server.on("error", () => {});
      resolve((server.server.address() as AddressInfo).port);
    });
  });
  return { port, close: () => closed(server) };
}

/** A fault for all platforms may carry a robot's code, which is no SMTP reply (RFC 5321 §4.2). */
function replyCodeOf(code: string | undefined): number {
  return code !== undefined && /^[45]\d\d$/.test(code) ? Number(code) : 451;
}

type Done = (error?: Error | null, message?: string) => void;

function smtpError(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

/** Does not wait for clients that keep pooled connections open. */
function closed(server: SMTPServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const connection of server.connections) connection._socket.destroy();
  });
}

import * as z from "zod";
import { isLoopback } from "./account.ts";

/** A mailbox that is read over IMAP. */
export const mailboxAccount = z
  .strictObject({
    imap_host: z.string().min(1, "must name the IMAP server").max(255).meta({ description: "The IMAP server." }),
    imap_port: z.int().min(1).max(65_535).default(993).meta({ description: "993 for TLS from the start, 143 else." }),
    tls: z
      .enum(["implicit", "starttls", "none"])
      .default("implicit")
      .meta({ description: "implicit: TLS from the start. starttls: TLS or nothing. none: never." }),
    tls_verify: z.boolean().default(true).meta({ description: "false accepts any certificate: only for a test." }),
    allow_insecure_auth: z
      .boolean()
      .default(false)
      .meta({ description: "Send the password without TLS. Only on a network where nobody listens." }),
    username: z.string().min(1, "must name the mailbox's login").max(320).meta({ description: "Often the address." }),
    password: z
      .string()
      .min(1, "must not be empty")
      .max(1024)
      .meta({ secret: true, description: "Often a code made for the purpose (授权码), not the mailbox's password." }),
    address: z
      .string()
      .max(320)
      .optional()
      .meta({ description: "The mailbox's address, when it is not the username. Mail from it is our own." }),
    mailbox: z.string().min(1).max(255).default("INBOX").meta({ description: "The folder that is read." }),
    first: z
      .enum(["new", "all"])
      .default("new")
      .meta({ description: "What a mailbox that is read for the first time gives: what comes from now on, or all." }),
    poll_seconds: z
      .int()
      .min(10)
      .max(3600)
      .default(60)
      .meta({ description: "How often to look, where the server cannot tell of new mail (IDLE)." }),
    max_bytes: z
      .int()
      .min(64 * 1024)
      .max(100 * 1024 * 1024)
      .default(25 * 1024 * 1024)
      .meta({ description: "Of a larger mail only the headers are read." }),
  })
  .refine((account) => account.tls !== "none" || isLoopback(account.imap_host) || account.allow_insecure_auth, {
    path: ["tls"],
    error: "none would send the password unencrypted: use implicit or starttls, or set allow_insecure_auth: true",
  });

export type MailboxAccount = z.infer<typeof mailboxAccount>;

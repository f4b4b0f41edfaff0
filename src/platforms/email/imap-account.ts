import * as z from "zod";
import { isLoopback } from "./account.ts";

/** A mailbox that is read over IMAP. */
export const mailboxAccount = z
  .strictObject({
    imap_host: z
      .string()
      .min(1, "must name the IMAP server")
      .max(255)
      .meta({ description: "The IMAP server.", zh: "IMAP 服务器。" }),
    imap_port: z
      .int()
      .min(1)
      .max(65_535)
      .default(993)
      .meta({ description: "993 for TLS from the start, 143 else.", zh: "全程 TLS 为 993，否则为 143。" }),
    tls: z.enum(["implicit", "starttls", "none"]).default("implicit").meta({
      description: "implicit: TLS from the start. starttls: TLS or nothing. none: never.",
      zh: "implicit：全程 TLS；starttls：必须升级为 TLS；none：从不使用。",
    }),
    tls_verify: z
      .boolean()
      .default(true)
      .meta({ description: "false accepts any certificate: only for a test.", zh: "false 接受任何证书，仅用于测试。" }),
    allow_insecure_auth: z.boolean().default(false).meta({
      description: "Send the password without TLS. Only on a network where nobody listens.",
      zh: "不用 TLS 发送密码，仅用于无人窃听的网络。",
    }),
    username: z
      .string()
      .min(1, "must name the mailbox's login")
      .max(320)
      .meta({ description: "Often the address.", zh: "常为邮箱地址。" }),
    password: z.string().min(1, "must not be empty").max(1024).meta({
      secret: true,
      description: "Often a code made for the purpose (授权码), not the mailbox's password.",
      zh: "常为专用的授权码，而不是邮箱密码。",
    }),
    address: z.string().max(320).optional().meta({
      description: "The mailbox's address, when it is not the username. Mail from it is our own.",
      zh: "邮箱地址，与用户名不同时填写；来自该地址的邮件视为自己发出的。",
    }),
    mailbox: z
      .string()
      .min(1)
      .max(255)
      .default("INBOX")
      .meta({ description: "The folder that is read.", zh: "读取的邮件夹。" }),
    first: z.enum(["new", "all"]).default("new").meta({
      description: "What a mailbox that is read for the first time gives: what comes from now on, or all.",
      zh: "首次读取时的范围：new 为此后到达的邮件，all 为全部。",
    }),
    poll_seconds: z.int().min(10).max(3600).default(60).meta({
      description: "How often to look, where the server cannot tell of new mail (IDLE).",
      zh: "服务器不支持新邮件通知（IDLE）时，查看的间隔秒数。",
    }),
    max_bytes: z
      .int()
      .min(64 * 1024)
      .max(100 * 1024 * 1024)
      .default(25 * 1024 * 1024)
      .meta({
        description: "Of a larger mail only the headers are read.",
        zh: "超过此大小（字节）的邮件只读取邮件头。",
      }),
  })
  .refine((account) => account.tls !== "none" || isLoopback(account.imap_host) || account.allow_insecure_auth, {
    path: ["tls"],
    error: "none would send the password unencrypted: use implicit or starttls, or set allow_insecure_auth: true",
  });

export type MailboxAccount = z.infer<typeof mailboxAccount>;

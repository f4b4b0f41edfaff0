import { isIP } from "node:net";
import * as z from "zod";
import { mailboxFrom } from "./address.ts";

const mailbox = z
  .string()
  .refine((text) => mailboxFrom(text) !== undefined, "must be an address: who@example.com or Name <who@example.com>");

/** How the hub hands mail to an SMTP server: the configuration file's `email` section. */
export const emailAccount = z
  .strictObject({
    smtp_host: z
      .string()
      .min(1, "must name the SMTP server")
      .max(255)
      .meta({ description: "The SMTP server.", zh: "SMTP 服务器。" }),
    smtp_port: z
      .int()
      .min(1)
      .max(65_535)
      .default(587)
      .meta({ description: "465 for TLS from the start, else 587.", zh: "全程 TLS 为 465，否则为 587。" }),
    username: z
      .string()
      .max(320)
      .default("")
      .meta({ description: "Empty: send without logging in.", zh: "留空则不登录直接发送。" }),
    password: z.string().max(1024).default("").meta({
      secret: true,
      description: "Often a code made for the purpose (授权码), not the mailbox's password.",
      zh: "常为专用的授权码，而不是邮箱密码。",
    }),
    from: mailbox.meta({
      description: "The sender: who@example.com or Name <who@example.com>.",
      zh: "发件人：who@example.com 或 名称 <who@example.com>。",
    }),
    reply_to: mailbox
      .optional()
      .meta({ description: "Where answers go, when not to the sender.", zh: "回信地址，缺省为发件人。" }),
    tls: z.enum(["auto", "implicit", "starttls", "none"]).default("auto").meta({
      description:
        "auto: TLS from the start on port 465; elsewhere STARTTLS when the server offers it, and always before a password is sent. starttls: refuse servers without it. none: never.",
      zh: "auto：465 端口全程 TLS，其他端口在服务器支持时使用 STARTTLS，发送密码之前必须使用；starttls：服务器不支持则拒绝；none：从不使用。",
    }),
    tls_verify: z
      .boolean()
      .default(true)
      .meta({ description: "false accepts any certificate: only for a test.", zh: "false 接受任何证书，仅用于测试。" }),
    allow_insecure_auth: z.boolean().default(false).meta({
      description: "Send the password without TLS. Only on a network where nobody listens.",
      zh: "不用 TLS 发送密码，仅用于无人窃听的网络。",
    }),
    pool: z
      .int()
      .min(1)
      .max(50)
      .default(5)
      .meta({ description: "Connections kept to the server.", zh: "与服务器保持的连接数。" }),
  })
  .refine(({ username, password }) => username !== "" || password === "", {
    path: ["username"],
    error: "must be set when password is",
  })
  .refine((account) => account.tls !== "none" || account.username === "" || mayLogInUnencrypted(account), {
    path: ["tls"],
    error: "none would send the password unencrypted: use auto or starttls, or set allow_insecure_auth: true",
  });

export type EmailAccount = z.infer<typeof emailAccount>;

/** Is the connection private without TLS, or does the operator say so? */
export function mayLogInUnencrypted(account: { readonly smtp_host: string; readonly allow_insecure_auth: boolean }) {
  return account.allow_insecure_auth || isLoopback(account.smtp_host);
}

/** Does the connection stay on this machine? */
export function isLoopback(host: string): boolean {
  if (host === "localhost" || host === "::1") return true;
  return isIP(host) === 4 && host.startsWith("127.");
}

import * as z from "zod";
import { definePlatform } from "../definition.ts";
import { type EmailAccount, emailAccount } from "./account.ts";
import { domainOf, isAddress } from "./address.ts";
import { emailErrors } from "./errors.ts";
import { MAIL_BYTES, renderMails } from "./render.ts";
import { type EmailChannel, SmtpSender } from "./smtp.ts";

/** Mail over SMTP. */
export const email = definePlatform<EmailAccount, EmailChannel>({
  id: "email",
  aliases: [],
  label: { en: "Email", zh: "邮件" },
  capabilities: { markdown: "full", cards: true, buttons: "url", mentions: [], messageId: true },
  // Providers limit an account, by the day, and do not publish it for a mailbox; they say so when it is reached.
  limits: { bytes: { text: MAIL_BYTES, card: MAIL_BYTES }, rate: [] },
  errors: emailErrors,
  account: emailAccount,
  channel: z.strictObject({
    email: z.string().refine(isAddress, "must be an email address: who@example.com").meta({
      description: "Who gets the mail: one address.",
      zh: "收件人，一个邮箱地址。",
    }),
  }),
  listKey: "recipients",
  // Domains do not tell cases apart; local parts may (RFC 5321 §2.4).
  address: ({ email: address }) => `${address.slice(0, address.lastIndexOf("@"))}@${domainOf(address)}`,
  render: (message, _channel, context) => renderMails(message, context),
  connect: () => new SmtpSender(),
});

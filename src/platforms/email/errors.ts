import type { PlatformError } from "../../model/platform-error.ts";
import { type ErrorRow, type ErrorTable, errorOf } from "../definition.ts";
import { rows } from "../error-rows.ts";

const replies = "https://www.rfc-editor.org/rfc/rfc5321#section-4.2.3";
const enhanced = "https://www.rfc-editor.org/rfc/rfc3463#section-3";
const auth = "https://www.rfc-editor.org/rfc/rfc4954#section-6";
const registry = "https://www.iana.org/assignments/smtp-enhanced-status-codes";
const gmail = "https://support.google.com/a/answer/3726730";
const exchange =
  "https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/authenticated-client-smtp-submission";
const tls = "https://www.rfc-editor.org/rfc/rfc8314#section-3";

const MINUTE_MS = 60_000;

const login: ErrorRow = {
  kind: "unauthorized",
  meaning: "The server wants a login, or refuses this one",
  advice: "SMTP 登录失败：请检查用户名与密码，多数邮箱须使用授权码",
  source: auth,
};
const noMailbox: ErrorRow = {
  kind: "rejected",
  meaning: "The mailbox or its domain does not exist or takes no mail",
  advice: "收件地址不存在或已停用：请检查收件人邮箱",
  source: enhanced,
};
const tooBig: ErrorRow = {
  kind: "rejected",
  meaning: "The message is larger than the server or the mailbox takes",
  advice: "邮件超过服务器大小限制：请缩短内容",
  source: enhanced,
};
const policy: ErrorRow = {
  kind: "rejected",
  meaning: "The server refuses this sender or this content",
  advice: "被收件服务器的策略拒绝：请检查发件域名的 SPF、DKIM、DMARC 与邮件内容",
  source: enhanced,
};
const full: ErrorRow = {
  kind: "unavailable",
  meaning: "The mailbox is full",
  advice: "收件邮箱已满：请收件人清理邮箱",
  source: enhanced,
};
const busy: ErrorRow = {
  kind: "unavailable",
  meaning: "The server cannot take the message now",
  advice: "邮件服务器暂不可用，稍后自动重试",
  source: replies,
};
const tooMany: ErrorRow = {
  kind: "rate-limited",
  meaning: "Too many messages; the server does not say for how long",
  advice: "发送过于频繁，稍后自动重发",
  retryAfterMs: 5 * MINUTE_MS,
  source: registry,
};

/**
 * SMTP answers, the most exact first: reply code with enhanced code, enhanced code, reply code, class of reply
 * code. Our own codes for what is no answer at the end.
 */
export const emailErrors: ErrorTable = {
  ...rows("530 534 535 538 5.7.8 5.7.9 5.7.11 5.7.14", login),
  "530 5.7.0": login,
  "550 5.7.30": {
    kind: "unauthorized",
    meaning: "Exchange Online no longer takes passwords from this tenant",
    advice: "Exchange Online 已停用密码登录：请改用支持授权码的服务器或中继",
    source: exchange,
  },
  "454 4.7.0": { ...busy, meaning: "The server cannot check logins now", source: auth },
  "550 5.4.5": {
    kind: "rate-limited",
    meaning: "Gmail's sending limit of the day is used up",
    advice: "已达 Gmail 当日发送上限，额度恢复后自动重发",
    // The quota comes back within 24 hours, bit by bit; a try an hour costs nothing.
    retryAfterMs: 60 * MINUTE_MS,
    source: gmail,
  },
  "421 4.7.28": { ...tooMany, source: gmail },
  rate: tooMany,
  ...rows("5.1.0 5.1.1 5.1.2 5.1.3 5.1.6 5.1.10 5.2.1 551 553", noMailbox),
  ...rows("4.2.2 5.2.2", full),
  ...rows("5.2.3 5.3.4", tooBig),
  ...rows("5.1.7 5.1.8 5.6.0 5.7.1 5.7.23 5.7.25 5.7.26 5.7.27 554", policy),
  552: { ...tooBig, source: replies },
  550: { ...noMailbox, meaning: "The mailbox is unknown, or policy forbids it", source: replies },
  ...rows("421 450 451 452 454 455 4xx", busy),
  ...rows("500 501 502 503 504 555 5xx", {
    kind: "rejected",
    meaning: "The server refuses the command or the message",
    advice: "邮件服务器拒绝：请按其说明检查地址与服务器设置",
    source: replies,
  }),
  timeout: { ...busy, meaning: "No answer in time", advice: "邮件服务器未在时限内应答" },
  network: { ...busy, meaning: "No connection, or it broke", advice: "请检查网络与 smtp_host、smtp_port" },
  tls: {
    kind: "rejected",
    meaning: "No trusted TLS connection, and the settings ask for one",
    advice:
      "请检查 tls 设置与服务器证书；仅在可信内网可设 tls_verify: false，或以 allow_insecure_auth: true 允许明文登录",
    source: tls,
  },
  message: {
    ...policy,
    meaning: "The message could not be put together",
    advice: "请检查发件人与收件人地址",
    source: replies,
  },
  account: { ...login, meaning: "There is no email section", advice: "请在配置文件中填写 email（SMTP 服务器）" },
};

/** What went wrong while sending, as nodemailer tells it. */
export interface SmtpTrouble {
  /** `EAUTH`, `ETIMEDOUT`, … */
  readonly code?: string | undefined;
  /** The system's own code under it. */
  readonly originalCode?: string | undefined;
  /** The server's last words, when it had any: `550 5.1.1 no such user`. */
  readonly response?: string | undefined;
  readonly message: string;
}

/** @param secrets What must not be quoted, should a server repeat it. */
export function smtpError(trouble: SmtpTrouble, secrets: readonly string[]): PlatformError {
  const words = withoutSecrets(trouble.response ?? trouble.message, secrets);
  const reply = /^([245]\d\d)(?:[ -]([245]\.\d{1,3}\.\d{1,3}))?/.exec(trouble.response ?? "");
  const [, basic, detail] = reply ?? [];
  // STARTTLS refused for good is a matter of settings; "not now" (454) is the server's.
  if (trouble.code === "ETLS" && basic?.[0] !== "4") return row("tls", "tls", words);
  if (basic === undefined) return ownError(trouble, words);
  const shown = detail === undefined ? basic : `${basic} ${detail}`;
  if (basic[0] === "4" && /\brate\b|too many|too fast|too quickly|频率|过于频繁/i.test(words))
    return row("rate", shown, words);
  const keys = [shown, detail ?? shown, basic, `${basic[0]}xx`];
  const found = keys.find((key) => key in emailErrors) ?? "5xx";
  // Whatever else a refused AUTH says (550 at 163.com), it is the login that was refused.
  if (trouble.code === "EAUTH" && emailErrors[found]?.kind === "rejected") return row("535", shown, words);
  return row(found, shown, words);
}

function ownError(trouble: SmtpTrouble, words: string): PlatformError {
  const { code = "", originalCode = "" } = trouble;
  if (code === "EABORT" || code === "ETIMEDOUT") return row("timeout", "timeout", words);
  if (code === "EAUTH") return row("535", "auth", words);
  if (/CERT|^UNABLE_TO_|^ERR_(?:SSL|TLS)_|^EPROTO$/.test(originalCode)) return row("tls", "tls", words);
  if (code === "EENVELOPE" || code === "EMESSAGE") return row("message", "message", words);
  return row("network", "network", words);
}

function row(key: string, shown: string, words: string): PlatformError {
  return { ...errorOf(emailErrors, key, words), code: shown };
}

const WORDS_LENGTH = 500;

function withoutSecrets(text: string, secrets: readonly string[]): string {
  let clean = text.replace(/[\p{Cc}\s]+/gu, " ").trim();
  for (const secret of secrets) if (secret !== "") clean = clean.replaceAll(secret, "***");
  return clean.slice(0, WORDS_LENGTH);
}

import type { MailboxAccount } from "./imap-account.ts";

/** Why no mail is received, without the password. */
export interface ImapTrouble {
  readonly code: "login" | "mailbox" | "tls" | "timeout" | "network" | "closed" | "other";
  /** The server's words, or the network's. */
  readonly message: string;
  /** What the operator can do about it. */
  readonly advice: string;
}

/** What imapflow, Node or storing a mail threw, for a log: only its words are taken, which hold no command. */
export function troubleOf(error: unknown, account: MailboxAccount): ImapTrouble {
  const thrown = error instanceof Error ? error : new Error(String(error));
  const { code = "", responseText, authenticationFailed, mailboxMissing, tlsFailed } = thrown as Error & Thrown;
  const message = withoutSecrets(responseText || thrown.message, account);
  if (authenticationFailed || code === "MissingServerExtension") {
    return { code: "login", message, advice: "IMAP登录失败：请检查用户名与密码，多数邮箱须开启IMAP并使用授权码" };
  }
  if (/unsafe login/i.test(message)) {
    return { code: "login", message, advice: "网易邮箱拒绝登录：请在邮箱设置中开启IMAP并使用授权码" };
  }
  if (mailboxMissing) {
    return { code: "mailbox", message, advice: `邮箱中没有文件夹“${account.mailbox}”：请检查mailbox` };
  }
  if (tlsFailed || /CERT|^UNABLE_TO_|^ERR_(?:SSL|TLS)_|^EPROTO$|STARTTLS/.test(code)) {
    return { code: "tls", message, advice: "请检查tls与imap_port是否相符，以及服务器的证书" };
  }
  if (/TIMEOUT|TIMEDOUT/.test(code))
    return { code: "timeout", message, advice: "IMAP服务器未在时限内应答，将自动重连" };
  if (/^(?:NoConnection|EConnectionClosed|ClosedAfterConnect\w+|StateLogout)$/.test(code)) {
    return { code: "closed", message, advice: "IMAP服务器关闭了连接，将自动重连" };
  }
  if (/^E[A-Z]+$/.test(code))
    return { code: "network", message, advice: "请检查网络与imap_host、imap_port，将自动重连" };
  return { code: "other", message, advice: "将自动重试" };
}

interface Thrown {
  readonly code?: string;
  readonly responseText?: string;
  readonly authenticationFailed?: boolean;
  readonly mailboxMissing?: boolean;
  readonly tlsFailed?: boolean;
}

const WORDS_LENGTH = 300;

function withoutSecrets(text: string, { username, password }: MailboxAccount): string {
  const base64 = (secret: string) => Buffer.from(secret).toString("base64");
  let clean = text.replace(/[\p{Cc}\s]+/gu, " ").trim();
  for (const secret of [base64(`\0${username}\0${password}`), base64(password), password]) {
    clean = clean.replaceAll(secret, "***");
  }
  return clean.slice(0, WORDS_LENGTH).toWellFormed();
}

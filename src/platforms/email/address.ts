/** What an SMTP envelope takes: one `@`, a local part of 64 bytes and 254 in all (RFC 5321 §4.5.3.1, erratum 1690). */
export function isAddress(text: string): boolean {
  const at = text.lastIndexOf("@");
  const local = text.slice(0, at);
  const domain = text.slice(at + 1);
  return (
    at > 0 &&
    !/[\s\p{C}<>()[\]\\,;:"@]/u.test(local) &&
    /^[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}.-]*[\p{L}\p{N}\p{M}])?$/u.test(domain) &&
    !domain.includes("..") &&
    Buffer.byteLength(local) <= 64 &&
    Buffer.byteLength(text) <= 254
  );
}

export interface Mailbox {
  /** Empty when none is shown. */
  readonly name: string;
  readonly address: string;
}

/** `who@example.com` or `Name <who@example.com>`; undefined for anything else, line breaks above all. */
export function mailboxFrom(text: string): Mailbox | undefined {
  const named = /^([^<>\p{Cc}]{0,200})<([^<>\p{Cc}]+)>$/u.exec(text.trim());
  const name = (named?.[1] ?? "").trim().replace(/^"(.*)"$/, "$1");
  const address = named?.[2] ?? text.trim();
  return isAddress(address) ? { name, address } : undefined;
}

export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf("@") + 1).toLowerCase();
}

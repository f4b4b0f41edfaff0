/** The headers of a mail or of a part, unfolded, names in lower case. */
export interface MailHeaders {
  first(name: string): string | undefined;
}

/** Real mails have some hundred lines; a mail of nothing but headers is cut here. */
const HEADER_BYTES = 256 * 1024;

/**
 * The headers at the start of a mail or part, up to its first empty line. Bytes beyond ASCII are read as Latin-1:
 * only what is ASCII by its own rules (ids, keywords, addresses) is to be taken from here.
 */
export function headersOf(raw: Uint8Array | string): MailHeaders {
  const text = typeof raw === "string" ? raw : Buffer.from(raw.subarray(0, HEADER_BYTES)).toString("latin1");
  const values = new Map<string, string>();
  let name: string | undefined;
  for (const line of text.slice(0, HEADER_BYTES).split(/\r?\n/)) {
    if (line === "") break;
    if (/^[ \t]/.test(line)) {
      // A folded line continues the one before; the white space stays (RFC 5322 §2.2.3).
      if (name !== undefined) values.set(name, `${values.get(name)}${line}`);
      continue;
    }
    const colon = line.indexOf(":");
    const next = colon > 0 ? line.slice(0, colon).trim().toLowerCase() : undefined;
    // The first of several counts, as mail servers put theirs on top; what continues a later one is left out too.
    name = next === undefined || values.has(next) ? undefined : next;
    if (name !== undefined) values.set(name, line.slice(colon + 1).trim());
  }
  return { first: (wanted) => values.get(wanted) };
}

/** A mail without its body, as bytes. */
export function headOf(raw: Uint8Array): Uint8Array {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, Math.min(raw.byteLength, HEADER_BYTES));
  const ends = [bytes.indexOf("\r\n\r\n"), bytes.indexOf("\n\n")].filter((index) => index >= 0);
  return ends.length === 0 ? bytes : bytes.subarray(0, Math.min(...ends) + 4);
}

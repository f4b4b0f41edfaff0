/** As much of a mail as the inbox shows. */
export interface Mail {
  readonly subject: string;
  /** The first text/plain part, decoded. */
  readonly text: string | undefined;
  /** The first text/html part, decoded. */
  readonly html: string | undefined;
  /** Lower-case names; of a repeated header the first. */
  readonly headers: Readonly<Record<string, string>>;
}

const deepestPart = 5;
const mostHeaders = 200;

/** Reads a mail (RFC 5322) and its MIME parts (RFC 2045, 2046). Never throws: what cannot be read stays as it came. */
export function readMail(raw: Buffer): Mail {
  // latin1 keeps every byte apart, so that parts can be cut as text and decoded as bytes.
  const { headers, body } = entityOf(raw.toString("latin1"));
  const found: { plain?: string; html?: string } = {};
  collect(headers, body, found, 0);
  const shown = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, decodedWords(value)]));
  return { subject: shown.subject ?? "", text: found.plain, html: found.html, headers: shown };
}

type Headers = Readonly<Record<string, string>>;

function entityOf(text: string): { headers: Headers; body: string } {
  const gap = /\r?\n\r?\n/.exec(text);
  const head = gap ? text.slice(0, gap.index) : text;
  const headers: Record<string, string> = Object.create(null);
  for (const line of head
    .replace(/\r?\n[ \t]+/g, " ")
    .split(/\r?\n/)
    .slice(0, mostHeaders)) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    if (name !== "" && headers[name] === undefined) headers[name] = line.slice(colon + 1).trim();
  }
  return { headers, body: gap ? text.slice(gap.index + gap[0].length) : "" };
}

function collect(headers: Headers, body: string, found: { plain?: string; html?: string }, depth: number): void {
  const type = headers["content-type"] ?? "text/plain";
  const boundary = /^multipart\/.*?;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(type);
  if (boundary) {
    if (depth >= deepestPart) return;
    const delimiter = `\n--${boundary[1] ?? boundary[2]}`;
    // The line break before a delimiter belongs to the delimiter (RFC 2046 §5.1.1).
    const parts = `\n${body}`
      .split(delimiter)
      .slice(1, 20)
      .map((part) => part.replace(/\r$/, ""));
    for (const part of parts) {
      if (part.startsWith("--")) return;
      const entity = entityOf(part.replace(/^[^\n]*\n/, ""));
      collect(entity.headers, entity.body, found, depth + 1);
    }
  } else if (/^text\/plain/i.test(type)) found.plain ??= decodedBody(headers, body, type);
  else if (/^text\/html/i.test(type)) found.html ??= decodedBody(headers, body, type);
}

function decodedBody(headers: Headers, body: string, type: string): string {
  const charset = /;\s*charset="?([^";\s]+)/i.exec(type)?.[1] ?? "utf-8";
  const encoding = headers["content-transfer-encoding"]?.toLowerCase();
  const bytes =
    encoding === "base64"
      ? Buffer.from(body, "base64")
      : encoding === "quoted-printable"
        ? unquoted(body.replace(/[ \t]+(?=\r?\n)/g, "").replace(/=\r?\n/g, ""))
        : Buffer.from(body, "latin1");
  return inCharset(bytes, charset).replace(/\r\n/g, "\n").replace(/\n+$/, "");
}

/** `=?charset?B|Q?…?=` (RFC 2047); the white space between two of them belongs to neither. */
function decodedWords(value: string): string {
  const joined = value.replace(/(\?=)\s+(?==\?)/g, "$1");
  const decoded = joined.replace(
    /=\?([^?*]+)(?:\*[^?]*)?\?([bq])\?([^?]*)\?=/gi,
    (_, charset: string, how: string, text: string) =>
      inCharset(how.toLowerCase() === "b" ? Buffer.from(text, "base64") : unquoted(text.replaceAll("_", " ")), charset),
  );
  // A header may also be bare UTF-8 (RFC 6532).
  return decoded === value ? inCharset(Buffer.from(value, "latin1"), "utf-8") : decoded;
}

function unquoted(text: string): Buffer {
  return Buffer.from(
    text.replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  );
}

function inCharset(bytes: Buffer, charset: string): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return bytes.toString("latin1");
  }
}

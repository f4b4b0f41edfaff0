/**
 * HTTP/1.1 as RFC 9112 writes it, read from the bytes and lenient about nothing. Text is Latin-1 throughout, so that a
 * character is a byte.
 */
export interface WireMessage {
  /** Its first line, such as `GET / HTTP/1.1`. */
  readonly line: string;
  /** `Name: value`, one a line, as they came. */
  readonly fields: readonly string[];
  readonly framing: Framing;
  /** Without the marks of chunks. */
  readonly body: string;
  readonly trailers: readonly string[];
  /** The connection ended, or the test looked, before all of it had come. */
  readonly isBroken: boolean;
}

/** What says where a body ends; `close` is the end of the connection. */
export type Framing = "none" | "length" | "chunked" | "close";

/** A message at the start of some bytes, and how many of them it took. */
export interface Taken {
  readonly message: WireMessage;
  readonly length: number;
}

const END_OF_HEAD = "\r\n\r\n";

/** The request that the bytes begin with; undefined while its head is not complete. */
export function takeRequest(bytes: string): Taken | undefined {
  return takeMessage(bytes, (fields) => framingOf(fields) ?? "none");
}

/**
 * The answer that the bytes begin with; undefined while its head is not complete.
 *
 * @param toHead It answers a HEAD, so nothing follows its head.
 */
export function takeAnswer(bytes: string, { toHead, hasEnded }: { toHead: boolean; hasEnded: boolean }) {
  const taken = takeMessage(bytes, (fields, line) => {
    const hasNoBody = toHead || /^HTTP\/1\.\d (1\d\d|204|304)/.test(line);
    return hasNoBody ? "none" : (framingOf(fields) ?? "close");
  });
  if (taken?.message.framing !== "close" || !hasEnded) return taken;
  return { ...taken, message: { ...taken.message, isBroken: false } };
}

/** Values of a field, in order; names are compared without case. */
export function valuesOf({ fields }: Pick<WireMessage, "fields">, name: string): string[] {
  return fields.filter((field) => nameOf(field) === name.toLowerCase()).map((field) => contentOf(field));
}

/** In lower case. */
export function nameOf(field: string): string {
  return field.slice(0, field.indexOf(":")).toLowerCase();
}

function contentOf(field: string): string {
  return field.slice(field.indexOf(":") + 1).trim();
}

function takeMessage(bytes: string, framing: (fields: readonly string[], line: string) => Framing): Taken | undefined {
  const end = bytes.indexOf(END_OF_HEAD);
  if (end < 0) return undefined;
  const [line = "", ...fields] = bytes.slice(0, end).split("\r\n");
  const start = end + END_OF_HEAD.length;
  const kind = framing(fields, line);
  const { body, trailers, length, isBroken } = takeBody(bytes.slice(start), kind, fields);
  return { message: { line, fields, framing: kind, body, trailers, isBroken }, length: start + length };
}

function framingOf(fields: readonly string[]): Framing | undefined {
  const hasChunks = valuesOf({ fields }, "transfer-encoding").length > 0;
  const hasLength = valuesOf({ fields }, "content-length").length > 0;
  // RFC 9112 6.1: whoever sends both is out to confuse.
  if (hasChunks && hasLength) throw new Error(`framed twice: ${fields.join(" | ")}`);
  return hasChunks ? "chunked" : hasLength ? "length" : undefined;
}

interface TakenBody {
  readonly body: string;
  readonly trailers: readonly string[];
  readonly length: number;
  readonly isBroken: boolean;
}

function takeBody(bytes: string, framing: Framing, fields: readonly string[]): TakenBody {
  switch (framing) {
    case "none":
      return { body: "", trailers: [], length: 0, isBroken: false };
    case "close":
      return { body: bytes, trailers: [], length: bytes.length, isBroken: true };
    case "length": {
      const wanted = Number(valuesOf({ fields }, "content-length")[0]);
      const body = bytes.slice(0, wanted);
      return { body, trailers: [], length: body.length, isBroken: body.length < wanted };
    }
    case "chunked":
      return takeChunks(bytes);
  }
}

function takeChunks(bytes: string): TakenBody {
  let body = "";
  let at = 0;
  const broken = () => ({ body, trailers: [], length: bytes.length, isBroken: true });
  for (;;) {
    const end = bytes.indexOf("\r\n", at);
    if (end < 0) return broken();
    const size = bytes.slice(at, end);
    if (!/^[0-9a-f]+$/i.test(size)) throw new Error(`not the size of a chunk: ${JSON.stringify(size)}`);
    const length = Number.parseInt(size, 16);
    at = end + 2;
    if (length === 0) break;
    body += bytes.slice(at, at + length);
    if (bytes.length < at + length + 2) return broken();
    if (bytes.slice(at + length, at + length + 2) !== "\r\n") throw new Error("a chunk is longer than its size");
    at += length + 2;
  }
  const trailers: string[] = [];
  for (;;) {
    const end = bytes.indexOf("\r\n", at);
    if (end < 0) return broken();
    const line = bytes.slice(at, end);
    at = end + 2;
    if (line === "") return { body, trailers, length: at, isBroken: false };
    trailers.push(line);
  }
}

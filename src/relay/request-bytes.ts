import type { OriginAddress } from "./origin-address.ts";
import type { OutgoingRequest } from "./target.ts";

/** Bodies up to this are copied behind their head: one text is one write, where bytes are gathered from two places. */
export const mostJoinedBytes = 8_192;

/** How the length of a body is told to an origin. */
export type SentFraming = "none" | "bytes" | "length" | "chunked";

/** A request's head as it goes onto the wire, and how its body follows. */
export interface RequestBytes {
  /** Latin-1, the empty line included. */
  readonly head: string;
  readonly framing: SentFraming;
  /** Of a streamed body that tells its length. */
  readonly length: number;
}

/** @throws RangeError for a field that would end its line. */
export function requestHead({ method, path, headers, body }: OutgoingRequest, origin: OriginAddress): RequestBytes {
  const { basePath, authority } = origin;
  // Nothing, or a query at once, is asked of the base itself.
  const below = path.startsWith("/") ? basePath + path : `${basePath === "" ? "/" : basePath}${path}`;
  let framing: SentFraming = body === undefined ? "none" : body instanceof Uint8Array ? "bytes" : "chunked";
  let length = 0;
  let hasHost = false;
  let lines = "";
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string;
    const value = headers[at + 1] as string;
    if (breaking.test(value)) throw new RangeError("a header value has a line break or zero byte in it");
    if (name.length === 4 && name.toLowerCase() === "host") hasHost = true;
    else if (name.length === 14 && name.toLowerCase() === "content-length") {
      // Of bytes the length is known better here.
      if (framing === "bytes" || (framing === "none" && value !== "0")) continue;
      if (framing === "chunked") {
        framing = "length";
        length = Number(value);
      }
    }
    lines += `${name}: ${value}\r\n`;
  }
  const host = hasHost ? "" : `Host: ${authority}\r\n`;
  const told = framing === "bytes" ? `Content-Length: ${(body as Uint8Array).byteLength}\r\n` : "";
  const coding = framing === "chunked" ? "Transfer-Encoding: chunked\r\n" : "";
  const head = `${method} ${below} HTTP/1.1\r\n${host}Connection: keep-alive\r\n${lines}${told}${coding}\r\n`;
  return { head, framing, length };
}

/** Head and body in one piece, as Latin-1; undefined where the body is too long to be copied. */
export function joinedText(head: string, body: Uint8Array): string | undefined {
  return body.byteLength > mostJoinedBytes ? undefined : head + latin1Of(body);
}

/** Each byte as a character: what is written as Latin-1 is the bytes again. */
export function latin1Of(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString("latin1");
}

const breaking = /[\0\r\n]/;

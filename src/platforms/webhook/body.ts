import { gunzipSync } from "node:zlib";
import { headerOf, utf8Of } from "../callback-parts.ts";
import type { CallbackRequest, Refusal } from "../receiving.ts";

export interface Body {
  readonly reason?: undefined;
  /** What it says; a text that is no JSON is a string. */
  readonly json: unknown;
  /** As it came, unpacked, without a byte order mark. */
  readonly text: string;
}

/** The same as for a body that is not packed: what is kept is bounded, whatever it was packed into. */
export const BODY_BYTES = 1024 * 1024;

/** Deeper than anything a system sends; what reads the Event later may be recursive. */
export const BODY_DEPTH = 100;

/**
 * Reads the body of a call that was verified. A body that is no JSON is kept as text when its `Content-Type` says
 * `text/…`, because the sender then never promised JSON; else it is refused, so that the sender sees its mistake.
 */
export function bodyOf(request: CallbackRequest): Body | Refusal {
  const bytes = unpacked(request);
  if (!(bytes instanceof Uint8Array)) return bytes;
  // Without a byte order mark: RFC 8259 §8.1 lets a reader ignore it, and Windows tools write it.
  const text = utf8Of(bytes);
  if (text === undefined) return malformed("请求体不是UTF-8编码的文本");
  if (isTooDeep(text)) return malformed(`JSON嵌套超过${BODY_DEPTH}层`);
  try {
    return { json: JSON.parse(text), text };
  } catch {
    const type = headerOf(request, "content-type") ?? "";
    if (/^text\//i.test(type.trim())) return { json: text, text };
    // The parser's own words quote the body, which is not ours to show.
    return malformed("请求体不是JSON：请让对方以JSON发送，或以Content-Type: text/plain发送纯文本");
  }
}

function unpacked(request: CallbackRequest): Uint8Array | Refusal {
  const coding = (headerOf(request, "content-encoding") ?? "").trim().toLowerCase();
  if (coding === "" || coding === "identity") return request.body;
  if (coding !== "gzip" && coding !== "x-gzip") {
    return malformed("不支持此Content-Encoding：请使用gzip或不压缩");
  }
  try {
    return gunzipSync(request.body, { maxOutputLength: BODY_BYTES });
  } catch (error) {
    const tooLong = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    return malformed(tooLong ? "请求体解压后超过1 MiB" : "请求体不是完整的gzip数据");
  }
}

/** Counts before parsing: brackets outside of strings. What is no JSON may be found too deep as well; it is not kept. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (quoted) {
      if (code === BACKSLASH) index++;
      else if (code === QUOTE) quoted = false;
    } else if (code === QUOTE) quoted = true;
    else if (code === OPEN_BRACKET || code === OPEN_BRACE) {
      if (++depth > BODY_DEPTH) return true;
    } else if (code === CLOSE_BRACKET || code === CLOSE_BRACE) depth--;
  }
  return false;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

function malformed(advice: string): Refusal {
  return { reason: "malformed", advice };
}

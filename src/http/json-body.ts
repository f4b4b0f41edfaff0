import { isUtf8 } from "node:buffer";
import { jsonMistakeIn } from "./json-place.ts";

/** A JSON request body, or what is wrong with it. */
export type JsonBody =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly status: 400 | 415; readonly error: string };

/**
 * Reads a request body as JSON (RFC 8259: UTF-8 only). The type is checked first: a page of another origin
 * can send any form type without asking, but `application/json` only after a preflight that the hub refuses.
 */
export function jsonBodyOf(headers: Headers, body: Buffer | undefined): JsonBody {
  const unsupported = unsupportedIn(headers);
  if (unsupported !== undefined) return { ok: false, status: 415, error: unsupported };
  if (body === undefined || body.length === 0) return bad("请求体不能为空，应为JSON对象");
  if (!isUtf8(body)) return bad("请求体不是有效的UTF-8编码");
  const whole = body.toString("utf8");
  const text = whole.charCodeAt(0) === byteOrderMark ? whole.slice(1) : whole;
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return bad(`请求体不是有效的JSON：${placeOf(text)}`);
  }
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

// Some Windows clients write one; RFC 8259 §8.1 lets a parser ignore it.
const byteOrderMark = 0xfeff;

function bad(error: string): JsonBody {
  return { ok: false, status: 400, error };
}

function unsupportedIn(headers: Headers): string | undefined {
  const type = headers["content-type"];
  if (type !== "application/json" && !jsonTypePattern.test(String(type ?? ""))) {
    return `Content-Type必须是application/json（UTF-8），收到的是${type === undefined ? "空" : shown(String(type))}`;
  }
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    return `不支持Content-Encoding ${shown(String(encoding))}，请发送未压缩的请求体`;
  }
  return undefined;
}

const jsonTypePattern = /^application\/json\s*(;\s*(charset\s*=\s*"?utf-?8"?)?\s*)*$/i;

function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** Line and column from 1, as editors count. */
function placeOf(text: string): string {
  const offset = jsonMistakeIn(text) ?? text.length;
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  const column = offset - before.lastIndexOf("\n");
  const what = offset >= text.length ? "内容不完整" : `不应出现${JSON.stringify(text.charAt(offset))}`;
  return `第${line}行第${column}列，${what}`;
}

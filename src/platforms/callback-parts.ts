import type { CallbackAnswer, CallbackRequest } from "./receiving.ts";

/** A header that came once. A repeated one says two things, so it says nothing. */
export function headerOf({ headers }: CallbackRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A body as text, without a byte order mark; undefined where it is not UTF-8. */
export function utf8Of(body: Uint8Array): string | undefined {
  try {
    return strict.decode(body);
  } catch {
    return undefined;
  }
}

const strict = new TextDecoder("utf-8", { fatal: true });

/** HTTP 200 with this JSON. */
export function jsonAnswer(json: Readonly<Record<string, unknown>>): CallbackAnswer {
  return { status: 200, contentType: "application/json; charset=utf-8", body: JSON.stringify(json) };
}

import type { ForwardedRequest } from "../model/forward.ts";
import type { CallbackRequest } from "./receiving.ts";
import type { Resealed } from "./resealing.ts";

/** A request that was passed on, as a platform's parts read it. */
export function callbackRequestOf({ method, query, headers, body }: ForwardedRequest): CallbackRequest {
  const fields: Record<string, string | string[]> = {};
  for (let at = 0; at < headers.length; at += 2) {
    const name = (headers[at] ?? "").toLowerCase();
    const value = headers[at + 1] ?? "";
    const before = fields[name];
    fields[name] = before === undefined ? value : [before, value].flat();
  }
  return { method, query: new URLSearchParams(query ?? ""), headers: fields, body };
}

/** The request with what was sealed in its place; everything else stays byte for byte. */
export function resealedRequest(request: ForwardedRequest, { query, headers, body }: Resealed): ForwardedRequest {
  return {
    ...request,
    query: replacedQuery(request.query, query),
    headers: replacedHeaders(request.headers, headers),
    body: typeof body === "string" ? Buffer.from(body) : body,
  };
}

function replacedQuery(query: string | undefined, sealed: Resealed["query"]): string | undefined {
  const kept = (query ?? "").split("&").filter((part) => part !== "" && !(nameIn(part) in sealed));
  const added = Object.entries(sealed).flatMap(([name, value]) =>
    value === undefined ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(value)}`],
  );
  const all = [...kept, ...added];
  return all.length === 0 ? undefined : all.join("&");
}

/** The parameter's name, as URLSearchParams decodes it: whoever reads the query does so, too. */
function nameIn(part: string): string {
  const [[name] = [""]] = new URLSearchParams(part);
  return name;
}

function replacedHeaders(headers: readonly string[], sealed: Resealed["headers"]): string[] {
  const replaced = new Set(Object.keys(sealed).map((name) => name.toLowerCase()));
  const kept: string[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? "";
    if (!replaced.has(name.toLowerCase())) kept.push(name, headers[at + 1] ?? "");
  }
  for (const [name, value] of Object.entries(sealed)) if (value !== undefined) kept.push(name, value);
  return kept;
}

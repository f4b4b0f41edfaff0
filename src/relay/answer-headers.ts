import { isHopByHop, listedBy } from "./hop-by-hop.ts";

/** Turns an address at a target into the public one. */
export type RewriteLocation = (location: string) => string;

/**
 * The header lines of an answer as they go to the caller. Order, case, repeats and bytes stay; hop-by-hop fields and
 * what `Connection` lists go; `Location` at the target becomes the public one. `Content-Length` stays, also in answers
 * to HEAD and in 304, but not in 204 and interim ones, which must not have it (RFC 9110 §8.6).
 *
 * @param raw Name, value, name, value …
 */
export function answerHeaders(raw: readonly string[], status: number, rewrite: RewriteLocation): string[] {
  const out: string[] = [];
  let listed: Set<string> | undefined;
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] as string;
    const value = raw[at + 1] as string;
    const lower = name.toLowerCase();
    switch (lower) {
      case "connection":
        listed = listedBy(value, listed);
        continue;
      case "location":
        out.push(name, rewrite(value));
        continue;
      case "content-length":
        if (status !== 204 && status >= 200) out.push(name, value);
        continue;
    }
    if (!isHopByHop(lower)) out.push(name, value);
  }
  return listed ? withoutListed(out, listed) : out;
}

function withoutListed(headers: readonly string[], listed: ReadonlySet<string>): string[] {
  const out: string[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    const lower = (headers[at] as string).toLowerCase();
    if (!listed.has(lower) || lower === "content-length") out.push(headers[at] as string, headers[at + 1] as string);
  }
  return out;
}

/**
 * Addresses at one of these targets become paths below the prefix; all others stay. A path is enough: the caller
 * knows the public origin best (RFC 9110 §10.2.2).
 *
 * @param bases Origin and path of each target, without a slash at its end.
 */
export function locationRewriter(bases: readonly string[], prefix: string): RewriteLocation {
  const known = bases.flatMap(spellings);
  return (location) => {
    const colon = location.indexOf("//");
    // Relative ones are the most common; what they mean here is what they mean there.
    if (colon < 0 || colon > 6) return location;
    const lower = location.toLowerCase();
    for (const base of known) {
      if (!lower.startsWith(base)) continue;
      const rest = location.slice(base.length);
      if (rest === "" || rest[0] === "/" || rest[0] === "?" || rest[0] === "#") return prefix + rest;
    }
    return location;
  };
}

/** Scheme and host are the same in any case, and a default port may be left out or not. */
function spellings(base: string): string[] {
  const { protocol, host, port, pathname } = new URL(base);
  const path = pathname.replace(/\/$/, "");
  const hosts = port === "" ? [host, `${host}:${protocol === "https:" ? 443 : 80}`] : [host];
  // The path's letters count, yet a target that redirects to itself in other letters means itself.
  return hosts.map((each) => `${protocol}//${each}${path}`.toLowerCase());
}

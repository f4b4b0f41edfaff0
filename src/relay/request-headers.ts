import { isHopByHop, listedBy } from "./hop-by-hop.ts";
import { clientAddress, type Trust } from "./trust.ts";

/** What is known of a request beside its header lines. */
export interface RequestOrigin {
  readonly method: string;
  /** `1.1` or `1.0`: what the caller spoke. */
  readonly httpVersion: string;
  /** Address of whoever's connection it is; empty when it is gone. */
  readonly peer: string;
  readonly isTls: boolean;
}

export interface RequestHeaderRules {
  readonly trust: Trust;
  readonly keepHost: boolean;
  /** As `Via` says who passed it on. */
  readonly via: string;
}

/**
 * The header lines of a request as they leave the relay. Order, case, repeats and bytes stay; hop-by-hop fields and
 * what `Connection` lists go; where the request came from is told in `X-Forwarded-*` and `X-Real-IP`, of which nothing
 * is believed but what a trusted proxy says; `Via` is appended (RFC 9110 §7.6.3).
 *
 * `Forwarded` (RFC 7239) goes too: it would tell the same, and nobody would keep the two alike.
 *
 * @param raw Name, value, name, value …
 */
export function requestHeaders(raw: readonly string[], origin: RequestOrigin, rules: RequestHeaderRules): string[] {
  const out: string[] = [];
  const { peer, isTls, method } = origin;
  const isTrusted = rules.trust.kind !== "none" && rules.trust.has(peer);
  let host = "";
  let hasLength = false;
  let listed: Set<string> | undefined;
  let told: Told | undefined;
  let via = "";
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] as string;
    const value = raw[at + 1] as string;
    const lower = name.toLowerCase();
    switch (lower) {
      case "host":
        host = value;
        if (rules.keepHost) out.push(name, value);
        continue;
      case "connection":
        listed = listedBy(value, listed);
        continue;
      case "content-length":
        hasLength = true;
        break;
      case "via":
        via = joined(via, value);
        continue;
      case "forwarded":
        continue;
      case "max-forwards":
        out.push(name, method === "OPTIONS" ? oneLess(value) : value);
        continue;
    }
    if (isHopByHop(lower)) continue;
    if (tellsOrigin(lower)) {
      if (isTrusted) told = tell(told, lower, value, name, out);
      continue;
    }
    // CGI and WSGI take `_` and `-` in names for the same: forged ones would win over ours.
    if (lower.charCodeAt(0) === SMALL_X && lower.includes("_") && tellsOrigin(lower.replaceAll("_", "-"))) continue;
    out.push(name, value);
  }
  if (listed) dropListed(out, listed);
  if (!hasLength && sendsLength(method) && !isChunked(raw)) out.push("Content-Length", "0");
  const forwardedFor = told?.forwardedFor;
  const proto = told?.proto ?? (isTls ? "https" : "http");
  const publicHost = told?.host ?? host;
  out.push("X-Forwarded-For", forwardedFor === undefined ? peer : `${forwardedFor}, ${peer}`);
  out.push("X-Forwarded-Proto", proto);
  if (publicHost !== "") out.push("X-Forwarded-Host", publicHost);
  out.push("X-Forwarded-Port", told?.port ?? portOf(publicHost, proto));
  out.push("X-Real-IP", told ? clientAddress(peer, forwardedFor, rules.trust) : peer);
  out.push("Via", joined(via, `${origin.httpVersion} ${rules.via}`));
  return out;
}

/** @param name Lower-case. */
function tellsOrigin(name: string): boolean {
  return name === "x-real-ip" || name.startsWith("x-forwarded-");
}

const SMALL_X = 0x78;

/** How often the request came through a relay like this one. */
export function timesThrough(raw: readonly string[], via: string): number {
  let times = 0;
  for (let at = 0; at < raw.length; at += 2) {
    if (raw[at]?.length !== 3 || raw[at]?.toLowerCase() !== "via") continue;
    for (const hop of (raw[at + 1] as string).split(",")) if (hop.trim().split(/\s+/)[1] === via) times++;
  }
  return times;
}

/** What a trusted proxy told. */
interface Told {
  forwardedFor?: string;
  proto?: string;
  host?: string;
  port?: string;
}

function tell(told: Told | undefined, lower: string, value: string, name: string, out: string[]): Told {
  const all = told ?? {};
  switch (lower) {
    case "x-real-ip":
      break;
    case "x-forwarded-for":
      all.forwardedFor = joined(all.forwardedFor ?? "", value);
      break;
    case "x-forwarded-proto":
      all.proto ??= value;
      break;
    case "x-forwarded-host":
      all.host ??= value;
      break;
    case "x-forwarded-port":
      all.port ??= value;
      break;
    // Others, such as the prefix that the proxy cut off, are the target's to understand.
    default:
      out.push(name, value);
  }
  return all;
}

function joined(before: string, value: string): string {
  return before === "" ? value : `${before}, ${value}`;
}

/** What the relay itself says cannot be taken away, nor where the body ends. */
function dropListed(out: string[], listed: ReadonlySet<string>): void {
  let kept = 0;
  for (let at = 0; at < out.length; at += 2) {
    const lower = (out[at] as string).toLowerCase();
    if (listed.has(lower) && lower !== "content-length" && lower !== "host" && !lower.startsWith("x-forwarded-"))
      continue;
    out[kept++] = out[at] as string;
    out[kept++] = out[at + 1] as string;
  }
  out.length = kept;
}

/** A server may want a length of these methods even where there is no body (RFC 9110 §8.6). */
function sendsLength(method: string): boolean {
  return method === "POST" || method === "PUT" || method === "PATCH";
}

function isChunked(raw: readonly string[]): boolean {
  for (let at = 0; at < raw.length; at += 2) {
    if (raw[at]?.length === 17 && raw[at]?.toLowerCase() === "transfer-encoding") return true;
  }
  return false;
}

/** RFC 9110 §7.6.2. What is no number goes on as it came. */
function oneLess(value: string): string {
  return /^\d{1,9}$/.test(value) ? String(Math.max(0, Number(value) - 1)) : value;
}

function portOf(host: string, proto: string): string {
  const port = /:(\d{1,5})$/.exec(host)?.[1];
  return port ?? (proto === "https" ? "443" : "80");
}

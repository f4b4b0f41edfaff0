import { isAllowed, pathProblem } from "./path.ts";
import type { RefusalCause } from "./refusals.ts";
import { timesThrough } from "./request-headers.ts";

/** What Node's parser made of a request's head. */
export interface RequestHead {
  readonly method: string;
  /** The request target as it came. */
  readonly target: string;
  /** Of HTTP/1: 0 or 1. */
  readonly minorVersion: number;
  /** Name, value, name, value … */
  readonly rawHeaders: readonly string[];
}

export interface GuardRules {
  readonly prefix: string;
  readonly methods: ReadonlySet<string>;
  readonly allowedPaths: readonly string[];
  readonly headerLines: number;
  readonly bodyBytes: number | undefined;
  /** As `Via` says who passed it on. */
  readonly via: string;
}

/** More rounds through relays of this program are no deployment. */
const ROUNDS = 10;

/** How many bytes the body has: none, so many, or nobody knows until it ended. */
export type BodyLength = number;
export const unknownLength: BodyLength = -1;

/**
 * Why a request goes no further, from its head alone; or how long its body is, when it may. Refused is what Node's
 * parser lets through and two readers could take for two different requests (RFC 9112 §3.2, §6.1), and what the relay is
 * not open for.
 */
export function guardRequest(head: RequestHead, rules: GuardRules): RefusalCause | BodyLength {
  const { method, target, rawHeaders } = head;
  if (rawHeaders.length > 2 * rules.headerLines) return "too-many-header-lines";
  const length = bodyLength(head, rules);
  if (typeof length === "string") return length;
  if (method === "CONNECT" || method === "TRACE" || !rules.methods.has(method)) return "method-not-allowed";
  const rest = target.slice(rules.prefix.length);
  const problem = pathProblem(rest);
  if (problem) return `path-${problem}`;
  if (!isAllowed(rest, rules.allowedPaths)) return "path-not-allowed";
  return rules.bodyBytes !== undefined && length > rules.bodyBytes ? "body-too-large" : length;
}

function bodyLength({ rawHeaders, minorVersion }: RequestHead, rules: GuardRules): RefusalCause | BodyLength {
  let length: BodyLength = 0;
  let hosts = 0;
  let codings = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    const value = rawHeaders[at + 1] as string;
    // Names are told apart by their length first: lower case costs more.
    switch (name.length) {
      case 3:
        if (name.toLowerCase() === "via" && timesThrough(rawHeaders, rules.via) >= ROUNDS) return "loop";
        break;
      case 4:
        if (name.toLowerCase() === "host" && (++hosts > 1 || !authority.test(value))) return "host-unclear";
        break;
      case 14:
        // One, and of digits only: Node's parser has seen to that.
        if (name.toLowerCase() === "content-length") length = Number(value);
        break;
      case 17:
        if (name.toLowerCase() !== "transfer-encoding") break;
        // In HTTP/1.0 its framing cannot be trusted (RFC 9112 §6.1).
        if (++codings > 1 || value.toLowerCase() !== "chunked" || minorVersion === 0) return "transfer-coding-unknown";
        length = unknownLength;
        break;
    }
  }
  return length;
}

/** One name or address, and maybe a port. */
const authority = /^(?:[\w.~-]+|\[[0-9A-Fa-f:.]+\])?(?::\d{0,5})?$/;

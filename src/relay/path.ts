/** Is this request target, as it came, below the prefix? Whole segments, letter by letter. */
export function isBelow(target: string, prefix: string): boolean {
  if (!target.startsWith(prefix)) return false;
  const next = target.charCodeAt(prefix.length);
  // NaN at the end; `#` is below, to be refused with a reason.
  return Number.isNaN(next) || next === SLASH || next === QUESTION || next === HASH;
}

/**
 * What is wrong with the rest of a request target, as it came, behind the relay's prefix; undefined when it may go on.
 * What is looked at is a copy that was decoded once: the bytes themselves are never changed. The query is the target's
 * business.
 *
 * @param rest Empty, or begins with `/`, `?` or `#`.
 */
export function pathProblem(rest: string): PathProblem | undefined {
  if (plain.test(rest)) return undefined;
  const mark = rest.indexOf("?");
  const path = mark < 0 ? rest : rest.slice(0, mark);
  if (rest.includes("#")) return "hash";
  if (broken.test(rest)) return "control";
  if (path.includes("\\")) return "backslash";
  if (badPercent.test(path)) return "percent";
  const decoded = path.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  if (broken.test(decoded.replaceAll(" ", ""))) return "control";
  return wayUp.test(decoded) ? "dot-segment" : undefined;
}

export type PathProblem = "hash" | "control" | "backslash" | "percent" | "dot-segment";

/** Is the path among those that a relay lets through? Nothing is listed when all are. */
export function isAllowed(rest: string, allowed: readonly string[]): boolean {
  if (allowed.length === 0) return true;
  const mark = rest.indexOf("?");
  const path = mark < 0 ? rest : rest.slice(0, mark);
  return allowed.some((each) => path === each || path.startsWith(`${each}/`));
}

const SLASH = 0x2f;
const QUESTION = 0x3f;
const HASH = 0x23;

/** Nearly every path there is: nothing encoded, no segment that begins with a dot. */
const plain = /^(?:\/[\w~!$&'()*+,;=:@-][\w.~!$&'()*+,;=:@-]*)*\/?(?:\?[!"$-~]*)?$/;

/** Node's parser lets none of these in raw; decoded they are what a target may stumble over. */
const broken = /[\0-\x20\x7f]/;

const badPercent = /%(?![0-9a-f]{2})/i;

/** `..` as a segment, for those to whom a backslash is a slash, and those who cut off what follows `;` (RFC 3986 §3.3). */
const wayUp = /(?:^|[/\\])\.\.(?:[/\\;]|$)/;

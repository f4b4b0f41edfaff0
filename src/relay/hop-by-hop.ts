/**
 * Fields that say something of one connection only (RFC 9110 §7.6.1), those about a proxy in between, and `Expect`,
 * which is answered here. Lower-case.
 */
const hopByHop: ReadonlySet<string> = new Set([
  "connection",
  "expect",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** @param name Lower-case. */
export function isHopByHop(name: string): boolean {
  // Most names are told apart by their length alone, which costs less than to look them up.
  switch (name.length) {
    case 2:
    case 6:
    case 7:
    case 10:
    case 16:
    case 17:
    case 18:
    case 19:
    case 25:
      return hopByHop.has(name);
    default:
      return false;
  }
}

/**
 * Adds the names that a `Connection` field lists, lower-case, but for `close` and `keep-alive`, which name no field.
 *
 * @param listed What was listed so far.
 */
export function listedBy(value: string, listed: Set<string> | undefined): Set<string> | undefined {
  const lower = value.toLowerCase();
  if (lower === "keep-alive" || lower === "close" || lower === "") return listed;
  const all = listed ?? new Set<string>();
  for (const option of lower.split(",")) {
    const name = option.trim();
    if (name !== "" && name !== "close" && name !== "keep-alive") all.add(name);
  }
  return all;
}

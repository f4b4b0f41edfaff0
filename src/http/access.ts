import { hash, timingSafeEqual } from "node:crypto";

/** Who may ask. Keys are looked up at every request, so that a reload counts at once. */
export interface Keys {
  keys(): readonly string[];
}

/** `missing`: no bearer key in the header; `wrong`: one that is not known. */
export type Access = "granted" | "missing" | "wrong";

/**
 * Checks `Authorization: Bearer …` (RFC 6750 §2.1). Digests are compared, so lengths match and the time taken
 * tells neither how much of a key was right nor which key it was.
 */
export function accessOf(authorization: string | undefined, keys: readonly string[]): Access {
  const given = /^bearer +(\S+)\s*$/i.exec(authorization ?? "")?.[1];
  if (given === undefined) return "missing";
  const digest = digestOf(given);
  let granted = false;
  for (const key of keys) {
    granted = timingSafeEqual(digest, digestOf(key)) || granted;
  }
  return granted ? "granted" : "wrong";
}

function digestOf(key: string): Buffer {
  return hash("sha256", key, "buffer");
}

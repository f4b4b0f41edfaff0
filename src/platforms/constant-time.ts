import { hash, timingSafeEqual } from "node:crypto";

/** Compares signatures. The time taken tells whether the lengths differ, which is public, and nothing else. */
export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

/**
 * Compares a password or key with what was given for it. Digests are compared, so that the time taken does not
 * tell how long the secret is either.
 */
export function sameSecret(given: string, secret: string): boolean {
  return timingSafeEqual(hash("sha256", given, "buffer"), hash("sha256", secret, "buffer"));
}

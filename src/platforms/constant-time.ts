import { timingSafeEqual } from "node:crypto";

/** Compares signatures. The time taken tells whether the lengths differ, which is public, and nothing else. */
export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

/**
 * Compares a password or key with what was given for it. As many bytes are compared as were given, so that the time taken
 * does not tell how long the secret is either.
 */
export function sameSecret(given: string, secret: string): boolean {
  const bytes = Buffer.from(given);
  const wanted = Buffer.alloc(bytes.length);
  wanted.write(secret);
  const isBeginning = timingSafeEqual(bytes, wanted);
  return isBeginning && Buffer.byteLength(secret) === bytes.length;
}

import { timingSafeEqual } from "node:crypto";

/** Compares without telling by its duration where the first difference is. Lengths are no secret here. */
export function sameText(left: string, right: string): boolean {
  const a = Buffer.from(left);
  const b = Buffer.from(right);
  return a.length === b.length && timingSafeEqual(a, b);
}

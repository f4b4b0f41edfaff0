import type { StreamEndReason } from "../platforms/streaming.ts";

const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;
/** Wrong credentials wait for a person, and platforms lock out who tries them again and again. */
const UNAUTHORIZED_MS = 5 * 60_000;
/** Two programs with one robot's credentials would otherwise throw each other out every second. */
const REPLACED_MS = 60_000;

/**
 * How long to stay away after so many short or failed connections in a row: twice as long each time, and never in step
 * with others that lost theirs in the same second.
 *
 * @param random In [0, 1).
 */
export function reconnectDelayMs(failures: number, reason: StreamEndReason, random: number): number {
  const growing = Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS);
  const base = reason === "unauthorized" ? UNAUTHORIZED_MS : reason === "replaced" ? REPLACED_MS : growing;
  return Math.round(base * (0.5 + random / 2));
}

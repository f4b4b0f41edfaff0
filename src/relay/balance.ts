import { preference, textHash } from "./rendezvous.ts";

/** What a choice among targets looks at. */
export interface Candidate {
  /** Its share of the requests, in proportion to the others'; above 0. */
  readonly weight: number;
  /** Requests under way. */
  readonly pending: number;
  /** `textHash` of its name. */
  readonly seed: number;
  /** What the others' turns owe it. Starts at 0; each choice by turns changes it. */
  credit: number;
}

/**
 * Whose turn it is, by smooth weighted round robin: every candidate earns its weight, the richest is chosen and pays
 * what all earned together. Over as many turns as the weights' sum each gets exactly its weight of them, spread out
 * (5, 1, 1 gives a a b a c a a) rather than in a row, which would be a burst on the heaviest.
 *
 * @param candidates At least one.
 */
export function byTurns<T extends Candidate>(candidates: readonly T[]): T {
  return turnAmong(candidates, undefined);
}

/**
 * The one with the fewest requests under way for its weight; among equals, whose turn it is.
 *
 * @param candidates At least one.
 */
export function leastBusy<T extends Candidate>(candidates: readonly T[]): T {
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) least = Math.min(least, candidate.pending / candidate.weight);
  return turnAmong(candidates, least);
}

/**
 * The one that this key prefers.
 *
 * @param candidates At least one.
 */
export function preferredBy<T extends Candidate>(key: string, candidates: readonly T[]): T {
  const hash = textHash(key);
  let best = candidates[0] as T;
  let highest = Number.NEGATIVE_INFINITY;
  for (const candidate of candidates) {
    const score = preference(hash, candidate.seed, candidate.weight);
    if (score > highest) [best, highest] = [candidate, score];
  }
  return best;
}

/** @param busyness Only those take part whose requests under way for their weight are just so many; all when undefined. */
function turnAmong<T extends Candidate>(candidates: readonly T[], busyness: number | undefined): T {
  let best: T | undefined;
  let earned = 0;
  for (const candidate of candidates) {
    if (busyness !== undefined && candidate.pending / candidate.weight !== busyness) continue;
    candidate.credit += candidate.weight;
    earned += candidate.weight;
    if (best === undefined || candidate.credit > best.credit) best = candidate;
  }
  // Somebody is always as busy as the least busy.
  const chosen = best as T;
  chosen.credit -= earned;
  return chosen;
}

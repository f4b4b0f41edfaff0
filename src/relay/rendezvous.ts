/** A text as 32 bits, the same in every process: FNV-1a over its UTF-16 units. */
export function textHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/**
 * Rendezvous hashing (Thaler and Ravishankar, "Using name-based mappings to increase hit rates", 1998): each key has
 * an order of preference over the targets that depends on nothing else, so a target that leaves moves only its own
 * keys, each to its next choice, and gets exactly these back. The weight enters through the logarithm, which makes the
 * share of keys proportional to it.
 *
 * @param seed `textHash` of the target's name.
 * @param weight Above 0.
 * @returns Above 0; the key's target is the one with the highest.
 */
export function preference(keyHash: number, seed: number, weight: number): number {
  // Half a step up: neither 0 nor 1, whose logarithms would make weights meaningless.
  return weight / -Math.log((mixed(keyHash ^ seed) + 0.5) / 2 ** 32);
}

/** MurmurHash3's finalizer: FNV alone leaves texts that differ at their end close together. */
function mixed(bits: number): number {
  let hash = bits;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

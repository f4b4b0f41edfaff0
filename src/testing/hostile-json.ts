/** Numbers in [0, 1) that are the same for the same seed (mulberry32); fast enough for hundreds of thousands of cases. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A copy of a JSON value in which a few places hold something else than they should, or nothing. */
export function distorted(value: unknown, random: () => number, chance = 0.1): unknown {
  if (random() < chance) return junk[Math.floor(random() * junk.length)];
  if (Array.isArray(value)) return value.map((item) => distorted(item, random, chance));
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(() => random() >= chance / 2);
  return Object.fromEntries(kept.map(([key, item]) => [key, distorted(item, random, chance)]));
}

/** A copy of some bytes with a few of them changed, cut off or repeated. */
export function damaged(bytes: Uint8Array, random: () => number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (let times = Math.floor(random() * 4); times > 0; times--) {
    copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
  }
  const end = random() < 0.3 ? Math.floor(random() * copy.length) : copy.length;
  return copy.subarray(random() < 0.1 ? Math.floor(random() * end) : 0, end);
}

/** Up to `most` bytes of anything. */
export function noise(random: () => number, most: number): Uint8Array {
  return Uint8Array.from({ length: Math.floor(random() * (most + 1)) }, () => Math.floor(random() * 256));
}

const junk: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1e308,
  1.5,
  Number.MAX_SAFE_INTEGER + 1,
  "",
  " ",
  "0",
  "-1",
  "1e999",
  "NaN",
  "\ud800",
  "\u0000",
  "__proto__",
  "constructor",
  "x".repeat(600),
  "99999999999999999999",
  "{",
  "[]",
  "null",
  '{"content":[null,[null,{"tag":"at"}]]}',
  [],
  {},
  [null],
  [[]],
  [[[]]],
  [{}],
  { constructor: 1, toString: 2 },
  JSON.parse('{"__proto__":{"polluted":true}}'),
];

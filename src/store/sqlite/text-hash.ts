/**
 * 31 bits of a text, which are a small integer to V8 and four bytes to SQLite: FNV-1a over the UTF-16 units, then the
 * last mixing of MurmurHash3, both in the public domain. Stored tables hold it, so it stays as it is.
 */
export function textHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 1;
}

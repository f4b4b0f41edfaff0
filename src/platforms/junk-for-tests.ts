/**
 * Texts that look like a platform's body until they do not: tags, CDATA, JSON and bytes in any order. Faster than
 * arbitrary ones by far, so that there can be a hundred thousand, and the same in every run.
 */
export function* junk(count: number, seed: number): Generator<string> {
  const random = randomFrom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  for (let number = 0; number < count; number++) {
    let text = below(4) === 0 ? "" : below(2) === 0 ? "<xml>" : "{";
    for (let left = below(24); left > 0; left--) {
      const piece = pieces[below(pieces.length + 1)];
      text += piece ?? String.fromCharCode(below(0x1_0000));
    }
    if (below(2) === 0) text += text.startsWith("{") ? "}" : "</xml>";
    yield text;
  }
}

const names = ["xml", "A", "MsgType", "Event", "event", "from", "text", "SelectedItems", "__proto__", "toString"];
const pieces = [
  ...names.flatMap((name) => [`<${name}>`, `</${name}>`, `<${name}>text</${name}>`, `"${name}":`, `"${name}"`]),
  ..."{}[],:0-&<>/!?\0 \n".split(""),
  ...[
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE x>",
    "<?xml ?>",
    "<!--",
    "&amp;",
    "&#x0;",
    "&#1114112;",
    "1e999",
    "1234567890123456789",
  ],
];

/** Mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** How many bytes one code point takes where a platform counts. Costs add up, so a text is measured in one pass. */
export type ByteCost = (codePoint: number) => number;

/** As UTF-8. A lone surrogate becomes U+FFFD on the wire, which takes three bytes too. */
export const utf8Cost: ByteCost = (codePoint) => {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
};

/** As UTF-8 inside a JSON string, the way `JSON.stringify` escapes (ECMA-262, QuoteJSONString). */
export const jsonCost: ByteCost = (codePoint) => {
  if (codePoint === 0x22 || codePoint === 0x5c) return 2;
  if (codePoint < 0x20) return shortEscapes.has(codePoint) ? 2 : 6;
  if (codePoint >= 0xd800 && codePoint <= 0xdfff) return 6;
  return utf8Cost(codePoint);
};

/** \b \t \n \f \r; the other control characters are written as \u00XX. */
const shortEscapes: ReadonlySet<number> = new Set([0x08, 0x09, 0x0a, 0x0c, 0x0d]);

/** The cost of a whole text in bytes. */
export function bytesOf(text: string, cost: ByteCost): number {
  let bytes = 0;
  for (let index = 0; index < text.length; ) {
    const codePoint = text.codePointAt(index) ?? 0;
    bytes += cost(codePoint);
    index += codePoint > 0xffff ? 2 : 1;
  }
  return bytes;
}

/** How far a text can be read from `from` before more than `bytes` are used; never between two surrogates of a pair. */
export function reach(text: string, from: number, bytes: number, cost: ByteCost): number {
  let left = bytes;
  let index = from;
  while (index < text.length) {
    const codePoint = text.codePointAt(index) ?? 0;
    left -= cost(codePoint);
    if (left < 0) return index;
    index += codePoint > 0xffff ? 2 : 1;
  }
  return index;
}

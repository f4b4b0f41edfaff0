import { type ByteCost, bytesOf, reach } from "./byte-cost.ts";

const segmenter = new Intl.Segmenter("und", { granularity: "grapheme" });

/**
 * The last place in `(from, at]` where the text can be cut without breaking what a reader sees as one character
 * (an extended grapheme cluster, UAX #29), or undefined when everything between is one character.
 *
 * Segmenting is slow, so only a window before `at` is looked at; it grows while its own beginning is in doubt.
 *
 * @param from A place that is known to be such a boundary.
 */
export function boundaryBefore(text: string, from: number, at: number): number | undefined {
  if (at >= text.length) return text.length;
  if (at <= from) return undefined;
  for (let span = 256; ; span *= 4) {
    const start = windowStart(text, from, at - span);
    // A cluster that reaches beyond `at` is recognised by the next few code units already.
    const window = text.slice(start, at + 64);
    const cut = start + (segmenter.segment(window).containing(at - start)?.index ?? 0);
    if (start === from) return cut > start ? cut : undefined;
    if (cut - start > inDoubt) return cut;
  }
}

/** A window may begin inside a character (an emoji family has some 30 code units); boundaries this near are not believed. */
const inDoubt = 64;

/** The longest beginning of a text that costs at most `bytes`, ended by `…` if anything had to go. */
export function shortened(text: string, bytes: number, cost: ByteCost): string {
  if (bytesOf(text, cost) <= bytes) return text;
  const end = reach(text, 0, bytes - bytesOf("…", cost), cost);
  return `${text.slice(0, boundaryBefore(text, 0, end) ?? end)}…`;
}

/** Moves a window's start back to where no character can be under way: not in a surrogate pair, nor between flags. */
function windowStart(text: string, from: number, wanted: number): number {
  let start = Math.max(from, wanted);
  if (start > from && isLowSurrogate(text.charCodeAt(start))) start--;
  // Flags are pairs of regional indicators (U+1F1E6..1F1FF); which pair up depends on how many came before.
  while (start > from && isRegionalIndicator(text, start)) start -= Math.min(2, start - from);
  return start;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

function isRegionalIndicator(text: string, index: number): boolean {
  const codePoint = text.codePointAt(index) ?? 0;
  return codePoint >= 0x1f1e6 && codePoint <= 0x1f1ff;
}

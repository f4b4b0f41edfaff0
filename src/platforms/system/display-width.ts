const segmenter = new Intl.Segmenter("und", { granularity: "grapheme" });

/** Columns that a terminal gives a text: two for wide East Asian characters and emoji, none for marks. */
export function displayWidth(text: string): number {
  if (isAscii(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += clusterWidth(segment);
  return width;
}

/** Breaks a line into pieces of at most `columns`, never inside a character, at a blank where one is near. */
export function wrapped(line: string, columns: number): string[] {
  const pieces: string[] = [];
  let piece = "";
  let width = 0;
  for (const { segment } of segmenter.segment(line)) {
    const more = clusterWidth(segment);
    if (width + more > columns && piece !== "") {
      const blank = isAscii(segment) && segment !== " " ? piece.lastIndexOf(" ") : -1;
      // A word is moved down whole, unless that would leave most of the line empty.
      const rest = blank > piece.length / 2 ? piece.slice(blank + 1) : "";
      pieces.push(rest === "" ? piece : piece.slice(0, blank));
      piece = rest;
      width = displayWidth(rest);
    }
    piece += segment;
    width += more;
  }
  pieces.push(piece);
  return pieces;
}

function clusterWidth(cluster: string): number {
  const first = cluster.codePointAt(0) ?? 0;
  if (first < 0x7f) return cluster.length > 1 && EMOJI_SHAPE.test(cluster) ? 2 : 1;
  if (/^\p{M}|^\p{Cf}/u.test(cluster)) return 0;
  return WIDE.test(cluster) || EMOJI_SHAPE.test(cluster) ? 2 : 1;
}

/** U+FE0F asks for the emoji picture, which is wide (https://www.unicode.org/reports/tr51/#Emoji_Variation_Sequences). */
const EMOJI_SHAPE = /\ufe0f/u;

/**
 * Wide and Fullwidth of https://www.unicode.org/reports/tr11/ as the scripts and blocks they come from; ambiguous
 * characters are narrow, as terminals have them unless told otherwise.
 */
const WIDE =
  /^(?:\p{Emoji_Presentation}|\p{sc=Han}|\p{sc=Hiragana}|\p{sc=Katakana}|\p{sc=Hangul}|\p{sc=Bopomofo}|\p{sc=Yi}|[\u2e80-\u303e\u3041-\u33ff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6])/u;

function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

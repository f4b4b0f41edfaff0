/**
 * Foreign text made safe to show on a terminal or in a log: no control characters (C0 with ESC, DEL, C1), which
 * move the cursor or hide what was written, and no bidirectional overrides, which show it in another order
 * (https://www.unicode.org/reports/tr36/, https://trojansource.codes/). Newlines stay, tabs become four blanks.
 */
export function cleanText(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?|[\u2028\u2029\u0085]/gu, "\n")
    .replaceAll("\t", "    ")
    .replace(/[^\P{Cc}\n]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "");
}

/** The same on one line. */
export function cleanLine(text: string): string {
  return cleanText(text)
    .replace(/\s*\n\s*/gu, " ")
    .trim();
}

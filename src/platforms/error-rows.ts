import type { ErrorRow, ErrorTable } from "./definition.ts";

/** Codes that share a row: separated by blanks, `a..b` for a range of numbers. */
export function rows(codes: string, row: ErrorRow): ErrorTable {
  const keys = codes.split(/\s+/).flatMap((code) => {
    const range = /^(\d+)\.\.(\d+)$/.exec(code);
    if (!range) return [code];
    const [from, to] = [Number(range[1]), Number(range[2])];
    return Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
  });
  return Object.fromEntries(keys.map((key) => [key, row]));
}

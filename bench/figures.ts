/** The value that this share (0 to 1) of the values does not exceed; NaN of none. Sorts in place. */
export function percentile(values: Float64Array, share: number): number {
  if (values.length === 0) return Number.NaN;
  values.sort();
  return values[Math.min(values.length - 1, Math.max(0, Math.ceil(values.length * share) - 1))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** `0.74 [0.71–0.78]`: the median, the smallest and the largest. */
export function spread(values: readonly number[], digits: number): string {
  const show = (value: number) => grouped(value, digits);
  return `${show(median(values))} [${show(Math.min(...values))}–${show(Math.max(...values))}]`;
}

/** `12,345.6`. */
export function grouped(value: number, digits = 0): string {
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

import { amountOf } from "./json-fields.ts";

/**
 * A platform's moment as epoch milliseconds. Platforms write seconds, milliseconds or microseconds, as text or as
 * numbers, and one of them changes the unit between its own events; the three are a thousand times apart, so any
 * moment from 1973 to 5138 is told by its size.
 *
 * @returns undefined for what is no moment.
 */
export function instantOf(value: unknown): number | undefined {
  const number = amountOf(value);
  if (number === undefined || number < leastSeconds) return undefined;
  if (number < leastSeconds * 1e3) return Math.floor(number * 1e3);
  return Math.floor(number < leastSeconds * 1e6 ? number : number / 1e3);
}

/** 1973-03-03 in seconds; as milliseconds it would be 1970-01-02. */
const leastSeconds = 1e8;

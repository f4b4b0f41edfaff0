/** @throws RangeError that names the missing field. */
export function required<Value>(field: string, value: Value | undefined, reason: string): Value {
  if (value === undefined) throw new RangeError(`${field}: missing; ${reason}`);
  return value;
}

/** `a file`, `an image`. */
export function articled(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;
}

import * as z from "zod";

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

type DurationUnit = keyof typeof units;

export interface DurationOptions {
  /** What a bare number counts. */
  readonly unit: DurationUnit;
  /** In that unit. */
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly description: string;
  readonly zh: string;
}

/** A span of time as the file writes it: a number in the key's unit, or `500ms`, `10s`, `5m`, `1h`, `1d`. Gives milliseconds. */
export function duration({ unit, default: standard, min, max, description, zh }: DurationOptions) {
  const expected = `a duration from ${min}${unit} to ${max}${unit}: a number (of ${unit}) or text such as "500ms", "10s", "5m"`;
  return z
    .union([z.number(), z.string()])
    .transform((value, context) => {
      const ms = millisecondsOf(value, unit);
      if (ms !== undefined && ms >= min * units[unit] && ms <= max * units[unit]) return ms;
      context.addIssue({ code: "custom", message: "" });
      return z.NEVER;
    })
    .prefault(standard)
    .meta({ description, zh, expected, unit });
}

function millisecondsOf(value: number | string, unit: DurationUnit): number | undefined {
  if (typeof value === "number") return Math.round(value * units[unit]);
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?\s*$/.exec(value);
  if (!match) return undefined;
  return Math.round(Number(match[1]) * units[(match[2] as DurationUnit | undefined) ?? unit]);
}

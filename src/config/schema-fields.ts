import * as z from "zod";
import type { Path } from "./problem.ts";

/** What a schema says of one key, as JSON Schema plus what `.meta()` adds. */
export interface Field {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Field>>;
  readonly required?: readonly string[];
  readonly items?: Field;
  readonly anyOf?: readonly Field[];
  readonly oneOf?: readonly Field[];
  readonly allOf?: readonly Field[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly format?: string;
  /** From `.meta()`: English and Chinese meaning, never shown, what is right, and what a bare number counts. */
  readonly description?: string;
  readonly zh?: string;
  readonly secret?: boolean;
  readonly expected?: string;
  readonly unit?: string;
}

const known = new WeakMap<z.ZodType, Field>();

/** A schema seen from the file's side: before its defaults and transforms. */
export function fieldOf(schema: z.ZodType): Field {
  const cached = known.get(schema);
  if (cached) return cached;
  const field = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Field;
  known.set(schema, field);
  return field;
}

/** Every alternative that the schema has at this path. */
export function fieldsAt(schema: z.ZodType, path: Path): Field[] {
  let fields = alternativesOf(fieldOf(schema));
  for (const step of path) {
    fields = fields.flatMap((field) => {
      const next = typeof step === "number" ? field.items : field.properties?.[step];
      return next ? alternativesOf(next) : [];
    });
  }
  return fields;
}

/** Is it, or anything it is part of, a secret? */
export function isSecret(schema: z.ZodType, path: Path): boolean {
  const prefixes = [[], ...path.map((_, index) => path.slice(0, index + 1))];
  return prefixes.some((prefix) => fieldsAt(schema, prefix).some((field) => field.secret));
}

/** The field itself, then what it is one of. */
export function alternativesOf(field: Field): Field[] {
  const inner = [...(field.anyOf ?? []), ...(field.oneOf ?? []), ...(field.allOf ?? [])];
  return [field, ...inner.flatMap(alternativesOf)];
}

/** The keys that some alternative knows at this path. */
export function keysAt(schema: z.ZodType, path: Path): string[] {
  return [...new Set(fieldsAt(schema, path).flatMap((field) => Object.keys(field.properties ?? {})))];
}

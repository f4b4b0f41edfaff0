/** An object out of someone else's JSON, of which nothing is known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * A JSON object, or undefined where the text is anything else.
 *
 * Nested deeper than `deepest` counts as anything else: no platform does that, and what is stored is written as JSON
 * again, which takes stack by depth.
 */
export function parseObject(text: string): JsonObject | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return isObject(json) && within(json, deepest) ? json : undefined;
  } catch {
    return undefined;
  }
}

/** Levels of nesting. A card's form inside an event inside an envelope needs about eight. */
const deepest = 64;

/** The object itself, or an empty one: reading on from a part that is missing finds nothing. */
export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : nothing;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The objects in a list; nothing where it is no list. */
export function objectsOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Text that says something: an empty one counts as missing. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The texts in a list, each once. */
export function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? [...new Set(value.filter((item) => textOf(item) !== undefined))] : [];
}

/** An id: text, or a number that some platforms write instead. At most 512 characters, since it becomes part of a key. */
export function idOf(value: unknown): string | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? String(value) : undefined;
  const text = textOf(value);
  return text === undefined || text.length > 512 ? undefined : text;
}

/** A number that is not negative, whether written as one or as text; undefined for anything else. */
export function amountOf(value: unknown): number | undefined {
  const number = typeof value === "string" && /^\d{1,20}(\.\d{1,20})?$/.test(value) ? Number(value) : value;
  return typeof number === "number" && number >= 0 && number <= Number.MAX_SAFE_INTEGER ? number : undefined;
}

const nothing: JsonObject = Object.freeze({});

function within(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (levels === 0) return false;
  // Not by Object.values: this looks at everything that comes, and JSON inherits nothing enumerable.
  for (const key in value) {
    if (!within(value[key as keyof typeof value], levels - 1)) return false;
  }
  return true;
}

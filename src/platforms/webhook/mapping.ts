/**
 * The first of these paths that leads to a text or a number, as text. Steps are keys of objects or, as numbers from
 * 0, places in lists: `alerts.0.labels.severity`. Empty texts do not count.
 */
export function textAt(json: unknown, paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const text = textOf(valueAt(json, path));
    if (text !== undefined) return text;
  }
  return undefined;
}

function valueAt(json: unknown, path: string): unknown {
  let value = json;
  for (const step of path.split(".")) {
    // Own keys only: `constructor` and the like are not what the sender wrote.
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value.trim() === "" ? undefined : value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

import { isFields } from "../stand-in.ts";
import type { XmlFields, XmlValue } from "./xml.ts";

/** JSON as XML fields; null is left out. */
export function xmlFieldsOf(fields: Readonly<Record<string, unknown>>): XmlFields {
  const found: Record<string, XmlValue> = {};
  for (const [name, value] of Object.entries(fields)) {
    const converted = xmlValueOf(value);
    if (converted !== undefined) found[name] = converted;
  }
  return found;
}

function xmlValueOf(value: unknown): XmlValue | undefined {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map(xmlValueOf).filter((entry) => entry !== undefined);
  return isFields(value) ? xmlFieldsOf(value) : undefined;
}

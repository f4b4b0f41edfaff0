import { parseXml } from "./flat-xml.ts";
import { type JsonObject, objectOf, parseObject } from "./json-fields.ts";

export type ParsedBody =
  | { readonly ok: true; readonly body: JsonObject }
  | { readonly ok: false /** What is wrong, for people. */; readonly fault: string };

/** A callback's body or the message inside: XML, or JSON where the platform or the address asks for it. */
export function parseBody(text: string): ParsedBody {
  const first = /\S/.exec(text)?.[0];
  if (first === undefined) return { ok: false, fault: "the body is empty" };
  if (first === "{") {
    const body = exactObject(text);
    return body ? { ok: true, body } : { ok: false, fault: "the body is not a JSON object, or nested too deep" };
  }
  if (first !== "<") return { ok: false, fault: "the body is neither XML nor a JSON object" };
  const parsed = parseXml(text);
  return parsed.ok ? { ok: true, body: parsed.root } : parsed;
}

/**
 * The same with names in lower case and without underscores, down to the innermost. The platforms' pages, samples and
 * formats disagree about them: `MsgId` and `MsgID`, `Encrypt` and `encrypt`, `TaskId` and `task_id`.
 */
export function plainNames(value: JsonObject): JsonObject {
  return plain(value) as JsonObject;
}

/** What stands in an object; an empty one where something else does. */
export function fieldsIn(fields: JsonObject, name: string): JsonObject {
  return objectOf(fields[name]);
}

/** Text, or a number as text; empty where there is neither. */
export function wordsIn(fields: JsonObject, name: string): string {
  const value = fields[name];
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

/** Objects that come once or many times. */
export function itemsIn(fields: JsonObject, name: string): readonly JsonObject[] {
  const value = fields[name];
  return (Array.isArray(value) ? value : [value]).filter((item) => objectOf(item) === item);
}

/** Texts that come once or many times; empty ones are left out. */
export function textsIn(fields: JsonObject, name: string): readonly string[] {
  const value = fields[name];
  const items: unknown[] = Array.isArray(value) ? value : [value];
  return items.map((item) => (typeof item === "number" ? String(item) : item)).filter(isWords);
}

function isWords(item: unknown): item is string {
  return typeof item === "string" && item !== "";
}

/** A JSON object whose numbers keep their digits: message ids have 64 bits, and are text here where 53 are not enough. */
function exactObject(text: string): JsonObject | undefined {
  const body = parseObject(text);
  if (!body || !/\d{16}/.test(text)) return body;
  // Parsed twice, because parseObject is what bounds the nesting that a reviver walks by recursion.
  return JSON.parse(text, exactNumber) as JsonObject;
}

function exactNumber(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  const isExact = typeof value !== "number" || Number.isSafeInteger(value) || !Number.isInteger(value);
  return isExact ? value : (context?.source ?? String(value));
}

function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  const named = Object.create(null) as Record<string, unknown>;
  for (const name of Object.keys(value)) named[plainName(name)] ??= plain((value as JsonObject)[name]);
  return named;
}

export function plainName(name: string): string {
  return name.toLowerCase().replaceAll("_", "");
}

import { distance } from "fastest-levenshtein";
import type * as z from "zod";
import type { Field } from "./schema-fields.ts";
import type { TreeNode } from "./yaml-tree.ts";

/** `found 70000, expected a whole number from 1 to 65535`; `rule` is what follows the comma. */
export function mismatch(node: TreeNode | undefined, rule: string, options: { mayQuote: boolean }): string {
  return `found ${found(node, options)}, ${rule}`;
}

/** What stands there. A placeholder is shown as written: what it stands for may be a secret. */
function found(node: TreeNode | undefined, { mayQuote }: { mayQuote: boolean }): string {
  if (!node || node.value === null) return "nothing";
  if (Array.isArray(node.value)) return node.value.length === 0 ? "an empty list" : "a list";
  if (node.value instanceof Map) return "a section";
  if (node.placeholder !== undefined) return JSON.stringify(cut(node.placeholder));
  if (node.value === "") return "an empty text";
  if (mayQuote) return typeof node.value === "string" ? JSON.stringify(cut(bareUrl(node.value))) : String(node.value);
  return typeof node.value === "string" ? "a text (not shown)" : `a ${typeof node.value} (not shown)`;
}

/** A URL without what may be a credential in it, whoever forgot to mark it secret. */
function bareUrl(text: string): string {
  const [, scheme, user, host, rest] = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*@)?([^/?#]*)([/?#].*)?$/is.exec(text) ?? [];
  if (scheme === undefined) return text;
  return `${scheme}${user === undefined ? "" : "…@"}${host}${rest === undefined ? "" : "/…"}`;
}

function cut(text: string): string {
  const shown = [...text].slice(0, 60).join("");
  return shown === text ? text : `${shown}…`;
}

/** What a schema wanted where this issue is, in words. */
export function expectation(issue: z.core.$ZodIssue, fields: readonly Field[]): string {
  const stated = fields.find((field) => field.expected !== undefined)?.expected;
  if (stated !== undefined) return stated;
  const choices = choicesOf(fields);
  if (choices.length > 0) return choices.length === 1 ? `${choices[0]}` : `one of ${choices.join(", ")}`;
  const range = fields.map(rangeOf).find((text) => text !== undefined);
  switch (issue.code) {
    case "invalid_type":
      return range ?? typeWords[issue.expected] ?? issue.expected;
    case "too_small":
      return range ?? `at least ${issue.minimum}${countedIn(issue.origin)}`;
    case "too_big":
      return range ?? `at most ${issue.maximum}${countedIn(issue.origin)}`;
    case "invalid_format":
      return formatWords[issue.format] ?? `text in the form "${issue.format}"`;
    default:
      return fields.find((field) => field.description)?.description ?? "another value";
  }
}

function choicesOf(fields: readonly Field[]): unknown[] {
  return [...new Set(fields.flatMap((field) => field.enum ?? (field.const === undefined ? [] : [field.const])))];
}

function rangeOf(field: Field): string | undefined {
  if (field.type === "integer" || field.type === "number") {
    const noun = field.type === "integer" ? "a whole number" : "a number";
    const above = field.exclusiveMinimum === undefined ? undefined : ` above ${field.exclusiveMinimum}`;
    const from = field.minimum === undefined ? above : ` from ${field.minimum}`;
    return `${noun}${from ?? ""}${field.maximum === undefined ? "" : ` to ${field.maximum}`}`;
  }
  if (field.type !== "string" || field.format !== undefined) return undefined;
  const { minLength, maxLength } = field;
  if (maxLength !== undefined) return `text of ${minLength ?? 0} to ${maxLength} characters`;
  if (minLength === undefined) return undefined;
  return minLength === 1 ? "text that is not empty" : `text of at least ${minLength} characters`;
}

function countedIn(origin: string): string {
  if (origin === "string") return " characters";
  return origin === "array" || origin === "set" ? " entries" : "";
}

const typeWords: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a section of keys and values",
  record: "a section of keys and values",
};

const formatWords: Readonly<Record<string, string>> = {
  url: "an http(s) URL",
  email: "an e-mail address",
};

/** `unknown key, did you mean worker_count?`, or the keys that there are. */
export function unknownKey(key: string, known: readonly string[]): string {
  const near = nearest(key, known);
  if (near !== undefined) return `unknown key, did you mean "${near}"?`;
  return known.length > 0 ? `unknown key, expected one of ${known.join(", ")}` : "unknown key, expected none";
}

/** Spelling decides; case, `-` and `_` do not. A third of the letters may be wrong. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[-_\s]/g, "");
  const wanted = plain(name).slice(0, 64);
  const ranked = known
    .map((candidate) => ({ candidate, apart: distance(wanted, plain(candidate)) }))
    .toSorted((a, b) => a.apart - b.apart);
  const best = ranked[0];
  if (!best) return undefined;
  return best.apart <= Math.max(1, Math.floor(plain(best.candidate).length / 3)) ? best.candidate : undefined;
}
